"""Dependencies and assets in bulk: binary COPY into NumPy, without a Python object per row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("topology")
Ints = NDArray[np.int64]
Halves = NDArray[np.uint64]

# A binary COPY row is a 16-bit count of fields, then each field's 32-bit length and its bytes; none of ours is null.
_HEADER, _TRAILER = 19, 2
_EPOCH = 946_684_800_000_000  # 2000-01-01 in microseconds: Postgres counts from there
_EDGE = (
    ("id", ">i8"),
    ("client", ">i8"),
    ("server", ">i8"),
    ("protocol", ">i2"),
    ("port", ">i4"),
    ("evidence", ">i2"),
    ("first_seen", ">i8"),
    ("last_seen", ">i8"),
    ("until", ">i8"),
    ("octets_sent", ">i8"),
    ("octets_received", ">i8"),
    ("packets_sent", ">i8"),
    ("packets_received", ">i8"),
    ("flows", ">i8"),
)
# An inet is family, prefix length, a flag and the address's length before the address.
_ASSET4 = (("id", ">i8"), ("space", ">i4"), ("address_head", "V4"), ("low", ">u4"))
_ASSET6 = (("id", ">i8"), ("space", ">i4"), ("address_head", "V4"), ("high", ">u8"), ("low", ">u8"))
_INET = ("address_head", "high", "low")
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
    queries = {"totals": _SQL.edges, "minutes": _SQL.edges_by_minutes, "hours": _SQL.edges_by_hours}
    parameters = {"tenant": tenant, "start": span.start, "end": span.end, "bounds": span.bounds}
    found = _copy(conn, queries[span.volumes], parameters, _EDGE)
    columns = {name: found[name].astype(np.int64) for name, _ in _EDGE}
    for name in ("first_seen", "last_seen", "until"):
        columns[name] += _EPOCH
    return Rows(columns)


def assets(conn: Connection, tenant: UUID, ids: Ints) -> tuple[Ints, Ints, Halves, Halves]:
    """(id, address space, high half, low half) of those of `ids` that exist, in no order; IPv4 as ::ffff:a.b.c.d."""
    parameters = {"tenant": tenant, "ids": ids.tolist()}
    v4 = _copy(conn, _SQL.assets4, parameters, _ASSET4)
    v6 = _copy(conn, _SQL.assets6, parameters, _ASSET6)
    return (
        np.concatenate([v4["id"], v6["id"]]).astype(np.int64),
        np.concatenate([v4["space"], v6["space"]]).astype(np.int64),
        np.concatenate([np.zeros(len(v4), np.uint64), v6["high"].astype(np.uint64)]),
        np.concatenate([v4["low"].astype(np.uint64) | _MAPPED, v6["low"].astype(np.uint64)]),
    )


def _copy(
    conn: Connection, query: LiteralString, parameters: dict[str, object], fields: tuple[tuple[str, str], ...]
) -> NDArray[np.void]:
    row: list[tuple[str, str]] = [("count", ">i2")]
    for name, kind in fields:
        if name not in _INET[1:] or "address_head" not in dict(fields):
            row.append((f"length_{name}", ">i4"))
        row.append((name, kind))
    with conn.cursor() as cursor, cursor.copy(query, parameters) as copy:
        data = b"".join(copy)
    return np.frombuffer(data[_HEADER:-_TRAILER], np.dtype(row))
