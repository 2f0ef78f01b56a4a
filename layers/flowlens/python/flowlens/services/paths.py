"""The way from one place of the map to another, dependency by dependency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flowlens.access.actor import Actor
from flowlens.flows import ports
from flowlens.services import seeing
from flowlens.services.seeing import Grouped, View
from flowlens.store.connection import Connection, actor_transaction
from flowlens.topology import reach
from flowlens.topology.addresses import text
from flowlens.topology.edges import Assets, Edges
from flowlens.topology.places import Place
from flowlens.topology.reach import BOTH, DOWN, UP, Route
from flowlens.topology.views import in_use


@dataclass(frozen=True, slots=True)
class End:
    """An asset on the way, and the node of the map that it is in."""

    asset_id: int
    address: str
    address_space_id: int
    node: str


@dataclass(frozen=True, slots=True)
class Step:
    """One dependency; `along` says that it is walked from client to server."""

    dependency_id: int
    client: End
    server: End
    along: bool
    protocol: int
    port: int
    service: str | None
    octets: int


@dataclass(frozen=True, slots=True)
class Path:
    """Steps in order, and how many ways are as short."""

    found: bool
    way: str | None
    steps: list[Step]
    ways: int


def between(conn: Connection, actor: Actor, view: View, ends: tuple[Place, Place], *, hops: int) -> Path:
    """What the first depends on is tried first, then what depends on it, then any connection."""
    with actor_transaction(conn, actor) as conn:
        seen = seeing.seen(conn, actor, view)
        passable = (seen.assets.id[seen.edges.client] >= 0) & (seen.assets.id[seen.edges.server] >= 0)
        assets, edges = in_use(seen.assets, seen.edges)
        walked = edges.take(passable)  # what is beyond one's limits stands for many assets: nobody walks through it
        start, end = (seeing.of_place(conn, actor, assets, place) for place in ends)
        group, _ = seeing.grouped(conn, actor, view, seen.assets)
    for way in (UP, DOWN, BOTH):
        found = reach.route(walked, start, end, hops=hops, way=way)
        if found is not None:
            return Path(found=True, way=way, steps=_steps(assets, walked, found, group), ways=found.ways)
    return Path(found=False, way=None, steps=[], ways=0)


def _steps(assets: Assets, edges: Edges, found: Route, group: Grouped) -> list[Step]:
    chosen = edges.take(np.array(found.edges, np.int64))
    used = np.union1d(chosen.client, chosen.server)
    grouping = group(assets)
    ids = grouping.nodes.take(grouping.node[used]).ids()
    ends = {
        at: End(int(assets.id[at]), text(int(assets.high[at]), int(assets.low[at])), int(assets.space[at]), node)
        for at, node in zip(used.tolist(), ids, strict=True)
    }
    columns = (chosen.id, chosen.client, chosen.server, chosen.protocol, chosen.port, chosen.octets)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [
        Step(number, ends[client], ends[server], along, protocol, port, ports.name(port, protocol), octets)
        for (number, client, server, protocol, port, octets), along in zip(rows, found.along, strict=True)
    ]
