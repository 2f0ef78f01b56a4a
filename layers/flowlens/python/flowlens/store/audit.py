"""The audit trail: who did what, in the transaction of the change, each event linked to the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from flowlens.kit import trail
from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("audit")
_SAFE = 2**53


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the trail."""

    number: int
    at: datetime
    actor: str
    action: str
    target: str
    detail: dict[str, object]
    hash: bytes

    def linked(self, tenant: UUID) -> dict[str, object]:
        """What its hash is made of."""
        return _linked(tenant, self.number, self.at, (self.actor, self.action, self.target), self.detail)


@dataclass(frozen=True, slots=True)
class Head:
    """The last event; `anchored` is the last whose hash was signed."""

    number: int
    hash: bytes
    anchored: int
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events; None asks for any. `action` is how it begins, `part` is anywhere in the event."""

    actor: str | None = None
    action: str | None = None
    part: str | None = None
    start: datetime | None = None
    end: datetime | None = None


def record(
    conn: Connection, tenant: UUID, *, actor: str, action: str, target: str, detail: Mapping[str, object]
) -> None:
    """The next event. It holds the tenant's last one until the transaction ends: write it as late as you can."""
    row = conn.execute(_SQL.hold_head, {"tenant": tenant, "genesis": trail.GENESIS}).fetchone()
    number, before, at = row or (0, trail.GENESIS, datetime.now(UTC))
    words = (plain(actor), plain(action), plain(target))
    kept = {str(plain(key)): plain(value) for key, value in detail.items()}
    made = trail.link(bytes(before), _linked(tenant, number + 1, at, words, kept))
    values = {"tenant": tenant, "number": number + 1, "hash": made, "at": at, "detail": Jsonb(kept)}
    conn.execute(_SQL.record, values | dict(zip(("actor", "action", "target"), words, strict=True)))


def _linked(
    tenant: UUID, number: int, at: datetime, words: tuple[object, ...], detail: Mapping[str, object]
) -> dict[str, object]:
    when = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    said = dict(zip(("actor", "action", "target"), words, strict=True))
    return {"tenant": str(tenant), "number": number, "at": when, "detail": detail, **said}


def plain(value: object) -> object:
    """As JSON that everybody reads alike: whole numbers of 53 bits, no fractions, no NUL, nothing that is no text."""
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < _SAFE):
        return value
    if isinstance(value, Mapping):
        return {str(plain(str(key))): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    return str(value).encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def page(conn: Connection, tenant: UUID, wanted: Wanted, *, limit: int, before: int | None = None) -> list[Event]:
    """The newest first."""
    values = {
        "tenant": tenant,
        "actor": wanted.actor,
        "action": wanted.action,
        "part": wanted.part,
        "start": wanted.start,
        "end": wanted.end,
        "before": before,
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Event)) as cursor:
        return cursor.execute(_SQL.page, values).fetchall()


def called(conn: Connection, tenant: UUID, wanted: Mapping[str, Sequence[str]]) -> list[tuple[str, str, str | None]]:
    """Kind, id and name of what is there, by kind: see services/targets.py for the kinds and their ids."""
    kinds, ids = zip(*((kind, id) for kind, named in wanted.items() for id in named), strict=True)
    return conn.execute(_SQL.called, {"tenant": tenant, "kinds": list(kinds), "ids": list(ids)}).fetchall()


def stretch(conn: Connection, tenant: UUID, *, after: int, limit: int) -> list[Event]:
    """The events that follow a number, in their order."""
    with conn.cursor(row_factory=class_row(Event)) as cursor:
        return cursor.execute(_SQL.stretch, {"tenant": tenant, "after": after, "limit": limit}).fetchall()


def hash_of(conn: Connection, tenant: UUID, number: int) -> bytes | None:
    with conn.cursor(row_factory=scalar_row) as cursor:
        found: bytes | None = cursor.execute(_SQL.hash_of, {"tenant": tenant, "number": number}).fetchone()
    return found


def head(conn: Connection, tenant: UUID) -> Head:
    with conn.cursor(row_factory=class_row(Head)) as cursor:
        found = cursor.execute(_SQL.head, {"tenant": tenant}).fetchone()
    return found or Head(0, trail.GENESIS, 0)


def anchored(conn: Connection, tenant: UUID, number: int, at: datetime) -> None:
    """Notes that the hash of this event was signed."""
    conn.execute(_SQL.anchored, {"tenant": tenant, "number": number, "at": at})
