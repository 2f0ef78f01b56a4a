"""Which node each asset belongs to: itself, its network, a group of one value, or the Internet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from flowlens.topology.addresses import is_internal, is_v4, masks, within
from flowlens.topology.edges import Assets, Halves, Ints, Mask
from flowlens.topology.nodes import NOTHING, UNUSED, Attribute, Kind, Nodes
from flowlens.topology.places import Place, is_fold

MAX_BOXES = 50  # what a person can still take in; address spaces share them
_LEAST = 4  # of each address space, however many there are
# Prefix lengths tried from fine to coarse: of IPv4 (mapped into IPv6) and of IPv6, coarsened together.
_LEVELS = ((96 + 24, 64), (96 + 20, 56), (96 + 16, 48), (96 + 12, 48), (96 + 8, 32), (96 + 8, 16), (96 + 8, 7))
_WHOLE = 128


@dataclass(frozen=True, slots=True)
class Grouping:
    """`node` is the position in `nodes` of each asset."""

    node: Ints
    nodes: Nodes


def restricted(ids: Ints) -> Assets:
    """What stands for the ends beyond somebody's limits: a negative id is that of an address space."""
    beyond = ids[ids < 0]
    nowhere = np.zeros(len(beyond), np.uint64)
    return Assets(beyond, -beyond, nowhere, nowhere)


