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
    deltas_waiting: int
    deltas_refused: int
    stale_hours: int
    kernel_dropped: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted for one source."""

    state: str
    formats: list[int]
    last_seen: datetime | None
    counters: dict[str, int]


@dataclass(frozen=True, slots=True)
class Reported:
    """What one collector process said of itself; `now` are the counters of its newest life."""

    id: UUID
    started: datetime
    reported_at: datetime
    runs: int
    now: dict[str, int]
    received: int
    flows: int
    kernel_dropped: int
    flows_spool_full: int
    allowance_exceeded: int


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
        return cursor.execute(_SQL.sizes, {"tenant": tenant}).fetchone() or Sizes(0, 0, 0, 0, 0, 0, 0)


def sources(conn: Connection, tenant: UUID) -> list[Counted]:
    with conn.cursor(row_factory=class_row(Counted)) as cursor:
        return cursor.execute(_SQL.sources, {"tenant": tenant}).fetchall()


def collectors(conn: Connection, tenant: UUID) -> list[Reported]:
    """Those that reported last come first."""
    with conn.cursor(row_factory=class_row(Reported)) as cursor:
        return cursor.execute(_SQL.collectors, {"tenant": tenant}).fetchall()
