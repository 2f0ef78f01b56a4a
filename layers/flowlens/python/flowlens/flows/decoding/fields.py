"""The values of many records of one layout, by element."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Values
from flowlens.flows.decoding.elements import VARIABLE
from flowlens.flows.decoding.templates import Layout, Source, Span

LONG = 255  # an octet of length that says: two more octets say it (RFC 7011 section 7)
TEXT_LIMIT = 64  # octets of a name that are kept
Octets = NDArray[np.uint8]
Offsets = NDArray[np.int64]


Runs = Sequence[NDArray[np.void]]


class Fields:
    """Reads elements as arrays, one value per record. `runs` gives the fixed parts of the records, when first asked."""

    __slots__ = ("_gathered", "_gatherer", "_sources")

    def __init__(self, sources: Mapping[int, Source], runs: Callable[[], Runs]) -> None:
        self._sources = sources
        self._gatherer = runs
        self._gathered: Runs | None = None

    @classmethod
    def both(cls, layout: Layout, octets: Octets, offsets: Callable[[], Sequence[Offsets]]) -> tuple[Fields, Fields]:
        """The forward and the reverse elements of the records whose runs begin at `offsets`."""

        @cache
        def runs() -> Runs:
            return [gather(octets, at, run.dtype) for at, run in zip(offsets(), layout.runs, strict=True)]

        return cls(layout.forward, runs), cls(layout.reverse, runs)

    @property
    def _runs(self) -> Runs:
        if self._gathered is None:
            self._gathered = self._gatherer()
        return self._gathered

    def __contains__(self, element: int) -> bool:
        return element in self._sources

    def __bool__(self) -> bool:
        return bool(self._sources)

    def of(self, rows: slice) -> Fields:
        """The same elements of some of the records."""
        return Fields(self._sources, lambda: [run[rows] for run in self._runs])

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

    def first_set(self, wanted: Sequence[int]) -> Values | None:
        """The first of these elements that is not 0, record by record."""
        found: Values | None = None
        for element in wanted:
            values = self.raw(element)
            if values is not None:
                found = values if found is None else np.where(found == 0, values, found)
        return found

    def fill(self, columns: Mapping[int, str]) -> Iterable[str]:
        """The columns of these that the records' elements fill."""
        return dict.fromkeys(columns[element] for element in self._sources if element in columns)

    def disjoint(self, wanted: frozenset[int]) -> bool:
        """Whether the records have none of these elements."""
        return wanted.isdisjoint(self._sources)

    def length(self, element: int) -> int:
        """How many octets the element has, which the records must have."""
        return self._sources[element].length

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


@dataclass(frozen=True, slots=True)
class Pieces:
    """Finds octets of any length in many records of one layout, by element."""

    octets: Octets
    offsets: Sequence[Offsets]
    spans: Mapping[int, Span]

    def of(self, element: int) -> tuple[Offsets, Offsets] | None:
        """Where each begins and ends. The records were checked to hold them whole."""
        span = self.spans.get(element)
        if span is None:
            return None
        begin = self.offsets[span.run] + span.offset
        if span.length != VARIABLE:
            return begin, begin + span.length
        short = self.octets[begin].astype(np.int64)
        if not (short == LONG).any():
            return begin + 1, begin + 1 + short
        begin, long = begin + 1, short == LONG
        wide = everywhere(self.octets, 2)[np.where(long, begin, 0)].astype(np.int64)
        begin = begin + np.where(long, 2, 0)
        return begin, begin + np.where(long, wide, short)

    def texts(self, element: int) -> list[str] | None:
        """Texts as far as they are any; what fills them up is left out."""
        found = self.of(element)
        if found is None:
            return None
        every = zip(found[0].tolist(), np.minimum(found[1], found[0] + TEXT_LIMIT).tolist(), strict=True)
        return [readable(self.octets[begin:end].tobytes()) for begin, end in every]


def readable(octets: bytes) -> str:
    """The text that is in them, as far as it is any."""
    text = octets[:TEXT_LIMIT].split(b"\0")[0].decode(errors="replace")
    return "".join(filter(str.isprintable, text)).strip()


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
