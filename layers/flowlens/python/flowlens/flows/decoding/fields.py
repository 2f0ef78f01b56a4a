"""The values of many records of one layout, by element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Values
from flowlens.flows.decoding.templates import Layout, Source

Octets = NDArray[np.uint8]
Offsets = NDArray[np.int64]


class Fields:
    """Reads elements as arrays, one value per record. `runs` are the gathered fixed parts of the records."""

    __slots__ = ("_runs", "_sources")

    def __init__(self, sources: Mapping[int, Source], runs: Sequence[NDArray[np.void]]) -> None:
        self._sources = sources
        self._runs = runs

    @classmethod
    def both(cls, layout: Layout, octets: Octets, offsets: Sequence[Offsets]) -> tuple[Fields, Fields]:
        """The forward and the reverse elements of the records whose runs begin at `offsets`."""
        runs = [gather(octets, at, run.dtype) for at, run in zip(offsets, layout.runs, strict=True)]
        return cls(layout.forward, runs), cls(layout.reverse, runs)

    def __contains__(self, element: int) -> bool:
        return element in self._sources

    def __bool__(self) -> bool:
        return bool(self._sources)

    def of(self, rows: slice) -> Fields:
        """The same elements of some of the records."""
        return Fields(self._sources, [run[rows] for run in self._runs])

    def raw(self, element: int) -> Values | None:
        """The values as they lie there (big-endian) when they are one number of 1, 2, 4 or 8 octets, else as uint64."""
        source = self._sources.get(element)
        if source is None:
            return None
        run = self._runs[source.run]
        if len(source.parts) == 1:
            return run[source.parts[0]]
        whole = np.zeros(len(run), np.uint64)
        for part in source.parts:
            values = run[part]
            whole = (whole << np.uint64(8 * values.dtype.itemsize)) | values.astype(np.uint64)
        return whole

    def uint(self, element: int) -> NDArray[np.uint64] | None:
        values = self.raw(element)
        return None if values is None else values.astype(np.uint64)

    def first(self, wanted: Sequence[int]) -> NDArray[np.uint64] | None:
        """The first of these elements that the records have."""
        return next((self.uint(element) for element in wanted if element in self._sources), None)

    def halves(self, element: int) -> tuple[Values, Values] | None:
        """The two halves of a value of 16 octets."""
        source = self._sources.get(element)
        if source is None:
            return None
        high, low = source.parts
        return self._runs[source.run][high], self._runs[source.run][low]

    def real(self, element: int) -> NDArray[np.float64] | None:
        """An IEEE number of 4 or 8 octets."""
        source = self._sources.get(element)
        if source is None:
            return None
        bits = self._runs[source.run][source.parts[0]]
        with np.errstate(invalid="ignore"):
            return bits.astype(f"u{source.length}").view(f"f{source.length}").astype(np.float64)


def gather(octets: Octets, offsets: Offsets, dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """The pieces of `octets` that begin at `offsets`, as records. The caller has checked that they lie inside."""
    if not dtype.names or not len(offsets):
        return np.zeros(len(offsets), dtype)
    places = max(0, len(octets) - dtype.itemsize + 1)
    found: NDArray[np.void] = np.ndarray((places,), f"V{dtype.itemsize}", octets, strides=(1,))
    return found[offsets].view(dtype)


def everywhere(octets: Octets, size: int) -> Values:
    """A big-endian number at each octet: `everywhere(octets, 2)[offsets]` reads numbers from any place."""
    return np.ndarray((max(0, len(octets) - size + 1),), f">u{size}", octets, strides=(1,))
