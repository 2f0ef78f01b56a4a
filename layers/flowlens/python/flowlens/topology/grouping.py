"""Which node each asset belongs to: itself, its network, or the Internet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from flowlens.topology.addresses import is_internal, is_v4, masks, text, within
from flowlens.topology.edges import Assets, Halves, Ints, Mask
from flowlens.topology.places import INTERNET, Place, name

MAX_BOXES = 50  # per address space: what a person can still take in
# Prefix lengths tried from fine to coarse: of IPv4 (mapped into IPv6) and of IPv6, coarsened together.
_LEVELS = ((96 + 24, 64), (96 + 20, 56), (96 + 16, 48), (96 + 12, 48), (96 + 8, 32))
_WHOLE = 128


class Kind(IntEnum):
    """What a node is."""

    HOST = 0
    NETWORK = 1
    INTERNET = 2


@dataclass(frozen=True, slots=True)
class Nodes:
    """One entry per node: its first address and prefix length, how many assets are inside, and one of them."""

    kind: Ints
    space: Ints
    high: Halves
    low: Halves
    prefix: Ints
    assets: Ints
    asset_id: Ints
    internal: Mask

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, rows: Ints) -> Nodes:
        return Nodes(*(getattr(self, name)[rows] for name in self.__slots__))

    def labels(self) -> list[str]:
        """What a person reads: an address, a network, Internet."""
        return [
            "Internet" if kind == Kind.INTERNET else text(high, low, prefix)
            for kind, high, low, prefix in zip(
                self.kind.tolist(), self.high.tolist(), self.low.tolist(), self.prefix.tolist(), strict=True
            )
        ]

    def ids(self) -> list[str]:
        """Stable whatever else is shown, and understood wherever a place is asked for."""
        rows = zip(self.labels(), self.kind.tolist(), self.space.tolist(), strict=True)
        return [name(INTERNET if kind == Kind.INTERNET else label, space) for label, kind, space in rows]


@dataclass(frozen=True, slots=True)
class Grouping:
    """`node` is the position in `nodes` of each asset."""

    node: Ints
    nodes: Nodes


def hosts(assets: Assets) -> Grouping:
    """Every asset for itself."""
    count = len(assets)
    prefix = np.full(count, _WHOLE, np.int64)
    internal = is_internal(assets.high, assets.low)
    return _collect(assets, np.zeros(count, np.int64), prefix, internal)


def networks(assets: Assets, expanded: Sequence[Place] = ()) -> Grouping:
    """Internal assets by network, the others as the Internet of their address space; `expanded` places as their hosts.

    The networks are those of the longest prefix that needs at most 50 boxes in an address space. It is chosen as if
    nothing were expanded, so that opening one box moves no other.
    """
    internal = is_internal(assets.high, assets.low)
    kind = np.where(internal, int(Kind.NETWORK), int(Kind.INTERNET))
    prefix = np.zeros(len(assets), np.int64)
    for space in np.unique(assets.space):
        there = np.flatnonzero(internal & (assets.space == space))
        prefix[there] = _prefixes(assets.take(there))
    open_ = _inside(assets, internal, expanded)
    kind[open_], prefix[open_] = int(Kind.HOST), _WHOLE
    return _collect(assets, kind, prefix, internal)


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
        here = ~internal if place.network is None else within(assets.high, assets.low, place.network)
        inside |= here if place.space is None else here & (assets.space == place.space)
    return inside


def _collect(assets: Assets, kind: Ints, prefix: Ints, internal: Mask) -> Grouping:
    """Assets of the same kind, space and network are one node; nodes are in the order of these."""
    high, low = _mask(assets.high, assets.low, prefix)
    order = np.lexsort((low, high, prefix, kind, assets.space))
    keys = [column[order] for column in (assets.space, kind, prefix, high, low)]
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
    )
    return Grouping(node, nodes)
