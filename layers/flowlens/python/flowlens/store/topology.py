"""Dependencies and assets in bulk: rows packed by Postgres, unpacked by NumPy, without a Python object per row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("topology")
Ints = NDArray[np.int64]
Halves = NDArray[np.uint64]

_EPOCH = 946_684_800_000_000  # 2000-01-01 in microseconds: Postgres counts from there
_EDGE = np.dtype(
    [
        ("id", ">i8"),
        ("client", ">i8"),
        ("server", ">i8"),
        ("protocol", ">i4"),
        ("port", ">i4"),
        ("evidence", ">i4"),
        ("first_seen", ">i8"),
        ("last_seen", ">i8"),
        ("until", ">i8"),
        ("octets_sent", ">i8"),
        ("octets_received", ">i8"),
        ("packets_sent", ">i8"),
        ("packets_received", ">i8"),
        ("flows", ">i8"),
    ]
)
# An inet is four octets (family, prefix length, a flag, the address's length) and the address.
_ASSET4 = np.dtype([("id", ">i8"), ("space", ">i4"), ("head", "V4"), ("low", ">u4")])
_ASSET6 = np.dtype([("id", ">i8"), ("space", ">i4"), ("head", "V4"), ("high", ">u8"), ("low", ">u8")])
_MAPPED = np.uint64(0xFFFF_0000_0000)


@dataclass(frozen=True, slots=True)
class Span:
    """The time whose dependencies are wanted; `volumes` says where their volumes come from."""

    start: datetime
    end: datetime | None
    volumes: str = "totals"  # or minutes, or hours, which must cover whole ones

    @property
    def bounds(self) -> str:
        return "[]" if self.start == self.end else "[)"


@dataclass(frozen=True, slots=True)
class Rows:
    """One array per column; times are microseconds since 1970."""

    columns: dict[str, Ints]

    def __getitem__(self, name: str) -> Ints:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.columns["id"])


def change(conn: Connection, tenant: UUID) -> str:
    """Differs after every transaction that counted something, even when they committed in another order."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        found: str | None = cursor.execute(_SQL.change, {"tenant": tenant}).fetchone()
    return found or ""


def limit_time(conn: Connection, milliseconds: int) -> None:
    """What a statement of this transaction may take."""
    conn.execute(_SQL.limit_time, {"milliseconds": str(milliseconds)})


def edges(conn: Connection, tenant: UUID, span: Span) -> Rows:
    """The dependencies that were valid in the span, or that carried something then."""
    parameters = {
        "tenant": tenant,
        "start": span.start,
        "end": span.end,
        "bounds": span.bounds,
        "by_totals": span.volumes == "totals",
        "by_minutes": span.volumes == "minutes",
        "by_hours": span.volumes == "hours",
    }
    with conn.cursor(binary=True, row_factory=scalar_row) as cursor:
        found = np.frombuffer(cursor.execute(_SQL.edges, parameters).fetchone() or b"", _EDGE)
    columns = {name: found[name].astype(np.int64) for name in found.dtype.names or ()}
    for name in ("first_seen", "last_seen", "until"):
        columns[name] += _EPOCH
    return Rows(columns)


def assets(conn: Connection, tenant: UUID, ids: Ints) -> tuple[Ints, Ints, Halves, Halves]:
    """(id, address space, high half, low half) of those of `ids` that exist, in no order; IPv4 as ::ffff:a.b.c.d."""
    with conn.cursor(binary=True) as cursor:
        row = cursor.execute(_SQL.assets, {"tenant": tenant, "ids": ids.tolist()}).fetchone() or (None, None)
    v4, v6 = np.frombuffer(row[0] or b"", _ASSET4), np.frombuffer(row[1] or b"", _ASSET6)
    return (
        np.concatenate([v4["id"], v6["id"]]).astype(np.int64),
        np.concatenate([v4["space"], v6["space"]]).astype(np.int64),
        np.concatenate([np.zeros(len(v4), np.uint64), v6["high"].astype(np.uint64)]),
        np.concatenate([v4["low"].astype(np.uint64) | _MAPPED, v6["low"].astype(np.uint64)]),
    )
