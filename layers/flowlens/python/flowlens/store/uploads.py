"""Uploads: files of flows that people send from the browser, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("uploads")
MAX_OCTETS = 256 << 20  # of one; what a function reads within its time


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was announced, and what became of it."""

    id: int
    name: str
    octets: int
    actor: str
    state: str  # expected, read, refused
    created_at: datetime
    read_at: datetime | None
    reason: str
    detail: str
    format: str
    lines: int
    flows: int
    counts: dict[str, int]
    unreadable: dict[str, int]
    examples: dict[str, list[str]]
    first_flow: datetime | None
    last_flow: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What was read of one."""

    format: str
    lines: int
    flows: int
    counts: Mapping[str, int]
    unreadable: Mapping[str, int]
    examples: Mapping[str, Sequence[str]]
    first: datetime | None
    last: datetime | None


def create(conn: Connection, tenant: UUID, *, name: str, octets: int, actor: str) -> int:
    parameters = {"tenant": tenant, "name": name, "octets": octets, "actor": actor}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(_SQL.create, parameters).fetchone() or 0)


def every(conn: Connection, tenant: UUID, *, id: int | None = None) -> list[Upload]:
    """The last hundred, the newest first; or the one of an id."""
    with conn.cursor(row_factory=class_row(Upload)) as cursor:
        return cursor.execute(_SQL.every, {"tenant": tenant, "id": id}).fetchall()


def expected(conn: Connection, tenant: UUID, within: timedelta) -> int:
    """How many were announced since then and did not come."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(_SQL.expected, {"tenant": tenant, "within": within}).fetchone() or 0)


def read(conn: Connection, tenant: UUID, id: int, what: Understood) -> None:
    lines = {reason: [line.replace("\0", "\ufffd") for line in some] for reason, some in what.examples.items()}
    parameters = {
        "tenant": tenant,
        "id": id,
        "format": what.format,
        "lines": what.lines,
        "flows": what.flows,
        "counts": Jsonb(dict(what.counts)),
        "unreadable": Jsonb(dict(what.unreadable)),
        "examples": Jsonb(lines),  # Postgres keeps no NUL
        "first": what.first,
        "last": what.last,
    }
    conn.execute(_SQL.read, parameters)


def refused(conn: Connection, tenant: UUID, id: int, reason: str, detail: str) -> None:
    """One that was read stays read."""
    parameters = {"tenant": tenant, "id": id, "reason": reason, "detail": detail.replace("\0", "\ufffd")}
    conn.execute(_SQL.refused, parameters)
