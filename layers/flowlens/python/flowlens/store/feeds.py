"""Feeds of flow logs, what was read of them and what they lacked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("feeds")
Settings = dict[str, object]


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of the last visit of a feed's place."""

    at: datetime | None
    waiting: int
    problem: str
    detail: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed with the sums of its last day."""

    id: int
    kind: str
    name: str
    note: str
    settings: Settings
    state: str
    version: int
    created_at: datetime
    last_read: datetime | None
    last_data: datetime | None
    delay_seconds: float | None
    logs: int
    lines: int
    flows: int
    counts: dict[str, int]
    unreadable: dict[str, int]
    examples: dict[str, list[str]]
    interfaces: int
    nodata_seconds: int
    skipped: int
    has_secret: bool
    visit: Visit | None = None  # of feeds that are visited


@dataclass(frozen=True, slots=True)
class Due:
    """A feed that is visited, with what opens its place (sealed)."""

    feed: int
    kind: str
    settings: Settings
    secret: bytes | None
    external_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one interface said of its own silence within a day."""

    exporter: str
    nodata: int
    nodata_seconds: int
    skipped: int
    latest: datetime
    interface: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a person says about a feed; None leaves it as it is."""

    name: str | None = None
    note: str | None = None
    state: str | None = None
    settings: Settings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What became of one log."""

    feed: int
    log: UUID
    name: str
    latest: datetime | None
    lines: int
    flows: int
    counts: Mapping[str, int]
    unreadable: Mapping[str, int]
    examples: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Silence:
    """An interface's NODATA and SKIPDATA of one hour (since 1970)."""

    exporter: str
    hour: int
    nodata: int
    seconds: int
    skipped: int


def page(conn: Connection, tenant: UUID, *, limit: int, after: int | None = None, id: int | None = None) -> list[Feed]:
    with conn.cursor(row_factory=class_row(Feed)) as cursor:
        parameters = {"tenant": tenant, "id": id, "after": after, "limit": limit}
        return cursor.execute(_SQL.page, parameters).fetchall()


def every(conn: Connection, tenant: UUID, kind: str) -> list[tuple[int, str, Settings, str]]:
    """Id, kind, settings and state of those of a kind."""
    return conn.execute(_SQL.every, {"tenant": tenant, "kind": kind}).fetchall()


def due(conn: Connection, tenant: UUID, kinds: Sequence[str], *, feed: int | None = None) -> list[Due]:
    """Those that are active, of these kinds; with `feed`, that one whatever its state."""
    with conn.cursor(row_factory=class_row(Due)) as cursor:
        return cursor.execute(_SQL.due, {"tenant": tenant, "kinds": list(kinds), "feed": feed}).fetchall()


def described(conn: Connection, tenant: UUID, feed: int) -> tuple[str, Settings, str] | None:
    """Kind, settings and state."""
    found: tuple[str, Settings, str] | None = conn.execute(_SQL.described, {"tenant": tenant, "id": feed}).fetchone()
    return found


def keep_secret(conn: Connection, tenant: UUID, feed: int, secret: bytes | None) -> None:
    conn.execute(_SQL.keep_secret, {"tenant": tenant, "id": feed, "secret": secret})


def create(conn: Connection, tenant: UUID, kind: str, fields: Fields) -> int | None:
    """None when the name is taken, or there are a thousand already."""
    parameters = {
        "tenant": tenant,
        "kind": kind,
        "name": fields.name,
        "note": fields.note or "",
        "settings": Jsonb(fields.settings),
        "state": fields.state or "active",
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        made: int | None = cursor.execute(_SQL.create, parameters).fetchone()
    return made


def held(conn: Connection, tenant: UUID, feed: int) -> tuple[int, str, str] | None:
    """Version, kind and name, which no one else changes until this transaction ends."""
    found: tuple[int, str, str] | None = conn.execute(_SQL.held, {"tenant": tenant, "id": feed}).fetchone()
    return found


def update(conn: Connection, tenant: UUID, feed: int, fields: Fields) -> bool:
    """False when the name is taken."""
    settings = None if fields.settings is None else Jsonb(fields.settings)
    said = {"name": fields.name, "note": fields.note, "state": fields.state, "settings": settings}
    return conn.execute(_SQL.update, said | {"tenant": tenant, "id": feed}).rowcount == 1


def delete(conn: Connection, tenant: UUID, feed: int) -> None:
    conn.execute(_SQL.delete, {"tenant": tenant, "id": feed})


def enter(conn: Connection, tenant: UUID, reading: Reading, silences: Sequence[Silence]) -> bool:
    """Writes down a reading with the silence in it, once; False when it was, or its feed is gone."""
    parameters = {
        "tenant": tenant,
        "feed": reading.feed,
        "log": reading.log,
        "name": reading.name[:2000],
        "latest": reading.latest,
        "lines": reading.lines,
        "flows": reading.flows,
        "counts": Jsonb(dict(reading.counts)),
        "unreadable": Jsonb(dict(reading.unreadable)),
        "examples": Jsonb(
            {reason: [line.replace("\0", "\ufffd") for line in lines] for reason, lines in reading.examples.items()}
        ),  # Postgres keeps no NUL
    }
    if conn.execute(_SQL.enter_reading, parameters).fetchone() is None:
        return False
    if silences:
        columns = {
            "exporters": [one.exporter for one in silences],
            "hours": [one.hour for one in silences],
            "nodata": [one.nodata for one in silences],
            "seconds": [one.seconds for one in silences],
            "skipped": [one.skipped for one in silences],
        }
        conn.execute(_SQL.add_coverage, columns | {"tenant": tenant, "feed": reading.feed})
    return True


def coverage(conn: Connection, tenant: UUID, feed: int) -> list[Coverage]:
    """By interface, the least covered first."""
    with conn.cursor(row_factory=class_row(Coverage)) as cursor:
        return cursor.execute(_SQL.coverage, {"tenant": tenant, "id": feed}).fetchall()
