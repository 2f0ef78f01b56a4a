"""What dependencies carried in a time, in bulk: rows packed by Postgres, unpacked by NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
from psycopg.rows import scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries
from flowlens.store.topology import EPOCH, Rows

_SQL = Queries("volumes")
_SEEN = np.dtype(
    [
        (name, ">i8")
        for name in (
            "id",
            "source",
            "hour",
            "rate",
            "octets_sent",
            "octets_received",
            "packets_sent",
            "packets_received",
            "packets_seen",
            "flows",
        )
    ]
)
_TOTAL = np.dtype([(name, ">i8") for name in ("id", "octets", "packets", "flows")])


def by_minutes(conn: Connection, tenant: UUID, start: datetime, end: datetime) -> Rows:
    """What each source saw of each dependency in each hour, microseconds since 1970; each sum is less than 2^62."""
    parameters = {"tenant": tenant, "start": start, "end": end}
    with conn.cursor(binary=True, row_factory=scalar_row) as cursor:
        rows = _rows(cursor.execute(_SQL.by_minutes, parameters).fetchone() or b"", _SEEN)
    rows.columns["hour"] += EPOCH
    return rows


def by_hours(conn: Connection, tenant: UUID, hours: Sequence[datetime]) -> dict[datetime, Rows | None]:
    """What each dependency carried in all in each of these hours, by id; None of those that wait to be folded again."""
    parameters = {"tenant": tenant, "hours": list(hours)}
    found: dict[datetime, bytes | None] = {}
    with conn.cursor(binary=True) as cursor:
        found.update(cursor.execute(_SQL.by_hours, parameters))
        if other := [hour for hour in hours if hour not in found]:  # the one that is not over, and those of no traffic
            found.update(dict.fromkeys(other, b""))
            found.update(cursor.execute(_SQL.by_folded_hours, {"tenant": tenant, "hours": other}))
    return {hour: None if packed is None else _rows(packed, _TOTAL) for hour, packed in found.items()}


def _rows(packed: bytes, layout: np.dtype[np.void]) -> Rows:
    found = np.frombuffer(packed, layout)
    return Rows({name: found[name].astype(np.int64) for name in layout.names or ()})
