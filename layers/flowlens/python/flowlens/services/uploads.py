"""Files of flows that people upload: announced with an audit line, put into S3, read as any log, then removed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from flowlens.access.actor import Actor
from flowlens.aws import objects
from flowlens.aws.stream import Stream
from flowlens.model.errors import Conflict, Forbidden, Invalid, Malformed, NotFound
from flowlens.services.files import Log, Shipped, ship
from flowlens.store import audit
from flowlens.store import uploads as store
from flowlens.store.connection import Connection, actor_transaction, tenant_transaction
from flowlens.store.uploads import MAX_OCTETS, Understood, Upload

SECONDS = 600  # for which a file may be sent after it was announced
_MOST_EXPECTED = 20  # at a time
_KEY = re.compile(r"uploads/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([1-9][0-9]{0,17})")
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Ticket:
    """An upload, and the form that S3 takes the file with: one key, up to the size that was said, for SECONDS."""

    upload: Upload
    fields: dict[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Meant:
    """The upload that an object's key says it is."""

    tenant: UUID
    id: int


def begin(conn: Connection, actor: Actor, bucket: str, *, name: str, octets: int) -> Ticket:
    """Invalid when it is too large, Conflict when too many are expected; Forbidden for who sees only some networks."""
    if octets > MAX_OCTETS:
        raise Invalid(f"octets: at most {MAX_OCTETS:,}; larger files are read by `flowlens import`")
    if actor.limits:
        raise Forbidden("a file says something of any network: this is for those who may see all of them")
    with actor_transaction(conn, actor) as conn:
        if store.expected(conn, actor.tenant, timedelta(seconds=SECONDS)) >= _MOST_EXPECTED:
            raise Conflict(f"{_MOST_EXPECTED} files are expected already: wait for them")
        made = store.create(conn, actor.tenant, name=name, octets=octets, actor=actor.name)
        detail: dict[str, object] = {"name": name, "octets": octets}
        audit.record(
            conn, actor.tenant, actor=actor.name, action="upload.create", target=f"upload {made}", detail=detail
        )
        upload = _one(conn, actor.tenant, made)
    form = objects.form(bucket, f"uploads/{actor.tenant}/{made}", most=octets, seconds=SECONDS)
    return Ticket(upload, form, upload.created_at + timedelta(seconds=SECONDS))


def every(conn: Connection, actor: Actor) -> list[Upload]:
    """The last hundred, the newest first."""
    with actor_transaction(conn, actor) as conn:
        return store.every(conn, actor.tenant)


def read(conn: Connection, actor: Actor, upload: int) -> Upload:
    with actor_transaction(conn, actor) as conn:
        return _one(conn, actor.tenant, upload)


def _one(conn: Connection, tenant: UUID, upload: int) -> Upload:
    found = store.every(conn, tenant, id=upload)
    if not found:
        raise NotFound(f"upload {upload}")
    return found[0]


def meant(conn: Connection, key: str) -> Meant:
    """Malformed by `upload_unknown` when nobody announced it."""
    found = _KEY.fullmatch(key)
    if found is not None:
        of = Meant(UUID(found[1]), int(found[2]))
        with tenant_transaction(conn, of.tenant):
            if store.every(conn, of.tenant, id=of.id):
                return of
    raise Malformed("upload_unknown", f"nobody announced {key}")


def take_in(conn: Connection, stream: Stream, of: Meant, one: objects.Announced, *, patience: float) -> Shipped:
    """Reads the file and removes it. One that was read is not read again: whatever is told of it later is removed too.

    A file is known by its content, as `flowlens import` does: whichever way it comes, and how often, it counts once.
    """
    with tenant_transaction(conn, of.tenant):
        done = _one(conn, of.tenant, of.id).state == "read"
    shipped = Shipped()
    if not done:
        with objects.fetched(one, most=MAX_OCTETS) as content:
            log = Log(content, f"file:{_digest(content)}")
            shipped = ship(log, stream, tenant=of.tenant, patience=patience)
        with tenant_transaction(conn, of.tenant):
            store.read(conn, of.tenant, of.id, _understood(shipped))
    objects.remove(one)
    return shipped


def refuse(conn: Connection, of: Meant, wrong: Malformed, detail: str) -> None:
    """It stays where it is, to be tried again, until the bucket forgets it."""
    with tenant_transaction(conn, of.tenant):
        store.refused(conn, of.tenant, of.id, wrong.reason, detail)


def _digest(content: BinaryIO) -> str:
    digest = hashlib.blake2b(digest_size=16)
    while piece := content.read(_PIECE):
        digest.update(piece)
    content.seek(0)
    return digest.hexdigest()


def _understood(shipped: Shipped) -> Understood:
    tally = shipped.tally
    return Understood(
        format=shipped.format,
        lines=tally.counts["lines"],
        flows=shipped.flows,
        counts=tally.counts,
        unreadable=tally.unreadable,
        examples=tally.examples,
        first=_moment(shipped.first),
        last=_moment(shipped.latest),
    )


def _moment(ms: int) -> datetime | None:
    return datetime.fromtimestamp(ms / 1000, UTC) if ms else None
