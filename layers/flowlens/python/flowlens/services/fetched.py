"""Logs that a visit put into our bucket: whose they are, and what became of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import BinaryIO
from uuid import UUID

from pydantic import BaseModel, ValidationError

from flowlens.aws import objects
from flowlens.aws.stream import Stream
from flowlens.flows.feeding import Feed, Origin
from flowlens.flows.files.aws_vpc import fields_by_default
from flowlens.flows.reading import begins
from flowlens.model.errors import Malformed
from flowlens.services import readings
from flowlens.services.errands import subject
from flowlens.services.files import Log, Shipped, ship
from flowlens.store import dead_letters
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.tables import visits

PREFIX = "fetched/"
_KEY = re.compile(r"fetched/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([1-9]\d{0,9})/(\d{1,15})-(\d{1,15})/(.+)")


@dataclass(frozen=True, slots=True)
class Piece:
    """What a key says: of which feed's log it is, and from where it goes on."""

    tenant: UUID
    feed: int
    start: int
    log: str


class Broken(BaseModel):
    """What a visit says of a log that it cannot fetch."""

    broken: str
    detail: str
    tenant: UUID
    feed: int
    log: str


def meant(key: str) -> Piece:
    """Malformed by `fetched_unknown` when no visit wrote such a key."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise Malformed("fetched_unknown", f"{key[:200]} is none of a visit's")
    return Piece(UUID(found[1]), int(found[2]), int(found[3]), found[5])


def take_in(conn: Connection, stream: Stream, of: Piece, one: objects.Announced, *, patience: float) -> Shipped:
    """As any log of a feed. It is known by its key, which says the same for ever: a version of it is a repetition."""
    feed = readings.feed_named(conn, of.tenant, of.feed)
    name = f"{one.key.removeprefix(PREFIX)}"
    with objects.fetched(one) as content:
        shipped = _ship(stream, of, feed, content, name, patience)
    readings.note(conn, of.tenant, feed, name, shipped)
    return shipped


def _ship(stream: Stream, of: Piece, feed: Feed, content: BinaryIO, name: str, patience: float) -> Shipped:
    said = feed.settings.model_dump()
    about = feed.about(Origin(feed.kind, str(said.get("container", "")), of.log))
    if about.format == "aws_vpc" and not about.fields:
        about = replace(about, fields=fields_by_default(begins(content)))  # events have no header line
    log = Log(content, f"fetched:{name}", replace(about, within=of.start > 0))
    return ship(log, stream, tenant=of.tenant, patience=patience)


def broken(message: str) -> Broken | None:
    """None when the message is of another kind."""
    if not message.startswith('{"broken":'):
        return None
    try:
        return Broken.model_validate_json(message)
    except ValidationError:
        return None


def hear(conn: Connection, table: str, told: Broken, digest: bytes) -> None:
    """Malformed by its reason; when a person wants it retried, the next visit reads it from its beginning instead."""
    with tenant_transaction(conn, told.tenant):
        wanted = dead_letters.is_retried(conn, told.tenant, digest)
    if not wanted:
        raise Malformed(told.broken, told.detail)
    visits.forget(table, subject(told.tenant, told.feed), told.log)
