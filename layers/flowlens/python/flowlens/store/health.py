"""Whether the database is well, and how much is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("health")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows there are, and how many datagrams the kernels of all collectors dropped."""

    assets: int
    dependencies: int
    dead_letters: int
    stale_hours: int
    kernel_dropped: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted for one source."""

    state: str
    formats: list[int]
    last_seen: datetime | None
    counters: dict[str, int]


def ping(conn: Connection) -> None:
    conn.execute(_SQL.ping)


def schema_version(conn: Connection) -> int:
    with conn.cursor(row_factory=scalar_row) as cursor:
        version: int | None = cursor.execute(_SQL.schema_version).fetchone()
    return version or 0


def newest(conn: Connection, tenant: UUID) -> datetime | None:
    """When a record was last counted."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        at: datetime | None = cursor.execute(_SQL.newest, {"tenant": tenant}).fetchone()
    return at


def sizes(conn: Connection, tenant: UUID) -> Sizes:
    with conn.cursor(row_factory=class_row(Sizes)) as cursor:
        return cursor.execute(_SQL.sizes, {"tenant": tenant}).fetchone() or Sizes(0, 0, 0, 0, 0)


def sources(conn: Connection, tenant: UUID) -> list[Counted]:
    with conn.cursor(row_factory=class_row(Counted)) as cursor:
        return cursor.execute(_SQL.sources, {"tenant": tenant}).fetchall()
