"""Counting folded conversations: COPY into temporary tables (row security bars COPY from the tables), one upsert each.

Rows go in sorted key order everywhere, so that two workers wait for one another but never deadlock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from flowlens.store import partitions
from flowlens.store.connection import Connection
from flowlens.store.copying import Addresses, Field, fetch, stage
from flowlens.store.queries import Queries

_SQL = Queries("flows")
Numbers = NDArray[np.int64]
Table = Mapping[str, Numbers]

_SUMS = ("octets_sent", "octets_received", "packets_sent", "packets_received", "octets_seen", "packets_seen")
_COUNTS = ("by_initiator", "by_flags", "by_service", "by_port_order")
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000  # ms
_QUARTER = 15  # minutes: what a window is put together of
_EPOCH = date(1970, 1, 1)


def assets(conn: Connection, tenant: UUID, ends: Table) -> Numbers:
    """The asset of each of `ends` (space, high, low, start, end), which must differ; missing ones are made.

    Assets remember the minute, not the instant, so that a busy server is not written by every batch.
    """
    # Memory to sort what is staged, which the default would do on disk; and less time than the function has.
    conn.execute(_SQL.make_room)
    conn.execute(_SQL.stage_ends)
    fields = [
        Field("integer", np.arange(len(ends["space"]))),
        Field("integer", ends["space"]),
        Field("timestamptz", ends["start"] // _MINUTE * _MINUTE),
        Field("timestamptz", ends["end"] // _MINUTE * _MINUTE),
    ]
    stage(conn, "new_ends", fields, addresses=Addresses(ends["high"], ends["low"]))
    conn.execute(_SQL.add_assets, {"tenant": tenant})
    found = fetch(conn, _SQL.assets, {"position": "integer", "asset_id": "bigint"}, {"tenant": tenant})
    numbers = np.empty(len(ends["space"]), np.int64)
    numbers[found["position"]] = found["asset_id"]
    return numbers


def dependencies(
    conn: Connection, tenant: UUID, edges: Table, intervals: Table, documents: Sequence[Mapping[str, object]]
) -> Numbers:
    """Adds the edges to their dependencies and says which dependency each is; `evidence` is a position in documents."""
    conn.execute(_SQL.stage_evidence)
    conn.execute(_SQL.add_evidence, {"documents": [json.dumps(document) for document in documents]})
    first, more = _first_intervals(intervals)
    order = np.lexsort((edges["protocol"], edges["port"], edges["server_id"], edges["client_id"]))
    conn.execute(_SQL.stage_edges)
    fields = [
        Field("integer", edges["space"]),
        Field("bigint", edges["client_id"]),
        Field("bigint", edges["server_id"]),
        Field("smallint", edges["protocol"]),
        Field("integer", edges["port"]),
        Field("timestamptz", edges["start"]),
        Field("timestamptz", edges["end"]),
        Field("timestamptz", first["start"]),
        Field("timestamptz", first["until"]),
        *(Field("bigint", edges[name]) for name in ("flows", *_SUMS, *_COUNTS)),
        Field("integer", edges["evidence"]),
    ]
    stage(conn, "new_edges", [Field(field.kind, field.values[order]) for field in fields])
    kinds = {"dependency_id": "bigint", "client_id": "bigint", "server_id": "bigint"}
    found = fetch(conn, _SQL.add_dependencies, {**kinds, "port": "integer", "protocol": "smallint"}, {"tenant": tenant})
    numbers = np.empty(len(order), np.int64)
    numbers[order] = found["dependency_id"][_sorted(found)]
    _add_intervals(conn, tenant, numbers, more)
    return numbers


def _sorted(found: Table) -> NDArray[np.intp]:
    """RETURNING promises no order, and the order is what tells which edge a row answers."""
    return np.lexsort((found["protocol"], found["port"], found["server_id"], found["client_id"]))


def _first_intervals(intervals: Table) -> tuple[Table, Table]:
    """The first interval of each edge, and the others; `edge` is ascending and leaves none out."""
    first = np.ones(len(intervals["edge"]), np.bool_)
    first[1:] = intervals["edge"][1:] != intervals["edge"][:-1]
    return ({name: v[first] for name, v in intervals.items()}, {name: v[~first] for name, v in intervals.items()})


def _add_intervals(conn: Connection, tenant: UUID, numbers: Numbers, more: Table) -> None:
    if not len(more["edge"]):
        return
    conn.execute(_SQL.stage_intervals)
    fields = [
        Field("bigint", numbers[more["edge"]]),
        Field("timestamptz", more["start"]),
        Field("timestamptz", more["until"]),
    ]
    stage(conn, "new_intervals", fields)
    conn.execute(_SQL.add_intervals, {"tenant": tenant})


def minutes(conn: Connection, tenant: UUID, rows: Table) -> int:
    """Appends rows of (dependency, source, minute, sums) and marks their hours stale.

    Rows outside the days that have a partition are left out, which only the totals of dependencies outlive; says how
    many flows they held.
    """
    kept = np.isin(rows["minute"] * _MINUTE // _DAY, _days(conn))
    beyond = int(rows["flows"][~kept].sum())
    minute, dependency = rows["minute"][kept], rows["dependency"][kept]
    # Of one quarter of an hour after the other, as windows read them: an index by time then finds few pages of each.
    order = np.flatnonzero(kept)[np.lexsort((minute, dependency, minute // _QUARTER))]
    if len(order):
        conn.execute(_SQL.stage_minutes)
        fields = [
            Field("bigint", rows["dependency"][order]),
            Field("integer", rows["source"][order]),
            Field("timestamptz", rows["minute"][order] * _MINUTE),
            *(Field("bigint", rows[name][order]) for name in ("flows", *_SUMS, "rate")),
        ]
        stage(conn, "new_minutes", fields)
        conn.execute(_SQL.add_minutes, {"tenant": tenant})
        conn.execute(_SQL.mark_stale, {"tenant": tenant, "hours": hours_of(rows["minute"][order])})
    return beyond


def _days(conn: Connection) -> list[int]:
    return [(partitions.MINUTES.day(name) - _EPOCH).days for name in partitions.existing(conn, partitions.MINUTES)]


def hours_of(minute: Numbers) -> list[datetime]:
    """The hours that some minutes (since 1970) lie in."""
    began = datetime(1970, 1, 1, tzinfo=UTC)
    return [began + timedelta(hours=int(hour)) for hour in np.unique(minute // (_HOUR // _MINUTE))]