def rooms(assets: Assets, outside: Mask) -> dict[int, int]:
    """How many boxes each address space may have, beside the one Internet and what is beyond somebody's limits."""
    spaces = np.unique(assets.space)
    each = max(MAX_BOXES // max(len(spaces), 1), _LEAST)
    found = {}
    for space in spaces.tolist():
        here = assets.space == space
        beyond = assets.id < 0
        found[space] = max(each - bool((here & outside & ~beyond).any()) - bool((here & beyond).any()), 1)
    return found


def hosts(assets: Assets) -> Grouping:
    """Every asset for itself."""
    count = len(assets)
    prefix = np.full(count, _WHOLE, np.int64)
    internal = is_internal(assets.high, assets.low)
    return _collect(assets, np.zeros(count, np.int64), prefix, internal)


def networks(assets: Assets, expanded: Sequence[Place] = (), outside: Sequence[Attribute] = ()) -> Grouping:
    """Internal assets by network, the others as the Internet of their address space; `expanded` places as their hosts.

    The Internet opens into groups by the attributes `outside`, one in another, and those into its hosts.

    The networks are those of the longest prefix that needs no more boxes than an address space may have. It is chosen
    as if nothing were expanded, so that opening one box moves no other.
    """
    internal = is_internal(assets.high, assets.low)
    kind = np.where(internal, int(Kind.NETWORK), int(Kind.INTERNET))
    prefix = np.zeros(len(assets), np.int64)
    for space, room in rooms(assets, ~internal).items():
        there = np.flatnonzero(internal & (assets.space == space))
        prefix[there] = _prefixes(assets.take(there), room)
    open_ = _inside(assets, internal, [place for place in expanded if place.network is not None])
    kind[open_], prefix[open_] = int(Kind.HOST), _WHOLE
    path = _fold(assets, kind, prefix, expanded, outside)
    return _collect(assets, kind, prefix, internal, path, tuple(outside), len(outside))


def values(
    assets: Assets, by: Sequence[Attribute], expanded: Sequence[Place] = (), outside: Sequence[Attribute] = ()
) -> Grouping:
    """Assets that have the same of an attribute, in one address space; external ones that have none as the Internet.

    An opened group shows the groups in it by the next attribute, or its assets where there is none. The Internet opens
    into groups by the attributes `outside`.
    """
    internal = is_internal(assets.high, assets.low)
    kind = np.where(outermost(by, internal), int(Kind.GROUP), int(Kind.INTERNET))
    prefix = np.zeros(len(assets), np.int64)
    depth = _depth(assets, kind == Kind.GROUP, expanded, by)
    open_ = (depth > len(by)) | _inside(assets, internal, [place for place in expanded if place.network is not None])
    kind[open_], prefix[open_] = int(Kind.HOST), _WHOLE
    folded = _fold(assets, kind, prefix, expanded, outside)
    path = np.concatenate([_path(depth, by), folded], axis=1)
    found = _collect(assets, kind, prefix, internal, path, (*by, *outside), len(outside))
    return Grouping(found.node, replace(found.nodes, more=_more(found, path, by)))


def outermost(by: Sequence[Attribute], internal: Mask) -> Mask:
    """Which assets lie in a group: external ones that have none of the first attribute are the Internet's."""
    first = next(one for one in by if not is_fold(one.name))
    grouped: Mask = (first.value != NOTHING) | internal
    return grouped


def _more(found: Grouping, path: Ints, by: Sequence[Attribute]) -> Ints:
    """How many groups are folded into each node."""
    more = np.zeros(len(found.nodes), np.int64)
    for level, one in enumerate(by):
        if is_fold(one.name):
            here = np.flatnonzero((path[:, level] == 0) & (path[:, level + 1] == UNUSED))
            value = by[level + 1].value[here]
            nodes = np.unique(found.node[here] * (len(by[level + 1].values) + 1) + value + 1)
            more += np.bincount(nodes // (len(by[level + 1].values) + 1), minlength=len(more))
    return more


def _depth(assets: Assets, grouped: Mask, expanded: Sequence[Place], by: Sequence[Attribute]) -> Ints:
    """In how many groups each asset lies that is in one; one more than there are attributes is a host."""
    depth = np.where(grouped, 1, 0)
    for level, one in enumerate(by, start=1):
        for place in expanded:
            if place.attribute == one.name:
                depth[(depth == level) & of_group(assets, place, by)] += 1
        depth[(depth == level) & (one.value == UNUSED)] += 1  # it is in no fold
    return depth


def _path(depth: Ints, by: Sequence[Attribute]) -> Ints:
    columns = [np.where(depth > level, one.value, UNUSED) for level, one in enumerate(by)]
    return np.stack(columns, axis=1) if columns else np.zeros((len(depth), 0), np.int64)


def _fold(assets: Assets, kind: Ints, prefix: Ints, expanded: Sequence[Place], outside: Sequence[Attribute]) -> Ints:
    """Opens the Internet: changes what its assets are, and gives the groups that they lie in."""
    opened = np.zeros(len(assets), np.bool_)
    for place in expanded:
        if place.network is None and place.attribute is None:
            opened |= (kind == Kind.INTERNET) & (True if place.space is None else assets.space == place.space)
    depth = _depth(assets, opened, expanded, outside)
    kind[opened] = int(Kind.GROUP)
    hosts_ = depth > len(outside)
    kind[hosts_], prefix[hosts_] = int(Kind.HOST), _WHOLE
    return _path(depth, outside)


def of_group(assets: Assets, place: Place, by: Sequence[Attribute]) -> Mask:
    """The assets of a group, whose path begins with the first attribute; folds around it are not in its path."""
    here = np.ones(len(assets), np.bool_) if place.space is None else assets.space == place.space
    named = [one for one in by if one.name == place.attribute or not is_fold(one.name)]
    for (attribute, value), one in zip(place.path, named, strict=False):
        if attribute != one.name or value not in ("", *one.values):
            return np.zeros(len(assets), np.bool_)
        here = here & (one.value == (one.values.index(value) if value else NOTHING))
    return here


def _prefixes(assets: Assets, room: int) -> Ints:
    """The prefix length of each asset's network, at the finest level that needs at most so many boxes."""
    v4 = is_v4(assets.high, assets.low)
    order = np.lexsort((assets.low, assets.high))  # in which the addresses of a network are neighbours
    lengths = np.zeros(len(assets), np.int64)
    for of_v4, of_v6 in _LEVELS:
        lengths = np.where(v4, of_v4, of_v6)
        high, low = _mask(assets.high[order], assets.low[order], lengths[order])
        if np.count_nonzero((high[1:] != high[:-1]) | (low[1:] != low[:-1])) < room:
            break
    return lengths


def _mask(high: Halves, low: Halves, lengths: Ints) -> tuple[Halves, Halves]:
    highs, lows = np.zeros_like(high), np.zeros_like(low)
    for length in np.unique(lengths):
        rows = lengths == length
        mask_high, mask_low = masks(int(length))
        highs[rows], lows[rows] = high[rows] & mask_high, low[rows] & mask_low
    return highs, lows


def _inside(assets: Assets, internal: Mask, places: Sequence[Place]) -> Mask:
    inside = np.zeros(len(assets), np.bool_)
    for place in places:
        inside |= _in_place(assets, internal, place)
    return inside


def within_place(assets: Assets, place: Place) -> Mask:
    """Which assets lie in a network or are the Internet's."""
    return _in_place(assets, is_internal(assets.high, assets.low), place)


def _in_place(assets: Assets, internal: Mask, place: Place) -> Mask:
    here: Mask = ~internal if place.network is None else within(assets.high, assets.low, place.network)
    return here if place.space is None else here & (assets.space == place.space)


def _collect(
    assets: Assets,
    kind: Ints,
    prefix: Ints,
    internal: Mask,
    path: Ints | None = None,
    by: tuple[Attribute, ...] = (),
    folded: int = 0,
) -> Grouping:
    """Assets of the same kind, space, values and network are one node; nodes are in the order of these."""
    kind = np.where(assets.id < 0, int(Kind.RESTRICTED), kind)
    high, low = _mask(assets.high, assets.low, prefix)
    path = np.zeros((len(assets), 0), np.int64) if path is None else path
    path = np.where((kind == Kind.RESTRICTED)[:, np.newaxis], UNUSED, path)
    levels = [path[:, level] for level in range(path.shape[1])]
    order = np.lexsort((low, high, prefix, *reversed(levels), kind, assets.space))
    keys = [column[order] for column in (assets.space, kind, *levels, prefix, high, low)]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    at = np.flatnonzero(fresh)
    node = np.empty(len(order), np.int64)
    node[order] = np.cumsum(fresh) - 1
    first = order[at]
    nodes = Nodes(
        kind[first],
        assets.space[first],
        high[first],
        low[first],
        prefix[first],
        np.bincount(node, minlength=len(at)).astype(np.int64),
        assets.id[first],
        internal[first],
        np.zeros(len(first), np.int64),
        path[first],
        by,
        folded,
    )
    return Grouping(node, nodes)
