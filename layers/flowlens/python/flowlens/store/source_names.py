"""What exporters call their interfaces, routing instances, applications and hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("source_names")
MOST = 8192  # of a source: as many as a collector keeps


@dataclass(frozen=True, slots=True)
class Said:
    """A name as it is told; numbers are signed."""

    exporter: str
    kind: str
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Named:
    """A name as it is kept."""

    kind: str
    number: int
    name: str
    said_at: datetime


def keep(conn: Connection, tenant: UUID, said: Sequence[Said]) -> None:
    """The last one told holds. A source that has MOST already gets no more."""
    parameters = {
        "tenant": tenant,
        "exporters": [one.exporter for one in said],
        "kinds": [one.kind for one in said],
        "numbers": [one.number for one in said],
        "names": [one.name for one in said],
        "most": MOST,
    }
    conn.execute(_SQL.keep, parameters)


def of(conn: Connection, tenant: UUID, source: int, *, limit: int) -> list[Named]:
    with conn.cursor(row_factory=class_row(Named)) as cursor:
        return cursor.execute(_SQL.of, {"tenant": tenant, "source": source, "limit": limit}).fetchall()


def known(conn: Connection, tenant: UUID, exporter: str, numbers: Sequence[int]) -> dict[tuple[str, int], str]:
    """The names that an exporter gave these numbers, by kind and number."""
    rows = conn.execute(_SQL.known, {"tenant": tenant, "exporter": exporter, "numbers": list(numbers)})
    return {(str(kind), int(number)): str(name) for kind, number, name in rows}
