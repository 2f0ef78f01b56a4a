"""Dependencies and assets of one tenant, kept in memory between requests and brought up to date before each.

A change names the dependencies that it touched, so that only those are read again. What is kept is what the database
says at this moment of this transaction, never older.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from uuid import UUID

import numpy as np

from flowlens.access.actor import Actor
from flowlens.services import carried
from flowlens.services.carried import Parts
from flowlens.store import topology as store
from flowlens.store.connection import Connection
from flowlens.store.topology import Intervals, Rows, Span, State
from flowlens.topology.edges import Assets, Edges, Ints, Mask
from flowlens.topology.grouping import restricted

MOST = 2_000_000  # dependencies; of more, those of the last days are kept
_RECENT = timedelta(days=32)  # longer than any window
_LARGEST = np.iinfo(np.int64).max
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Known:
    """Dependencies as edges between assets, by id, and when each was valid. Nothing in it changes."""

    assets: Assets
    rows: Rows
    intervals: Intervals

    @cached_property
    def edges(self) -> Edges:
        """All of them, with what they carried in all; ends are positions in the assets."""
        rows = self.rows
        return Edges(
            rows["id"],
            np.searchsorted(self.assets.id, rows["client"]),
            np.searchsorted(self.assets.id, rows["server"]),
            np.ones(len(rows), np.int64),
            rows["protocol"],
            rows["port"],
            rows["evidence"],
            _both(rows["octets_sent"], rows["octets_received"]),
            _both(rows["packets_sent"], rows["packets_received"]),
            rows["flows"],
            rows["first_seen"].view("datetime64[us]"),
            rows["last_seen"].view("datetime64[us]"),
        )

    @cached_property
    def _several(self) -> tuple[Ints, Ints]:
        """The position of each interval's dependency, and of those that have several."""
        of = np.searchsorted(self.rows["id"], self.intervals.id)
        return of, np.unique(of)

    def valid(self, span: Span) -> Mask:
        """Which were valid at an instant, at some time of a window, or since its start."""
        start = microseconds(span.start)
        end = None if span.end is None else microseconds(span.end)
        valid = _meets(self.rows["since"], self.rows["until"], start, end)
        of, several = self._several
        if end is not None and len(several):
            some = np.zeros(len(valid), np.bool_)
            some[of[_meets(self.intervals.since, self.intervals.until, start, end)]] = True
            valid[several] &= some[several]
        return valid


def _meets(since: Ints, until: Ints, start: int, end: int | None) -> Mask:
    """Whether [since, until) holds start, or an instant of [start, end); without an end to the end of time."""
    met: Mask = until > start
    if end is not None:
        met &= (since <= start) if start == end else (since < end)
    return met


def microseconds(at: datetime) -> int:
    """Since 1970."""
    return (at - _BEGINNING) // timedelta(microseconds=1)


def _both(sent: Ints, received: Ints) -> Ints:
    return np.minimum(sent.astype(np.uint64) + received.astype(np.uint64), _LARGEST).astype(np.int64)


@dataclass(slots=True)
class _Memory:
    """The last tenant's only."""

    conn: Connection | None = None
    tenant: UUID | None = None
    state: State = field(default_factory=State)
    known: Known | None = None
    since: datetime | None = None  # what was not valid after it is not kept; None: everything is
    parts: Parts = field(default_factory=Parts)


_MEMORY = _Memory()


def everything(conn: Connection, actor: Actor) -> tuple[Known, str]:
    """What there ever was, and a text that is another one after every change; inside the caller's transaction.

    Of more than MOST it is read anew each time: slowly, and whole.
    """
    memory = _memory(conn, actor)
    known, change = _up_to_date(conn, actor, memory)
    return known if memory.since is None else _from(conn, actor, None), change


def _memory(conn: Connection, actor: Actor) -> _Memory:
    """Forgets what is another tenant's, or came over another connection: perhaps of a database restored since.

    Who sees a part only has no part in it: what is within their limits may change with every rule.
    """
    if actor.limits:
        return _Memory()
    if _MEMORY.conn is not conn or _MEMORY.tenant != actor.tenant:
        _MEMORY.conn, _MEMORY.tenant, _MEMORY.known = conn, actor.tenant, None
        _MEMORY.parts.found.clear()
    return _MEMORY


