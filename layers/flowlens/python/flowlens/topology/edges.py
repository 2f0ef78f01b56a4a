"""What a topology is made of, as columns."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Halves = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Times = NDArray[np.datetime64]

EVIDENCE: tuple[str, ...] = ("", "initiator", "flags", "service", "port_order")  # by rung
SEVERAL = -1  # stands for a value that differs within an edge
_LARGEST = np.iinfo(np.int64).max
_FEW_PAIRS = 1 << 20
_HALF, _LOW = 32, (1 << 32) - 1
_MOST_EXACT = 1 << 20  # edges of which the sums of 32-bit halves are exact as float64


@dataclass(frozen=True, slots=True)
class Assets:
    """Assets in the order of their ids. An IPv4 address is ::ffff:a.b.c.d."""

    id: Ints
    space: Ints
    high: Halves
    low: Halves

    def __len__(self) -> int:
        return len(self.id)

    def take(self, rows: Ints | Mask) -> Assets:
        return Assets(self.id[rows], self.space[rows], self.high[rows], self.low[rows])

    def has(self, ids: Ints) -> Mask:
        """Which of the ids are among these."""
        if not len(self):
            return np.zeros(len(ids), np.bool_)
        at = np.minimum(np.searchsorted(self.id, ids), len(self) - 1)
        there: Mask = self.id[at] == ids
        return there

    def joined(self, other: Assets) -> Assets:
        return Assets(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__))

    def sorted(self) -> Assets:
        return self.take(np.argsort(self.id))


@dataclass(frozen=True, slots=True)
class Edges:
    """Dependencies, or what was merged of them; `client` and `server` are positions in a list of ends."""

    id: Ints
    client: Ints
    server: Ints
    dependencies: Ints
    protocol: Ints
    port: Ints
    evidence: Ints
    octets: Ints
    packets: Ints
    flows: Ints
    first_seen: Times
    last_seen: Times

    def __len__(self) -> int:
        return len(self.id)

    def take(self, rows: Ints | Mask) -> Edges:
        at = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return Edges(*(getattr(self, name).take(at) for name in self.__slots__))

    def carrying(self, octets: Ints, packets: Ints, flows: Ints) -> Edges:
        """The same edges with other volumes."""
        return replace(self, octets=octets, packets=packets, flows=flows)


def nothing() -> Edges:
    """No edges at all."""
    none, never = np.zeros(0, np.int64), np.zeros(0, "datetime64[us]")
    return Edges(none, none, none, none, none, none, none, none, none, none, never, never)


def merge(edges: Edges, node: Ints) -> Edges:
    """One edge per pair of nodes, where `node` has the node of each end; SEVERAL stands for what differs."""
    if not len(edges):
        return edges
    nodes = int(node.max()) + 1
    pairs, code = _numbered(node.take(edges.client) * nodes + node.take(edges.server), nodes * nodes)
    client, server = np.divmod(pairs, nodes)
    merging = _Merging(code, len(pairs))
    count = merging.total(edges.dependencies)
    return Edges(
        np.where(count == 1, merging.most(edges.id), SEVERAL),
        client,
        server,
        count,
        merging.same(edges.protocol),
        merging.same(edges.port),
        merging.least(edges.evidence),
        merging.total(edges.octets),
        merging.total(edges.packets),
        merging.total(edges.flows),
        merging.least(edges.first_seen.view(np.int64)).view("datetime64[us]"),
        merging.most(edges.last_seen.view(np.int64)).view("datetime64[us]"),
    )


def _numbered(pair: Ints, possible: int) -> tuple[Ints, Ints]:
    """The different pairs in order, and for each edge which of them it is."""
    if possible <= _FEW_PAIRS:  # counted instead of sorted
        pairs = np.flatnonzero(np.bincount(pair, minlength=possible))
        number = np.zeros(possible, np.int64)
        number[pairs] = np.arange(len(pairs))
        return pairs, number.take(pair)
    order = np.argsort(pair)
    ordered = pair.take(order)
    fresh = np.r_[True, ordered[1:] != ordered[:-1]]
    code = np.empty(len(pair), np.int64)
    code[order] = np.cumsum(fresh) - 1
    return ordered[fresh], code


@dataclass(frozen=True, slots=True)
class _Merging:
    """What the values of each pair's edges come to, without bringing them side by side: `code` has each edge's pair."""

    code: Ints
    pairs: int

    def total(self, values: Ints) -> Ints:
        """Exact, and the largest number there is where the sum would be larger. Of values that are not negative."""
        if len(values) > _MOST_EXACT:
            return self._added(values)
        # Sums of 32-bit halves stay below 2^53, where float64 is exact.
        low = np.bincount(self.code, values & _LOW, self.pairs).astype(np.int64)
        high = np.bincount(self.code, values >> _HALF, self.pairs).astype(np.int64) + (low >> _HALF)
        return np.where(high >> (_HALF - 1), _LARGEST, (high << _HALF) + (low & _LOW))

    def _added(self, values: Ints) -> Ints:
        exact = np.zeros(self.pairs, np.int64)
        np.add.at(exact, self.code, values)
        most = np.bincount(self.code, values.astype(np.float64), self.pairs) > _LARGEST
        return np.where(most, _LARGEST, exact)

    def least(self, values: Ints) -> Ints:
        found = np.full(self.pairs, _LARGEST, np.int64)
        np.minimum.at(found, self.code, values)
        return found

    def most(self, values: Ints) -> Ints:
        found = np.full(self.pairs, -_LARGEST, np.int64)
        np.maximum.at(found, self.code, values)
        return found

    def same(self, values: Ints) -> Ints:
        low = self.least(values)
        return np.where(low == self.most(values), low, SEVERAL)


def total(values: Ints) -> int:
    """Exact, and the largest number there is where the sum would be larger."""
    exact, about = int(np.add.reduce(values)), float(np.add.reduce(values.astype(np.float64)))
    return int(_LARGEST) if about > _LARGEST else exact
