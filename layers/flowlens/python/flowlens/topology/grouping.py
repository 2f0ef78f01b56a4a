"""Which node each asset belongs to: itself, its network, a group of one value, or the Internet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from flowlens.topology.addresses import is_internal, is_v4, masks, text, within
from flowlens.topology.edges import Assets, Halves, Ints, Mask
from flowlens.topology.places import INTERNET, Place, group, name

MAX_BOXES = 50  # per address space: what a person can still take in
# Prefix lengths tried from fine to coarse: of IPv4 (mapped into IPv6) and of IPv6, coarsened together.
_LEVELS = ((96 + 24, 64), (96 + 20, 56), (96 + 16, 48), (96 + 12, 48), (96 + 8, 32))
_WHOLE = 128
NOTHING = -1
UNUSED = -2  # of a level that a node is not as deep as


class Kind(IntEnum):
    """What a node is."""

    HOST = 0
    NETWORK = 1
    INTERNET = 2
    GROUP = 3
    RESTRICTED = 4  # whatever of an address space is beyond the limits of who asks


@dataclass(frozen=True, slots=True)
class Attribute:
    """What each asset has of an attribute: a position in `values`, or NOTHING."""

    name: str
    value: Ints
    values: list[str]


@dataclass(frozen=True, slots=True)
class Nodes:
    """One entry per node: its first address and prefix length, how many assets are inside, and one of them.

    `value` is a position in the values of what was grouped by. Where groups lie in groups, `path` has the values of
    those around a node by level, UNUSED beyond the last one, and `by` the attributes.
    """

    kind: Ints
    space: Ints
    high: Halves
    low: Halves
    prefix: Ints
    assets: Ints
    asset_id: Ints
    internal: Mask
    path: Ints
    by: tuple[Attribute, ...] = ()
    folded: int = 0  # so many attributes at the end are those that the opened Internet is folded by

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, rows: Ints) -> Nodes:
        return replace(
            self, **{name: getattr(self, name)[rows] for name in self.__slots__ if name not in ("by", "folded")}
        )

    def labels(self) -> list[str]:
        """What a person reads: an address, a network, a value, Internet."""
        return [self._label(row) for row in self._rows()]

    def ids(self) -> list[str]:
        """Stable whatever else is shown, and understood wherever a place is asked for."""
        return [name(self._where(row), space) for row, space in zip(self._rows(), self.space.tolist(), strict=True)]

    def named(self) -> list[str | None]:
        """The innermost value of what was grouped by: of a group, or of a host that was in one."""
        paths = (self._pairs(path) for path in self.path.tolist())
        return [(path[-1][1] or None) if path else None for path in paths]

    def within(self) -> list[list[str]]:
        """The ids of the opened groups that each node lies in, the outermost first."""
        inner = (self.kind == Kind.GROUP).tolist()
        found = []
        own = len(self.by) - self.folded
        for path, is_group, space in zip(self.path.tolist(), inner, self.space.tolist(), strict=True):
            pairs = self._pairs(path)
            outer = [name(INTERNET, space)] if any(at != UNUSED for at in path[own:]) else []
            depth = len(pairs) - is_group
            found.append(outer + [name(group(pairs[: level + 1]), space) for level in range(depth)])
        return found

    def _pairs(self, path: list[int]) -> list[tuple[str, str]]:
        levels = zip(self.by, path, strict=True)
        return [(by.name, by.values[at] if at != NOTHING else "") for by, at in levels if at != UNUSED]

    def _rows(self) -> Iterator[tuple[int, list[int], int, int, int]]:
        columns = (self.kind, self.path, self.high, self.low, self.prefix)
        return zip(*(column.tolist() for column in columns), strict=True)

    def _label(self, row: tuple[int, list[int], int, int, int]) -> str:
        kind, path, *address = row
        if kind == Kind.GROUP:
            attribute, value = self._pairs(path)[-1]
            return value or f"no {attribute.replace('_', ' ')}"
        if kind == Kind.RESTRICTED:
            return "Restricted"
        return "Internet" if kind == Kind.INTERNET else text(*address)

    def _where(self, row: tuple[int, list[int], int, int, int]) -> str:
        kind, path, *address = row
        if kind == Kind.GROUP:
            return group(self._pairs(path))
        if kind == Kind.RESTRICTED:
            return "restricted"
        return INTERNET if kind == Kind.INTERNET else text(*address)


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


def hosts(assets: Assets) -> Grouping:
    """Every asset for itself."""
    count = len(assets)
    prefix = np.full(count, _WHOLE, np.int64)
    internal = is_internal(assets.high, assets.low)
    return _collect(assets, np.zeros(count, np.int64), prefix, internal)


def networks(assets: Assets, expanded: Sequence[Place] = (), outside: Sequence[Attribute] = ()) -> Grouping:
    """Internal assets by network, the others as the Internet of their address space; `expanded` places as their hosts.

    The Internet opens into groups by the attributes `outside`, one in another, and those into its hosts.

    The networks are those of the longest prefix that needs at most 50 boxes in an address space. It is chosen as if
    nothing were expanded, so that opening one box moves no other.
    """
    internal = is_internal(assets.high, assets.low)
    kind = np.where(internal, int(Kind.NETWORK), int(Kind.INTERNET))
    prefix = np.zeros(len(assets), np.int64)
    for space in np.unique(assets.space):
        there = np.flatnonzero(internal & (assets.space == space))
        prefix[there] = _prefixes(assets.take(there))
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
    kind = np.where((by[0].value == NOTHING) & ~internal, int(Kind.INTERNET), int(Kind.GROUP))
    prefix = np.zeros(len(assets), np.int64)
    depth = _depth(assets, kind == Kind.GROUP, expanded, by)
    open_ = (depth > len(by)) | _inside(assets, internal, [place for place in expanded if place.network is not None])
    kind[open_], prefix[open_] = int(Kind.HOST), _WHOLE
    folded = _fold(assets, kind, prefix, expanded, outside)
    path = np.concatenate([_path(depth, by), folded], axis=1)
    return _collect(assets, kind, prefix, internal, path, (*by, *outside), len(outside))


def _depth(assets: Assets, grouped: Mask, expanded: Sequence[Place], by: Sequence[Attribute]) -> Ints:
    """In how many groups each asset lies that is in one; one more than there are attributes is a host."""
    depth = np.where(grouped, 1, 0)
    for level in range(1, len(by) + 1):
        for place in expanded:
            if len(place.path) == level:
                depth[(depth == level) & _of_group(assets, place, by)] += 1
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


def _of_group(assets: Assets, place: Place, by: Sequence[Attribute]) -> Mask:
    """The assets of a group, whose path begins with the first attribute."""
    here = np.ones(len(assets), np.bool_) if place.space is None else assets.space == place.space
    for (attribute, value), one in zip(place.path, by, strict=False):
        if attribute != one.name or value not in ("", *one.values):
            return np.zeros(len(assets), np.bool_)
        here = here & (one.value == (one.values.index(value) if value else NOTHING))
    return here


def _prefixes(assets: Assets) -> Ints:
    """The prefix length of each asset's network, at the finest level that is coarse enough for one address space."""
    v4 = is_v4(assets.high, assets.low)
    order = np.lexsort((assets.low, assets.high))  # in which the addresses of a network are neighbours
    lengths = np.zeros(len(assets), np.int64)
    for of_v4, of_v6 in _LEVELS:
        lengths = np.where(v4, of_v4, of_v6)
        high, low = _mask(assets.high[order], assets.low[order], lengths[order])
        if np.count_nonzero((high[1:] != high[:-1]) | (low[1:] != low[:-1])) < MAX_BOXES:
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
        path[first],
        by,
        folded,
    )
    return Grouping(node, nodes)
