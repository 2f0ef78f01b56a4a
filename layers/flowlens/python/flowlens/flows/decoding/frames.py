"""Captured headers, many at once: where each lies, and numbers read from any place in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Values
from flowlens.flows.decoding.fields import Octets, Offsets, everywhere, gather
from flowlens.flows.decoding.sets import Indexes


class Peek:
    """Reads numbers at many places at once; a place beyond the octets gives what lies at their end."""

    __slots__ = ("_octets", "_views")

    def __init__(self, octets: Octets) -> None:
        self._octets = np.concatenate([octets, np.zeros(8, np.uint8)]) if len(octets) < 8 else octets
        self._views: dict[int, Values] = {}

    @property
    def octets(self) -> Octets:
        return self._octets

    def _read(self, at: Offsets, size: int) -> Values:
        view = self._views.get(size)
        if view is None:
            view = self._views[size] = everywhere(self._octets, size)
        return view[np.minimum(at, len(view) - 1)]

    def structs(self, at: Offsets, dtype: np.dtype[np.void]) -> NDArray[np.void]:
        """Structures; the caller has checked that each lies inside."""
        return gather(self._octets, at, dtype)

    def u8(self, at: Offsets) -> NDArray[np.uint8]:
        return self._octets[np.minimum(at, len(self._octets) - 1)]

    def u16(self, at: Offsets) -> NDArray[np.uint16]:
        return self._read(at, 2).astype(np.uint16)

    def u32(self, at: Offsets) -> NDArray[np.uint32]:
        return self._read(at, 4).astype(np.uint32)

    def u64(self, at: Offsets) -> NDArray[np.uint64]:
        return self._read(at, 8).astype(np.uint64)


@dataclass(slots=True)
class Frames:
    """Captured headers: which row each belongs to, where it lies, and what it begins with."""

    rows: Indexes
    at: Offsets
    stop: Offsets
    kind: NDArray[np.uint32]

    def take(self, which: Indexes | NDArray[np.bool_]) -> Frames:
        return Frames(self.rows[which], self.at[which], self.stop[which], self.kind[which])

    def reaching(self, octets: int) -> Frames:
        """Those of which so many octets were captured."""
        enough = self.stop - self.at >= octets
        return self if enough.all() else self.take(enough)


def joined(one: Frames, other: Frames) -> Frames:
    if not len(one.rows):
        return other
    return Frames(
        np.concatenate([one.rows, other.rows]),
        np.concatenate([one.at, other.at]),
        np.concatenate([one.stop, other.stop]),
        np.concatenate([one.kind, other.kind]),
    )
