"""What a table of a log says besides flows: one sighting for rows that say the same of the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from ipaddress import IPv6Address

import numpy as np

from flowlens.flows import direction
from flowlens.flows.columns import Columns, Values
from flowlens.flows.grouping import group
from flowlens.flows.reading.octets import Mask
from flowlens.flows.sightings import LONGEST, Kind, Sighting, Subject

_MOST = 2_000  # of one kind in one part of a log
Said = Callable[[int], str]  # what a row says


@lru_cache(maxsize=1 << 14)  # the same interfaces and gateways stand in every part of a log
def address(high: int, low: int) -> str:
    """As text, of the halves that columns hold."""
    found = IPv6Address(high << 64 | low)
    return str(found.ipv4_mapped or found)


class Notes:
    """Of some flows with their exporters; `rows` always are those that say something."""

    def __init__(self, flows: Columns, exporters: list[str]) -> None:
        self._flows = flows
        self._exporters = exporters
        self._forward: Mask | None = None

    def of_addresses(
        self, kind: Kind, rows: Mask, ends: tuple[Values, Values], marks: list[Values], said: Said
    ) -> Iterator[Sighting]:
        """`ends` are the halves of each row's address, `marks` numbers that are equal where rows say the same."""
        at = np.flatnonzero(rows)
        if not len(at):
            return
        high, low = ends[0][at], ends[1][at]
        groups = group([self._flows["exporter"][at], high, low, *(mark[at] for mark in marks)])
        firsts, lasts = self._times(at, groups.order, groups.starts)
        for number, row in enumerate(groups.first[:_MOST]):
            where = address(int(high[row]), int(low[row]))
            subject = Subject(self._exporter(int(at[row])), where)
            yield from _sighting(subject, kind, said(int(at[row])), int(firsts[number]), int(lasts[number]))

    def of_edges(self, kind: Kind, rows: Mask, marks: list[Values], said: Said) -> Iterator[Sighting]:
        """The same of edges, from client to server."""
        at = np.flatnonzero(rows)
        if not len(at):
            return
        some = self._flows.take(at)
        ahead = self._ahead()[at]
        ends = {
            name: (
                np.where(ahead, some[f"src_{name}"], some[f"dst_{name}"]),
                np.where(ahead, some[f"dst_{name}"], some[f"src_{name}"]),
            )
            for name in ("high", "low", "port")
        }
        port = np.where(direction.WITH_PORTS[some["protocol"]], ends["port"][1], 0)
        keys = [some["exporter"], some["protocol"], port, *ends["high"], *ends["low"], *(mark[at] for mark in marks)]
        groups = group(keys)
        firsts, lasts = self._times(at, groups.order, groups.starts)
        for number, row in enumerate(groups.first[:_MOST]):
            client, server = (address(int(ends["high"][end][row]), int(ends["low"][end][row])) for end in (0, 1))
            subject = Subject(self._exporter(int(at[row])), client, server, int(some["protocol"][row]), int(port[row]))
            yield from _sighting(subject, kind, said(int(at[row])), int(firsts[number]), int(lasts[number]))

    def by_exporter(self, rows: Mask, side: Mask) -> Iterator[tuple[int, int, int]]:
        """One row of each exporter and side, and between when they all were."""
        at = np.flatnonzero(rows)
        keys = self._flows["exporter"][at].astype(np.intp) * 2 + side[at]
        one = np.full(int(keys.max()) + 1, -1, np.intp)
        one[keys[::-1]] = at[::-1]
        first, last = np.full(len(one), np.iinfo(np.int64).max), np.zeros(len(one), np.int64)
        np.minimum.at(first, keys, self._flows["start"][at])
        np.maximum.at(last, keys, self._flows["end"][at])
        for key in np.flatnonzero(one >= 0):
            yield int(one[key]), int(first[key]), int(last[key])

    def of_address(self, kind: Kind, row: int, where: str, said: str, times: tuple[int, int]) -> Iterator[Sighting]:
        """What one row says of an address."""
        yield from _sighting(Subject(self._exporter(row), where), kind, said, *times)

    def _ahead(self) -> Mask:
        """Whether each row goes from client to server; decided once, as the aggregate will."""
        if self._forward is None:
            self._forward = direction.decide(self._flows).forward
        return self._forward

    def _times(self, at: Values, order: Values, starts: Values) -> tuple[Values, Values]:
        start, end = (self._flows[name][at][order] for name in ("start", "end"))
        return np.minimum.reduceat(start, starts), np.maximum.reduceat(end, starts)

    def _exporter(self, row: int) -> str:
        return self._exporters[int(self._flows["exporter"][row])]


def _sighting(subject: Subject, kind: Kind, value: str, first: int, last: int) -> Iterator[Sighting]:
    if value not in ("", "-") and first >= 0:
        yield Sighting(subject, kind, value[:LONGEST], first, last)
