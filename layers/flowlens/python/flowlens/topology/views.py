"""A view: edges between nodes, bounded, with an exact count of what was left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from flowlens.topology.bounds import strongest
from flowlens.topology.edges import Assets, Edges, merge, total
from flowlens.topology.grouping import Grouping
from flowlens.topology.nodes import Nodes


@dataclass(frozen=True, slots=True)
class Count:
    """How much there is of each."""

    nodes: int
    edges: int
    assets: int
    dependencies: int
    octets: int
    packets: int
    flows: int

    def minus(self, other: Count) -> Count:
        return Count(*(getattr(self, name) - getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a view shows, and how much there was."""

    nodes: Nodes
    edges: Edges
    totals: Count
    left_out: Count


def show(assets: Assets, edges: Edges, group: Callable[[Assets], Grouping], *, limit: int) -> Shown:
    """Dependencies between assets as edges between nodes; nodes without an edge are not shown."""
    assets, edges = in_use(assets, edges)
    grouping = group(assets)
    merged = merge(edges, grouping.node)
    kept = merged.take(strongest(merged, limit))
    used, ends = np.unique(np.concatenate([kept.client, kept.server]), return_inverse=True)
    nodes = grouping.nodes.take(used)
    client, server = ends[: len(kept)], ends[len(kept) :]
    shown = Edges(kept.id, client, server, *(getattr(kept, name) for name in Edges.__slots__[3:]))
    totals = _count(grouping.nodes, merged)
    return Shown(nodes, shown, totals, totals.minus(_count(nodes, shown)))


def in_use(assets: Assets, edges: Edges) -> tuple[Assets, Edges]:
    """The assets that edges end at, and the edges with the new positions of their ends."""
    used = np.zeros(len(assets), np.bool_)
    used[edges.client] = used[edges.server] = True
    position = np.cumsum(used) - 1
    rest = (getattr(edges, name) for name in Edges.__slots__[3:])
    return assets.take(used), Edges(edges.id, position[edges.client], position[edges.server], *rest)


def _count(nodes: Nodes, edges: Edges) -> Count:
    return Count(
        len(nodes),
        len(edges),
        total(nodes.assets),
        total(edges.dependencies),
        total(edges.octets),
        total(edges.packets),
        total(edges.flows),
    )