def _up_to_date(conn: Connection, actor: Actor, memory: _Memory) -> tuple[Known, str]:
    now = store.state(conn, actor.tenant)
    if memory.known is None:
        known = _read(conn, actor, memory)
    else:
        known = memory.known if memory.state == now else _brought_up(conn, actor, memory, now)
    memory.known, memory.state = known, now
    return known, now.text


@dataclass(frozen=True, slots=True)
class Found:
    """Edges, of which `there` says which are meant: to copy half a million but a few takes longer than all else."""

    assets: Assets
    edges: Edges
    there: Mask
    change: str


def of_span(conn: Connection, actor: Actor, span: Span) -> Found:
    """Dependencies that were valid in the span or carried something then, with what they carried in all or in it."""
    memory = _memory(conn, actor)
    known, change = _up_to_date(conn, actor, memory)
    if memory.since is not None and span.start < memory.since:
        known = _from(conn, actor, span.start)
    valid = known.valid(span)
    if span.volumes == "totals":
        return Found(known.assets, known.edges, valid, change)
    ids = known.rows["id"]
    sums = np.zeros((3, len(valid)), np.uint64)
    for part in carried.read(conn, actor.tenant, span, memory.parts):
        there = _among(part["id"], ids)  # what is not was merged since
        at = np.searchsorted(ids, part["id"])[there]
        valid[at] = True
        for sum_, name in zip(sums, ("octets", "packets", "flows"), strict=True):
            sum_[at] = np.minimum(sum_[at] + part[name][there].astype(np.uint64), np.uint64(_LARGEST))
    return Found(known.assets, known.edges.carrying(*sums.view(np.int64)), valid, change)


def _read(conn: Connection, actor: Actor, memory: _Memory) -> Known:
    most = store.count(conn, actor.tenant, most=MOST + 1)
    memory.since = datetime.now(UTC) - _RECENT if most > MOST else None
    memory.parts.found.clear()
    return _from(conn, actor, memory.since)


def _from(conn: Connection, actor: Actor, since: datetime | None) -> Known:
    limited = bool(actor.limits)
    return _joined(conn, actor, None, *store.dependencies(conn, actor.tenant, since=since, limited=limited))


def _brought_up(conn: Connection, actor: Actor, memory: _Memory, now: State) -> Known:
    changes, known = store.changes(conn, actor.tenant, memory.state, now), memory.known
    if changes.dependencies is None or known is None:
        return _read(conn, actor, memory)
    memory.parts.forget(changes.hours)
    rows, intervals = store.dependencies(conn, actor.tenant, ids=changes.dependencies)
    joined = known.rows.take(~_among(known.rows["id"], changes.dependencies)).joined(rows)
    whole = known.intervals.take(~_among(known.intervals.id, changes.dependencies)).joined(intervals)
    return _joined(conn, actor, known.assets, joined.take(np.argsort(joined["id"], kind="stable")), whole)


def _among(ids: Ints, some: Ints) -> Mask:
    """Which of the ids are in `some`, which is in order."""
    if not len(some):
        return np.zeros(len(ids), np.bool_)
    found: Mask = some[np.minimum(np.searchsorted(some, ids), len(some) - 1)] == ids
    return found


def _joined(conn: Connection, actor: Actor, assets: Assets | None, rows: Rows, intervals: Intervals) -> Known:
    """With their ends, which never change their address: only those not known before are read."""
    ends = np.unique(np.concatenate([rows["client"], rows["server"]]))
    missing = ends if assets is None else ends[~assets.has(ends)]
    if assets is None or len(missing):
        found = Assets(*store.assets(conn, actor.tenant, missing)).joined(restricted(missing))
        assets = (found if assets is None else assets.joined(found)).sorted()
    return Known(assets, rows, intervals)
