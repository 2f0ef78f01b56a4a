"""Dependencies and assets in bulk: rows packed by Postgres, unpacked by NumPy, without a Python object per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import class_row, scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("topology")
Ints = NDArray[np.int64]
Halves = NDArray[np.uint64]

EPOCH = 946_684_800_000_000  # 2000-01-01 in microseconds: Postgres counts from there
_SUMS = ("octets_sent", "octets_received", "packets_sent", "packets_received", "flows")
_TIMES = ("first_seen", "last_seen", "since", "until")
_DEPENDENCY = np.dtype(
    [
        ("id", ">i8"),
        ("client", ">i8"),
        ("server", ">i8"),
        ("protocol", ">i4"),
        ("port", ">i4"),
        ("evidence", ">i4"),
        *((name, ">i8") for name in _TIMES),
        ("size", ">i4"),
        *((name, ">i8") for name in _SUMS),
    ]
)
# A multirange is the number of its ranges, and each of these its size, a flag, and two bounds behind their sizes.
_COUNT, _RANGE, _LOWER, _UPPER = 4, 29, 9, 21
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


@dataclass(frozen=True, slots=True)
class Rows:
    """One array per column; times are microseconds since 1970."""

    columns: dict[str, Ints]

    def __getitem__(self, name: str) -> Ints:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.columns["id"])

    def take(self, rows: Ints | NDArray[np.bool_]) -> Rows:
        return Rows({name: values[rows] for name, values in self.columns.items()})

    def joined(self, other: Rows) -> Rows:
        return Rows({name: np.concatenate([values, other[name]]) for name, values in self.columns.items()})


@dataclass(frozen=True, slots=True)
class Intervals:
    """When dependencies were valid: [since, until) of the dependency `id`, several of one beside each other."""

    id: Ints
    since: Ints
    until: Ints

    def take(self, rows: Ints | NDArray[np.bool_]) -> Intervals:
        return Intervals(self.id[rows], self.since[rows], self.until[rows])

    def joined(self, other: Intervals) -> Intervals:
        return Intervals(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class State:
    """How often what is shown changed, and a text that differs after every change."""

    number: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """Dependencies that changed (None: any), and the hours whose volumes did."""

    dependencies: Ints | None
    hours: frozenset[datetime]


def state(conn: Connection, tenant: UUID) -> State:
    with conn.cursor(row_factory=class_row(State)) as cursor:
        return cursor.execute(_SQL.change, {"tenant": tenant}).fetchone() or State()


def changes(conn: Connection, tenant: UUID, since: State, until: State) -> Changes:
    """What changed between two states."""
    parameters = {"tenant": tenant, "since": since.number, "until": until.number}
    found = conn.cursor(binary=True).execute(_SQL.changes, parameters).fetchall()
    told = [np.frombuffer(ids, "<i8") for ids, _ in found if ids is not None]
    if len(told) < until.number - since.number or since.number == until.number:
        return Changes(None, frozenset())
    return Changes(np.unique(np.concatenate(told)).astype(np.int64), frozenset(hour for _, h in found for hour in h))


def limit_time(conn: Connection, milliseconds: int) -> None:
    """What a statement of this transaction may take."""
    conn.execute(_SQL.limit_time, {"milliseconds": str(milliseconds)})


def count(conn: Connection, tenant: UUID, *, most: int) -> int:
    """How many dependencies there are, up to `most`."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(_SQL.count, {"tenant": tenant, "most": most}).fetchone() or 0)


def dependencies(
    conn: Connection, tenant: UUID, *, since: datetime | None = None, ids: Ints | None = None, limited: bool = False
) -> tuple[Rows, Intervals]:
    """Those valid after an instant, or of these ids, in the order of their ids; intervals of those with several.

    Where the transaction is `limited`, an end that it does not see is the negative number of the address space.
    """
    wanted = None if ids is None else ids.tolist()
    parameters = {"tenant": tenant, "since": since, "ids": wanted, "limited": limited}
    with conn.cursor(binary=True) as cursor:
        packed = cursor.execute(_SQL.dependencies, parameters).fetchone() or (None, None)
    found = np.frombuffer(packed[0] or b"", _DEPENDENCY)
    columns = {name: found[name].astype(np.int64) for name in found.dtype.names or () if name != "size"}
    for name in _TIMES:
        columns[name] += EPOCH
    rows, size = Rows(columns), found["size"].astype(np.int64)
    intervals = _intervals(np.frombuffer(packed[1] or b"", np.uint8), size, rows["id"])
    return rows.take(np.argsort(rows["id"], kind="stable")), intervals


def _intervals(packed: NDArray[np.uint8], size: Ints, ids: Ints) -> Intervals:
    """Of multiranges that follow one another, those of more than one range."""
    ranges = (size - _COUNT) // _RANGE
    several = np.flatnonzero(ranges > 1)
    begins = (np.cumsum(size) - size + _COUNT)[several]
    of = np.repeat(np.arange(len(several)), ranges[several])
    nth = np.arange(len(of)) - np.repeat(np.cumsum(ranges[several]) - ranges[several], ranges[several])
    at = begins[of] + nth * _RANGE
    bounds = [packed[at[:, None] + np.arange(place, place + 8)] for place in (_LOWER, _UPPER)]
    since, until = (np.ascontiguousarray(bound).view(">i8")[:, 0].astype(np.int64) + EPOCH for bound in bounds)
    return Intervals(ids[several][of], since, until)


def assets(
    conn: Connection, tenant: UUID, ids: Sequence[int] | Ints | None = None
) -> tuple[Ints, Ints, Halves, Halves]:
    """(id, space, high half, low half) of all assets, or of those of `ids`; in no order, IPv4 as ::ffff:a.b.c.d."""
    parameters = {"tenant": tenant, "ids": None if ids is None else np.asarray(ids).tolist()}
    with conn.cursor(binary=True) as cursor:
        row = cursor.execute(_SQL.assets, parameters).fetchone() or (None, None)
    v4, v6 = np.frombuffer(row[0] or b"", _ASSET4), np.frombuffer(row[1] or b"", _ASSET6)
    return (
        np.concatenate([v4["id"], v6["id"]]).astype(np.int64),
        np.concatenate([v4["space"], v6["space"]]).astype(np.int64),
        np.concatenate([np.zeros(len(v4), np.uint64), v6["high"].astype(np.uint64)]),
        np.concatenate([v4["low"].astype(np.uint64) | _MAPPED, v6["low"].astype(np.uint64)]),
    )
