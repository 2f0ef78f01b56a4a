"""What a topology is made of, as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Halves = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Times = NDArray[np.datetime64]

EVIDENCE: tuple[str, ...] = ("", "initiator", "flags", "service", "port_order")  # by rung
SEVERAL = -1  # stands for a value that differs within an edge
_LARGEST = np.iinfo(np.int64).max


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
        return Edges(*(getattr(self, name)[rows] for name in self.__slots__))


def merge(edges: Edges, node: Ints) -> Edges:
    """One edge per pair of nodes, where `node` has the node of each end; SEVERAL stands for what differs."""
    if not len(edges):
        return edges
    pair = node[edges.client] * (node.max() + 1) + node[edges.server]
    order = np.argsort(pair)
    pair, sorted_ = pair[order], edges.take(order)
    client, server = np.divmod(pair, node.max() + 1)
    fresh = np.r_[True, pair[1:] != pair[:-1]]
    at = np.flatnonzero(fresh)
    count = np.add.reduceat(sorted_.dependencies, at)
    return Edges(
        np.where(count == 1, sorted_.id[at], SEVERAL),
        client[at],
        server[at],
        count,
        _same(sorted_.protocol, at),
        _same(sorted_.port, at),
        np.minimum.reduceat(sorted_.evidence, at),
        _sum(sorted_.octets, at),
        _sum(sorted_.packets, at),
        _sum(sorted_.flows, at),
        np.minimum.reduceat(sorted_.first_seen, at),
        np.maximum.reduceat(sorted_.last_seen, at),
    )


def _same(values: Ints, at: Ints) -> Ints:
    low, high = np.minimum.reduceat(values, at), np.maximum.reduceat(values, at)
    return np.where(low == high, low, SEVERAL)


def _sum(values: Ints, at: Ints) -> Ints:
    """Exact, and the largest number there is where the sum would be larger."""
    exact = np.add.reduceat(values, at)
    return np.where(np.add.reduceat(values.astype(np.float64), at) > _LARGEST, _LARGEST, exact)


def total(values: Ints) -> int:
    """As `_sum`, over all."""
    return int(_sum(values, np.zeros(1, np.int64))[0]) if len(values) else 0
