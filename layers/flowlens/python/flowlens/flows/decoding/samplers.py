"""Sampling rates: read from records and options data, and kept per exporter, version and domain by who samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.decoding import elements
from flowlens.flows.decoding.fields import Fields

LIMIT = 4096  # samplers, and interfaces with a rate, that one domain may have
Rates = NDArray[np.uint32]
_MOST = 0xFFFF_FFFF
_RATES = frozenset(elements.RATES)


def stated(fields: Fields) -> NDArray[np.uint64] | None:
    """The rate that each record states itself, 0 where it states none; None when no record could."""
    found: NDArray[np.uint64] | None = None
    if fields.disjoint(_RATES):
        return found
    for rate in (*map(fields.uint, elements.RATE_PLAIN), _systematic(fields), _drawn(fields), _probable(fields)):
        if rate is not None:
            found = rate if found is None else np.where(found == 0, rate, found)
    return None if found is None else np.minimum(found, _MOST)


def _systematic(fields: Fields) -> NDArray[np.uint64] | None:
    """305 packets are taken, then 306 are not: (305 + 306) / 305. Without 306, 305 is meant as the rate."""
    taken, skipped = fields.uint(elements.PACKET_INTERVAL), fields.uint(elements.PACKET_SPACE)
    if taken is None or skipped is None:
        return taken
    return _ratio(np.minimum(taken, _MOST) + np.minimum(skipped, _MOST), taken)


def _drawn(fields: Fields) -> NDArray[np.uint64] | None:
    """309 packets are drawn out of each 310."""
    size, population = fields.uint(elements.SAMPLE_SIZE), fields.uint(elements.POPULATION)
    return None if size is None or population is None else _ratio(population, size)


def _probable(fields: Fields) -> NDArray[np.uint64] | None:
    """Each packet is taken with probability 311."""
    chance = fields.real(elements.PROBABILITY)
    if chance is None:
        return None
    usable = (chance > 1 / _MOST) & (chance <= 1)  # False for NaN
    return np.rint(1 / np.where(usable, chance, 1)).astype(np.uint64) * usable


def _ratio(whole: NDArray[np.uint64], part: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Rounded; 0 where it cannot be."""
    divisor = np.maximum(part, np.uint64(1))
    quotient, rest = np.divmod(whole, divisor)
    return np.where(part == 0, np.uint64(0), quotient + (rest >= divisor - divisor // 2))


@dataclass(slots=True)
class _Book:
    """Rates by id, looked up for many ids at once."""

    rates: dict[int, int] = field(default_factory=dict)
    changes: int = 0
    _ids: NDArray[np.uint64] | None = None
    _sorted: NDArray[np.uint64] | None = None

    def put(self, ids: NDArray[np.uint64], rates: NDArray[np.uint64]) -> None:
        for key, rate in zip(ids.tolist(), rates.tolist(), strict=True):
            known = self.rates.pop(key, None)
            if known is None and len(self.rates) >= LIMIT:
                self.rates.pop(next(iter(self.rates)))
            self.rates[key] = rate
            self.changes += known != rate
        self._ids = None

    def recall(self, rates: Mapping[int, int]) -> None:
        """Adds what is not known, as far as there is room."""
        for key, rate in rates.items():
            if len(self.rates) < LIMIT and 0 < rate <= _MOST:
                self.rates.setdefault(key, rate)
        self.changes += bool(rates)
        self._ids = None

    def get(self, ids: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """0 for an id that is not known. There must be one that is."""
        if self._ids is None or self._sorted is None:
            known = sorted(self.rates)
            self._ids = np.array(known, np.uint64)
            self._sorted = np.array([self.rates[key] for key in known], np.uint64)
        at = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        return np.where(self._ids[at] == ids, self._sorted[at], np.uint64(0))


def _sole(rates: Mapping[int, int]) -> int:
    """The rate that all of them have, or 0."""
    distinct = set(rates.values())
    return distinct.pop() if len(distinct) == 1 else 0


@dataclass(slots=True)
class Samplers:
    """What options data said about sampling in one domain. A rate of 0 is no rate."""

    by_id: _Book = field(default_factory=_Book)
    by_interface: _Book = field(default_factory=_Book)
    whole: int = 0
    _shared: int = 0
    _whole_changes: int = 0

    def learn(self, fields: Fields) -> None:
        """Takes the rates out of options records."""
        rates = stated(fields)
        if rates is None:
            return
        ids, interfaces = fields.first(elements.SAMPLER_IDS), fields.uint(elements.INTERFACE)
        said = rates > 0
        if ids is not None:
            self.by_id.put(ids[said], rates[said])
        elif interfaces is not None:
            self.by_interface.put(interfaces[said], rates[said])
            self._shared = self._agreed()
        elif said.any():
            known, self.whole = self.whole, int(rates[said][-1])
            self._whole_changes += known != self.whole

    @property
    def changes(self) -> int:
        """How often options data said something new."""
        return self.by_id.changes + self.by_interface.changes + self._whole_changes

    def recall(self, whole: int, by_id: Mapping[int, int], by_interface: Mapping[int, int]) -> None:
        """Takes in what was said to an earlier process; what was said to this one holds."""
        self.whole = self.whole or min(whole, _MOST)
        self._whole_changes += whole > 0
        self.by_id.recall(by_id)
        self.by_interface.recall(by_interface)
        self._shared = self._agreed()

    def _agreed(self) -> int:
        """The rate that all interfaces share, for records that name an interface nobody spoke of."""
        return _sole(self.by_interface.rates)

    @property
    def fallback(self) -> int:
        """The rate of a record that names neither a known sampler nor a known interface."""
        return self.whole or self._shared

    @property
    def settled(self) -> bool:
        """Whether every record gets the same rate, whatever sampler or interface it names."""
        agreed = not self.by_interface.rates or (self._shared > 0 and self._shared == self.fallback)
        return agreed and not self.by_id.rates

    def rates(self, fields: Fields, count: int) -> NDArray[np.uint64]:
        """The rate of each of `count` data records: of its sampler, else of its interface, else of the domain; or 0."""
        unnamed = self.by_id.rates and not any(one in fields for one in elements.SAMPLER_IDS)
        found = np.full(count, self.fallback or (_sole(self.by_id.rates) if unnamed else 0), np.uint64)
        for book, keys in self._lookups(fields):
            if keys is not None and book.rates:
                rate = book.get(keys)
                found = np.where(rate > 0, rate, found)
        return found

    def _lookups(self, fields: Fields) -> tuple[tuple[_Book, NDArray[np.uint64] | None], ...]:
        interfaces = fields.uint(elements.INTERFACE) if self.by_interface.rates else None
        ids = fields.first(elements.SAMPLER_IDS) if self.by_id.rates else None
        return (self.by_interface, interfaces), (self.by_id, ids)
