"""Of many groups those of the fewest assets are folded into one: a map shows no more boxes than a person takes in.

Which these are is decided from all assets there are, not from those of a view: no step in time and no filter moves a
group into its fold or out of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from flowlens.topology.addresses import is_internal
from flowlens.topology.edges import Assets, Ints
from flowlens.topology.grouping import MAX_BOXES, outermost, rooms
from flowlens.topology.nodes import UNUSED, Attribute
from flowlens.topology.places import FOLD, MORE, Place

_NONE = -1  # of an asset that is in no group


def folding(assets: Assets, by: Sequence[Attribute], expanded: Sequence[Place]) -> list[Attribute]:
    """The attributes, and before each that has too many values one of the fold: `more`, or UNUSED outside of it.

    Groups within groups are folded where their group is open.
    """
    grouped = outermost(by, is_internal(assets.high, assets.low)) & (assets.id >= 0)
    parent = np.where(grouped, assets.space, _NONE)
    room: Mapping[int, int] = rooms(assets, ~grouped)
    open_ = max((len(place.path) for place in expanded), default=0)
    found: list[Attribute] = []
    for level, one in enumerate(by):
        if level > open_:
            return [*found, *by[level:]]
        fold, parent = _fold(parent, one, room)
        room = {}
        if fold is not None:
            found.append(Attribute(one.name + FOLD, fold, [MORE]))
        found.append(one)
    return found


def _fold(parent: Ints, one: Attribute, room: Mapping[int, int]) -> tuple[Ints | None, Ints]:
    """0 where an asset's group is folded into the one around it; and the number of each asset's group."""
    rows = np.flatnonzero(parent != _NONE)
    values = len(one.values) + 1
    pairs, of, assets = np.unique(parent[rows] * values + one.value[rows] + 1, return_inverse=True, return_counts=True)
    numbers = np.full(len(parent), _NONE, np.int64)
    numbers[rows] = of
    if len(pairs) <= min(room.values(), default=MAX_BOXES):
        return None, numbers
    around = pairs // values
    order = np.lexsort((pairs, -assets, around))  # of groups of one size the first by value stays
    owners, first, groups = np.unique(around[order], return_index=True, return_counts=True)
    most = np.array([room.get(owner, MAX_BOXES) for owner in owners.tolist()], np.int64)
    rank = np.empty(len(pairs), np.int64)
    rank[order] = np.arange(len(pairs)) - np.repeat(first, groups)
    at = np.searchsorted(owners, around)
    folded = (groups[at] > most[at]) & (rank >= most[at] - 1)
    if not folded.any():
        return None, numbers
    fold = np.full(len(parent), UNUSED, np.int64)
    fold[rows] = np.where(folded[of], 0, UNUSED)
    return fold, numbers
