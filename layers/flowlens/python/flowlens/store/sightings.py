"""What was seen of addresses and edges besides their flows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from psycopg.rows import class_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("sightings")


@dataclass(frozen=True, slots=True)
class Row:
    """A sighting in an address space; `first` and `last` in ms since 1970."""

    space: int
    address: str
    server: str | None
    protocol: int | None
    port: int | None
    kind: str
    value: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """What people read."""

    kind: str
    value: str
    first_seen: datetime
    last_seen: datetime


def add(conn: Connection, tenant: UUID, rows: Sequence[Row]) -> None:
    """Widens what is there; the same again changes nothing. At most 200 values of a kind for an address."""
    parameters = {
        name: [getattr(row, name) for row in rows]
        for name in ("space", "address", "server", "protocol", "port", "kind", "value")
    }
    times = {
        name: [datetime.fromtimestamp(getattr(row, name) / 1000, UTC) for row in rows] for name in ("first", "last")
    }
    conn.execute(_SQL.add, {"tenant": tenant, **parameters, **times})


def of_asset(conn: Connection, tenant: UUID, asset: int, *, limit: int) -> list[Sighting]:
    """The newest first."""
    with conn.cursor(row_factory=class_row(Sighting)) as cursor:
        return cursor.execute(_SQL.of_asset, {"tenant": tenant, "asset": asset, "limit": limit}).fetchall()


def of_dependency(conn: Connection, tenant: UUID, dependency: int, *, limit: int) -> list[Sighting]:
    """The newest first."""
    with conn.cursor(row_factory=class_row(Sighting)) as cursor:
        return cursor.execute(
            _SQL.of_dependency, {"tenant": tenant, "dependency": dependency, "limit": limit}
        ).fetchall()
