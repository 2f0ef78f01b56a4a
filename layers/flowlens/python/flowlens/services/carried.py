"""What dependencies carried in a window, of parts that are kept: a step in time reads what is new in it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from flowlens.store import volumes as store
from flowlens.store.connection import Connection
from flowlens.store.topology import Rows, Span
from flowlens.topology.observers import counted, summed

_KEPT_OCTETS = 96 << 20
_AT_ONCE = 6  # hours
_MANY_ROWS = 1_000_000  # before so many are summed they are not yet put in order
_HOUR, _PART = timedelta(hours=1), timedelta(minutes=15)


@dataclass(slots=True)
class Parts:
    """Of one tenant, those asked for last."""

    found: OrderedDict[Span, Rows] = field(default_factory=OrderedDict)

    def forget(self, hours: frozenset[datetime]) -> None:
        """What lies in hours that changed."""
        for span in [span for span in self.found if any(_within(hour, span) for hour in hours)]:
            del self.found[span]

    def get(self, span: Span) -> Rows | None:
        if span in self.found:
            self.found.move_to_end(span)
        return self.found.get(span)

    def keep(self, span: Span, rows: Rows) -> Rows:
        """And of those asked for before as much as there is room for."""
        self.found[span] = rows
        octets = sum(map(_octets, self.found.values()))
        while octets > _KEPT_OCTETS:
            octets -= _octets(self.found.popitem(last=False)[1])
        return rows


def _within(hour: datetime, span: Span) -> bool:
    return span.end is not None and span.start < hour + _HOUR and hour < span.end


def _octets(rows: Rows) -> int:
    return sum(values.nbytes for values in rows.columns.values())


def read(conn: Connection, tenant: UUID, span: Span, parts: Parts) -> Iterator[Rows]:
    """What each dependency carried, by id, in parts that add up; inside a transaction."""
    if span.volumes == "minutes":
        yield _of_minutes(conn, tenant, span, parts)
    else:
        yield from _of_hours(conn, tenant, span, parts)


def _of_minutes(conn: Connection, tenant: UUID, span: Span, parts: Parts) -> Rows:
    """Who counts is decided of all that was seen of an hour within the window, so what was seen is joined first."""
    seen: list[Rows] = []
    for part in _cut(span, _PART):
        rows = parts.get(part)
        if rows is None:
            rows = parts.keep(part, store.by_minutes(conn, tenant, part.start, _end(part)))
        seen.append(rows)
        if sum(map(len, seen)) > _MANY_ROWS:
            seen = [Rows(summed(_joined(seen).columns))]
    return Rows(counted(_joined(seen).columns))


def _of_hours(conn: Connection, tenant: UUID, span: Span, parts: Parts) -> Iterator[Rows]:
    missing = []
    for hour in _cut(span, _HOUR):
        rows = parts.get(hour)
        if rows is None:
            missing.append(hour)
        else:
            yield rows
    for at in range(0, len(missing), _AT_ONCE):
        some = missing[at : at + _AT_ONCE]
        found = store.by_hours(conn, tenant, [hour.start for hour in some])
        for hour in some:
            rows = found[hour.start]
            if rows is None:
                rows = Rows(counted(store.by_minutes(conn, tenant, hour.start, _end(hour)).columns))
            yield parts.keep(hour, rows)


def _cut(span: Span, size: timedelta) -> Iterator[Span]:
    start, end = span.start, _end(span)
    while start < end:
        yield Span(start, min(start + size, end), span.volumes)
        start += size


def _end(span: Span) -> datetime:
    if span.end is None:
        raise ValueError("a window has an end")
    return span.end


def _joined(rows: Sequence[Rows]) -> Rows:
    return Rows({name: np.concatenate([one[name] for one in rows]) for name in rows[0].columns})
