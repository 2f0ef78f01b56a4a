"""Two times of the map side by side: what came, what went, what carries another amount, what moved to another group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flowlens.access.actor import Actor
from flowlens.assets.attributes import check_name
from flowlens.flows import ports
from flowlens.services import classifying, seeing
from flowlens.services.seeing import NETWORK, NONE, View
from flowlens.store.connection import Connection, actor_transaction
from flowlens.topology.addresses import text
from flowlens.topology.edges import Assets, Edges, Ints
from flowlens.topology.nodes import NOTHING

FACTOR = 2  # what carries at least so many times as much, or as little, has changed
LEAST = 10_000  # octets: less is noise


@dataclass(frozen=True, slots=True)
class Difference:
    """A dependency that is in one of both, or carries another amount."""

    id: int
    client: str
    server: str
    address_space_id: int
    protocol: int
    port: int
    service: str | None
    octets_before: int
    octets: int


@dataclass(frozen=True, slots=True)
class Moved:
    """An asset that is in another group than it was."""

    asset_id: int
    address: str
    address_space_id: int
    attribute: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The strongest of each, and how many there are."""

    added: list[Difference]
    removed: list[Difference]
    changed: list[Difference]
    moved: list[Moved]
    counts: dict[str, int]


def compare(conn: Connection, actor: Actor, before: View, after: View, *, limit: int) -> Comparison:
    """At most `limit` of each. Only windows tell amounts; both are classified by the rules of their own time."""
    with actor_transaction(conn, actor) as conn:
        first, second = (seeing.seen(conn, actor, view) for view in (before, after))
        assets = _both(first.assets, second.assets)
        old, new = (_aligned(one.edges, one.assets, assets) for one in (first, second))
        moved = _moved(conn, actor, before, after, (assets, np.union1d(_ends(old), _ends(new))))
    was, here = _rows(old.id, new.id), _rows(new.id, old.id)
    added, removed = np.flatnonzero(here < 0), np.flatnonzero(was < 0)
    both = np.flatnonzero(here >= 0)
    amounts = np.maximum(old.octets[here[both]], 1), np.maximum(new.octets[both], 1)
    large = np.maximum(*amounts) >= LEAST
    ratio = amounts[0] / amounts[1]
    apart = (ratio >= FACTOR) | (ratio <= 1 / FACTOR)
    changed = both[large & apart] if after.at is None and after.start is not None else both[:0]
    return Comparison(
        _listed(new, assets, added, np.zeros(len(added), np.int64), limit),
        [_turned(one) for one in _listed(old, assets, removed, np.zeros(len(removed), np.int64), limit)],
        _listed(new, assets, changed, old.octets[here[changed]], limit),
        moved[:limit],
        {"added": len(added), "removed": len(removed), "changed": len(changed), "moved": len(moved)},
    )


def _both(one: Assets, other: Assets) -> Assets:
    """Every asset of either, once."""
    together = one.joined(other)
    return together.take(np.unique(together.id, return_index=True)[1])


def _aligned(edges: Edges, own: Assets, other: Assets) -> Edges:
    """The same edges, with ends as positions in a list of assets that holds all of their own."""
    at = np.searchsorted(other.id, own.id)
    rest = (getattr(edges, name) for name in Edges.__slots__[3:])
    return Edges(edges.id, at[edges.client], at[edges.server], *rest)


def _ends(edges: Edges) -> Ints:
    return np.union1d(edges.client, edges.server)


def _rows(ids: Ints, others: Ints) -> Ints:
    """Where each id stands among the others; -1 where it does not."""
    if not len(others):
        return np.full(len(ids), -1, np.int64)
    order = np.argsort(others)
    at = np.minimum(np.searchsorted(others, ids, sorter=order), len(others) - 1)
    return np.where(others[order[at]] == ids, order[at], -1)


def _listed(edges: Edges, assets: Assets, rows: Ints, before: Ints, limit: int) -> list[Difference]:
    """The strongest first."""
    order = np.argsort(-np.maximum(edges.octets[rows], before), kind="stable")[:limit]
    found = []
    for at, was in zip(rows[order].tolist(), before[order].tolist(), strict=True):
        client, server = int(edges.client[at]), int(edges.server[at])
        protocol, port = int(edges.protocol[at]), int(edges.port[at])
        ends = _address(assets, client), _address(assets, server), int(assets.space[client])
        service = ports.name(port, protocol)
        found.append(Difference(int(edges.id[at]), *ends, protocol, port, service, was, int(edges.octets[at])))
    return found


def _turned(one: Difference) -> Difference:
    """What is gone carried it before."""
    kept = (one.id, one.client, one.server, one.address_space_id, one.protocol, one.port, one.service)
    return Difference(*kept, one.octets, 0)


def _address(assets: Assets, at: int) -> str:
    return "restricted" if assets.id[at] < 0 else text(int(assets.high[at]), int(assets.low[at]))


def _moved(conn: Connection, actor: Actor, before: View, after: View, seen: tuple[Assets, Ints]) -> list[Moved]:
    if after.group in (NETWORK, NONE):
        return []
    assets = seen[0].take(seen[1])
    assets = assets.take(assets.id >= 0)  # what is beyond one's limits has no group
    rules = [classifying.load(conn, actor, at=view.rules_at()) for view in (before, after)]
    found = []
    for name in map(check_name, after.group.split(",")):
        was, now = (said.attribute(name, assets) for said in rules)
        places = {value: position for position, value in enumerate(now.values)}
        moved_codes = np.array([*(places.get(value, len(places) + i) for i, value in enumerate(was.values)), NOTHING])
        for row in np.flatnonzero(moved_codes[was.value] != now.value).tolist():
            values = (None if by.value[row] == NOTHING else by.values[by.value[row]] for by in (was, now))
            about = int(assets.id[row]), _address(assets, row), int(assets.space[row])
            found.append(Moved(*about, name, *values))
    return found
