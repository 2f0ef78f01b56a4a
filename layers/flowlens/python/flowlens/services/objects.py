"""Flow logs that lie in S3: from the message that tells of one to its records on the stream."""

from __future__ import annotations

import hashlib
from collections.abc import Set
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from flowlens.aws import objects
from flowlens.aws.stream import Stream
from flowlens.flows.feeding import Feed, Origin
from flowlens.flows.reading import envelopes, pushed
from flowlens.model.errors import Malformed
from flowlens.services import events, fetched, readings, uploads, waiting
from flowlens.services.files import Log, Shipped, ship
from flowlens.store.connection import Connection
from flowlens.store.dead_letters import LogLetter

_MOST_PUSHED = 1 << 20  # octets of one entry that waits


@dataclass(frozen=True, slots=True)
class Shelf:
    """Whose objects are read, from which buckets, and where their flows go."""

    tenant: UUID
    buckets: Set[str]
    stream: Stream
    ours: str = ""  # the bucket of those that people upload to
    visits: str = ""  # the table of how far fetched logs were read


@dataclass(slots=True)
class _Told:
    """How far a message was followed."""

    name: str
    upload: uploads.Meant | None = None
    tenant: UUID | None = None  # where it is not the shelf's


def take_in(conn: Connection, shelf: Shelf, message: str, *, patience: float) -> Shipped:
    """Reads what the message tells of. What cannot be read becomes a dead letter, and is raised as Malformed.

    By `object_bucket` when it is somebody else's, by `feed_paused`, else as objects and readers say.
    """
    told = _Told(message[:200])
    try:
        shipped = _read(conn, shelf, message, told, patience)
    except Malformed as wrong:
        detail = str(wrong).removeprefix(f"{wrong.reason}: ")[:1000]
        letter = LogLetter(digest(message), "object", told.name, wrong.reason, detail, told.name, message)
        readings.bury(conn, _whose(shelf, told), letter)
        if told.upload:
            uploads.refuse(conn, told.upload, wrong, detail)
        raise
    readings.revive(conn, _whose(shelf, told), digest(message))
    return shipped


def _whose(shelf: Shelf, told: _Told) -> UUID:
    return told.upload.tenant if told.upload else told.tenant or shelf.tenant


def digest(message: str) -> bytes:
    return hashlib.blake2b(message.encode(), digest_size=16).digest()


def _read(conn: Connection, shelf: Shelf, message: str, told: _Told, patience: float) -> Shipped:
    total = Shipped()
    if broken := fetched.broken(message):
        told.name, told.tenant = broken.log[:200], broken.tenant
        fetched.hear(conn, shelf.visits, broken, digest(message))
        return total
    for one in objects.announced(message):
        told.name, told.upload, told.tenant = one.name, None, None
        if one.bucket not in shelf.buckets:
            raise Malformed("object_bucket", f"{one.bucket} is none of ours")
        if one.bucket == shelf.ours and one.key.startswith("uploads/"):
            told.upload = uploads.meant(conn, one.key)
            total.add(uploads.take_in(conn, shelf.stream, told.upload, one, patience=patience))
            continue
        if one.bucket == shelf.ours and one.key.startswith(fetched.PREFIX):
            piece = fetched.meant(one.key)
            told.name, told.tenant = piece.log, piece.tenant
            total.add(fetched.take_in(conn, shelf.stream, piece, one, patience=patience))
            continue
        if one.bucket == shelf.ours and one.key.startswith(events.PUSHED):
            with objects.fetched(one, most=_MOST_PUSHED) as stream:
                payload = stream.read()
            told.tenant = pushed.read(payload).tenant
            total.add(waiting.take_in(conn, shelf.stream, [payload], patience=patience))
            continue
        with objects.fetched(one) as stream:
            if envelopes.recognises(stream):  # what a log group's subscription delivered, by Firehose or as we kept it
                reading = events.Reading(conn, shelf.tenant, shelf.stream)
                total.add(reading.take_in(envelopes.envelopes(stream), patience=patience))
            else:
                total.add(_log(conn, shelf, one, stream, patience))
    return total


def _log(conn: Connection, shelf: Shelf, one: objects.Announced, stream: BinaryIO, patience: float) -> Shipped:
    origin = Origin("aws_s3", one.bucket, one.key)
    feed: Feed = readings.feed_of(conn, shelf.tenant, origin, {"bucket": one.bucket})
    log = Log(stream, one.name, feed.about(origin))
    shipped = ship(log, shelf.stream, tenant=shelf.tenant, patience=patience)
    readings.note(conn, shelf.tenant, feed, one.name, shipped)
    return shipped
