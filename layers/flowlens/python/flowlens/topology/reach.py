"""How far it is from one asset to another along dependencies, over whole columns: no Python per edge.

Upstream is what an asset depends on: from client to server. Downstream is what depends on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from flowlens.topology.edges import Edges, Ints, Mask

FAR = np.iinfo(np.int64).max  # of what cannot be reached
UP, DOWN, BOTH = "up", "down", "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """At most so many hops along a way. What is `closed` can be seen but not passed: it stands for many assets."""

    hops: int
    way: str
    closed: Mask | None = None


def distances(edges: Edges, start: Mask, walk: Walk, among: Mask | None = None) -> Ints:
    """How many hops each asset is from the nearest of `start`; FAR beyond, and for what is closed.

    Only along the edges that are `among` them.
    """
    found = np.where(start, 0, FAR)
    front = start
    for hop in range(1, walk.hops + 1):
        reached = np.zeros(len(start), np.bool_)
        if walk.way != DOWN:
            reached[edges.server[_walked(front[edges.client], among)]] = True
        if walk.way != UP:
            reached[edges.client[_walked(front[edges.server], among)]] = True
        if walk.closed is not None:
            reached &= ~walk.closed
        front = reached & (found == FAR)
        if not front.any():
            break
        found[front] = hop
    return found


def around(edges: Edges, start: Mask, walk: Walk, among: Mask | None = None) -> Mask:
    """The edges that are walked in at most so many hops from `start`."""
    near = distances(edges, start, replace(walk, hops=walk.hops - 1), among) < FAR
    kept = np.zeros(len(edges), np.bool_)
    if walk.way != DOWN:
        kept |= near[edges.client]
    if walk.way != UP:
        kept |= near[edges.server]
    return _walked(kept, among)


def _walked(edges: Mask, among: Mask | None) -> Mask:
    return edges if among is None else edges & among


@dataclass(frozen=True, slots=True)
class Route:
    """A shortest way: positions of its edges in order, whether it runs along them, and how many ways are as short."""

    edges: list[int]
    along: list[bool]  # from client to server
    ways: int


def route(edges: Edges, start: Mask, end: Mask, *, hops: int, way: str) -> Route | None:
    """The shortest way from one set of assets to another in at most so many hops, by the strongest edges."""
    to = distances(edges, end, Walk(hops=hops, way={UP: DOWN, DOWN: UP, BOTH: BOTH}[way]))
    begin = np.flatnonzero(start & (to < FAR))
    if not len(begin):
        return None
    length = int(to[begin].min())
    here = np.zeros(len(start), np.bool_)
    here[begin[to[begin] == length]] = True
    steps = list(_steps(edges, here, to, length, way))
    if not steps:
        return Route([], [], 1)
    return _strongest(edges, steps, _count(edges, here, steps))


@dataclass(frozen=True, slots=True)
class _Step:
    """The edges of one hop of any shortest way, and whether each is walked from client to server."""

    edge: Ints
    along: Mask


def _steps(edges: Edges, here: Mask, to: Ints, length: int, way: str) -> Iterator[_Step]:
    for left in range(length - 1, -1, -1):
        nearer = to == left
        along = here[edges.client] & nearer[edges.server] & (way != DOWN)
        against = here[edges.server] & nearer[edges.client] & (way != UP)
        rows = np.flatnonzero(along | against)
        yield _Step(rows, along[rows])
        here = np.zeros(len(here), np.bool_)
        here[edges.server[along]] = True
        here[edges.client[against]] = True


def _ends(edges: Edges, step: _Step) -> tuple[Ints, Ints]:
    """From where to where each edge is walked."""
    client, server = edges.client[step.edge], edges.server[step.edge]
    return np.where(step.along, client, server), np.where(step.along, server, client)


def _count(edges: Edges, here: Mask, steps: list[_Step]) -> int:
    """How many shortest ways there are, as far as a float counts."""
    ways: NDArray[np.float64] = here.astype(np.float64)
    for step in steps:
        source, target = _ends(edges, step)
        ways = np.bincount(target, ways[source], minlength=len(here)).astype(np.float64)
    return int(min(ways.sum(), 1e15))


def _strongest(edges: Edges, steps: list[_Step], ways: int) -> Route:
    """Backwards from the last hop: at each the edge with most octets among those that lead on."""
    chosen: list[int] = []
    along: list[bool] = []
    target: int | None = None
    for step in reversed(steps):
        sources, targets = _ends(edges, step)
        rows = np.flatnonzero(targets == target) if target is not None else np.arange(len(step.edge))
        best = rows[np.argmax(edges.octets[step.edge[rows]])]
        chosen.append(int(step.edge[best]))
        along.append(bool(step.along[best]))
        target = int(sources[best])
    return Route(chosen[::-1], along[::-1], ways)
