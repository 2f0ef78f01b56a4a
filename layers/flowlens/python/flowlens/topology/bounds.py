"""Which edges a view shows when it may not show all."""

from __future__ import annotations

import numpy as np

from flowlens.topology.edges import Edges, Ints

_EACH = 2  # edges that every node keeps, as far as the limit reaches


def strongest(edges: Edges, limit: int) -> Ints:
    """Positions of at most `limit` edges, the strongest first.

    The two strongest edges of each node go before all others, so that a quiet corner of the map does not vanish behind
    a loud one; where even those are too many, the strongest of them stay.
    """
    order: Ints = np.lexsort((edges.server, edges.client, -edges.flows, -edges.octets))
    if len(order) <= limit:
        return order
    client, server = edges.client[order], edges.server[order]
    leading = (_rank(client) < _EACH) | (_rank(server) < _EACH)
    kept = np.concatenate([np.flatnonzero(leading), np.flatnonzero(~leading)])[:limit]
    chosen: Ints = order[np.sort(kept)]
    return chosen


def _rank(node: Ints) -> Ints:
    """How many entries before this one name the same node."""
    order = np.argsort(node, kind="stable")
    ordered = node[order]
    fresh = np.r_[True, ordered[1:] != ordered[:-1]]
    positions = np.arange(len(node))
    first = np.maximum.accumulate(np.where(fresh, positions, 0))
    rank = np.empty(len(node), np.int64)
    rank[order] = positions - first
    return rank
