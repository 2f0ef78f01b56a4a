"""Whose datagrams are decoded, and how many of them: every other source is counted and listed, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Literal

import numpy as np
from flowlens.flows.body import MAX_EXPORTERS
from flowlens.flows.report import State
from numpy.typing import NDArray

NOBODY = 0xFFFF
MAX_PENDING = 256
# Of the places, those that unknown sources may take: whoever forges addresses cannot lock out enrolled exporters.
MAX_UNKNOWN = MAX_EXPORTERS // 2
_BURST_SECONDS = 2


@dataclass(slots=True)
class Pending:
    """A source that is not admitted."""

    address: str
    state: State
    first_seen_ms: int
    last_seen_ms: int
    datagrams: int = 0


def text(source: bytes) -> str:
    """A source as an address."""
    return str(IPv4Address(source) if len(source) == 4 else IPv6Address(source))


class Admission:
    """The table of exporters of one process. An exporter keeps its place as long as the process lives."""

    def __init__(self, *, unknown: Literal["accept", "hold"], datagrams_per_second: int) -> None:
        self._unknown = unknown
        self._states: Mapping[str, State] = {}
        self._places: dict[bytes, int] = {}  # of those admitted now
        self._known_places: dict[bytes, int] = {}  # of all that ever were
        self._strangers = 0
        self.addresses: list[str] = []
        self.pending: OrderedDict[bytes, Pending] = OrderedDict()
        self.total_received = self.total_not_enrolled = 0
        self.not_enrolled = np.zeros(MAX_EXPORTERS, np.int64)
        self.received = np.zeros(MAX_EXPORTERS, np.int64)
        self.rate_limited = np.zeros(MAX_EXPORTERS, np.int64)
        self.first_seen = np.zeros(MAX_EXPORTERS, np.int64)
        self.last_seen = np.zeros(MAX_EXPORTERS, np.int64)
        self._rate = datagrams_per_second
        self._tokens = np.full(MAX_EXPORTERS, float(datagrams_per_second * _BURST_SECONDS))
        self._filled_ms = 0
        self.latest = np.zeros(0, np.uint16)  # the places of the last sources, whatever they sent

    @property
    def met(self) -> int:
        """How many sources have a place or wait for one; never more than the bounds of both."""
        return len(self.addresses) + len(self.pending)

    def update(self, states: Mapping[str, State]) -> list[int]:
        """What the operators decided, by address. Counting goes on where it was whatever they decide.

        Returns the places of those who are not admitted any more.
        """
        self._states = states
        before = set(self._places.values())
        self._places = {
            source: place
            for source, place in self._known_places.items()
            if self._state(self.addresses[place]) == "accepted"
        }
        for pending in self.pending.values():
            pending.state = self._state(pending.address)
        return sorted(before - set(self._places.values()))

    def state(self, place: int) -> State:
        return self._state(self.addresses[place])

    def _state(self, address: str) -> State:
        return self._states.get(address, "accepted" if self._unknown == "accept" else "held")

    def admit(self, sources: list[bytes], now_ms: int) -> NDArray[np.uint16]:
        """The place of each source, NOBODY for those whose datagram is not to be decoded."""
        self.total_received += len(sources)
        self.latest = found = self._found(sources, now_ms)
        counts = np.bincount(found, minlength=MAX_EXPORTERS)[:MAX_EXPORTERS]
        present = np.flatnonzero(counts)
        self.received[present] += counts[present]
        self.last_seen[present] = now_ms
        return self._limit(found, counts, present, now_ms) if self._rate else found

    def introduce(self, source: bytes, now_ms: int) -> int:
        """The place of a source that sends no datagrams, NOBODY while it is not accepted; nothing is counted."""
        if (place := self._places.get(source)) is not None:
            return place
        address = text(source)
        state = self._state(address)
        if state == "accepted" and (place := self._place(source, address, now_ms)) is not None:
            return place
        if source not in self._known_places:
            self._wait(source, address, state, now_ms, datagrams=0)
        return NOBODY

    def _found(self, sources: list[bytes], now_ms: int) -> NDArray[np.uint16]:
        """A busy exporter's datagrams come side by side, so that one look-up does for all."""
        if (
            sources
            and sources.count(sources[0]) == len(sources)
            and (place := self._places.get(sources[0])) is not None
        ):
            return np.full(len(sources), place, np.uint16)
        places = list(map(self._places.get, sources))
        if None in places:
            places = [
                self._meet(source, now_ms) if place is None else place
                for source, place in zip(sources, places, strict=True)
            ]
        return np.array(places, np.uint16)

    def _meet(self, source: bytes, now_ms: int) -> int:
        if (place := self._places.get(source)) is not None:  # met earlier in this batch
            return place
        address = text(source)
        state = self._state(address)
        if state == "accepted":
            if (place := self._place(source, address, now_ms)) is not None:
                return place
            state = "held"  # the table is full
        self.total_not_enrolled += 1
        if (known := self._known_places.get(source)) is not None:
            self.received[known] += 1
            self.not_enrolled[known] += 1
            self.last_seen[known] = now_ms
        else:
            self._wait(source, address, state, now_ms)
        return NOBODY

    def _wait(self, source: bytes, address: str, state: State, now_ms: int, *, datagrams: int = 1) -> None:
        pending = self.pending.setdefault(source, Pending(address, state, now_ms, now_ms))
        pending.datagrams += datagrams
        pending.last_seen_ms = now_ms
        self.pending.move_to_end(source)
        if len(self.pending) > MAX_PENDING:
            self.pending.popitem(last=False)

    def _place(self, source: bytes, address: str, now_ms: int) -> int | None:
        if (known := self._known_places.get(source)) is not None:
            self._places[source] = known
            return known
        stranger = address not in self._states
        if len(self.addresses) >= MAX_EXPORTERS or (stranger and self._strangers >= MAX_UNKNOWN):
            return None
        self._strangers += stranger
        place = len(self.addresses)
        self.addresses.append(address)
        self._places[source] = self._known_places[source] = place
        waited = self.pending.pop(source, None)
        self.first_seen[place] = waited.first_seen_ms if waited else now_ms
        self.received[place] = self.not_enrolled[place] = waited.datagrams if waited else 0
        return place

    def _limit(
        self, found: NDArray[np.uint16], counts: NDArray[np.intp], present: NDArray[np.intp], now_ms: int
    ) -> NDArray[np.uint16]:
        """A bucket of tokens per exporter; a clock that steps back only pauses the filling."""
        gained = max(now_ms - self._filled_ms, 0) * self._rate / 1000
        self._filled_ms = now_ms
        np.minimum(self._tokens + gained, float(self._rate * _BURST_SECONDS), out=self._tokens)
        over = present[counts[present] > self._tokens[present]]
        found = found.copy() if len(over) else found
        for place in over:
            excess = np.flatnonzero(found == place)[int(self._tokens[place]) :]
            found[excess] = NOBODY
            self.rate_limited[place] += len(excess)
        self._tokens[present] -= np.minimum(counts[present], np.floor(self._tokens[present]))
        return found
