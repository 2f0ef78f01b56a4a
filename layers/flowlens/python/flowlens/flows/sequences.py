"""The ledger of sequence numbers: what every exporter sent, and what of it never came, to the unit of its protocol."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.counting import BEGIN, EACH, END, END_DATA, Votes, starts
from flowlens.flows.losses import named
from flowlens.flows.numbering import FLOWS, Numbers
from flowlens.flows.windows import MASK, RECORDS, WINDOW, Run, Window

PER_EXPORTER = 16  # streams
LIMIT = 16_384  # streams of all exporters
_RETIRED = 60_000  # ms of silence after which another stream may take a stream's place
_BLANK = 1_024  # places made at once


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream has come: what the next process needs to know of it."""

    exporter: str
    format: int
    domain: int
    number: int
    counting: int
    uptime: int
    received: int
    open: int  # missing, and not yet charged


@dataclass(slots=True)
class _Stream:
    key: int
    exporter: int
    format: int
    domain: int
    window: Window
    votes: Votes = field(default_factory=Votes)


class Ledger:
    """Owned by one collector process. `addresses` are those of the exporters' indices, and may grow."""

    def __init__(self, addresses: Sequence[str], *, per_exporter: int = PER_EXPORTER, limit: int = LIMIT) -> None:
        self._addresses = addresses
        self._per_exporter, self._limit = per_exporter, limit
        self._streams: list[_Stream | None] = []
        self._places: dict[int, int] = {}
        self._of: dict[int, list[int]] = {}
        self._closed: dict[int, Counter[str]] = {}
        self._earlier: dict[tuple[str, int, int], Position] = {}
        # What is known of a stream while its numbers follow one another; its window is told when they do not.
        self._expected, self._ahead, self._uptime, self._received = (np.zeros(_BLANK, np.int64) for _ in range(4))
        self._number, self._records, self._options = (np.zeros(_BLANK, np.int64) for _ in range(3))
        self._loud, self._counting = np.zeros(_BLANK, np.bool_), np.zeros(_BLANK, np.int8)
        self._speaking: set[int] = set()  # places of streams in the batch that is being read: none of these retires
        # Nobody who does not know these can make two streams look like one.
        self._salt = np.array([secrets.randbits(64) | 1, secrets.randbits(64) | 1], np.uint64)

    @property
    def streams(self) -> int:
        return len(self._places)

    # --- taking numbers in

    def observe(self, numbers: Numbers) -> None:
        """A batch, in order of arrival. Streams that go on as expected cost no Python but a look-up."""
        if not numbers.count:
            return
        who = numbers.exporter.astype(np.uint64) << np.uint64(8) | numbers.format
        keys = numbers.domain * self._salt[0] + who * self._salt[1]
        if (keys[1:] != keys[:-1]).any():
            order = np.argsort(keys, kind="stable")
            keys, numbers = keys[order], numbers.take(order)
        firsts = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1])
        self._speaking.clear()
        places = np.array([self._place(int(keys[at]), numbers, at) for at in firsts.tolist()])
        if (places < 0).any():
            numbers, firsts, places = self._untracked(numbers, firsts, places)
            if not len(places):
                return
        self._follow(numbers, firsts, places)

    def _follow(self, numbers: Numbers, firsts: NDArray[np.intp], places: NDArray[np.intp]) -> None:
        lasts = np.append(firsts[1:], numbers.count) - 1
        start, taken, unknown = self._starts(numbers, np.repeat(places, lasts - firsts + 1))
        ends = start + taken & MASK
        odd = unknown.copy()
        odd[1:] |= start[1:] != ends[:-1]
        odd[firsts] = unknown[firsts] | (start[firsts] != self._expected[places])
        slow = np.logical_or.reduceat(odd, firsts) | self._loud[places]
        fast = ~slow
        if fast.any():
            here, last = places[fast], lasts[fast]
            self._ahead[here] += np.add.reduceat(taken, firsts)[fast]
            self._expected[here], self._uptime[here] = ends[last], numbers.uptime[last]
            self._received[here], self._number[here] = numbers.received[last], numbers.number[last]
            self._records[here], self._options[here] = numbers.records[last], numbers.options[last]
        for one in np.flatnonzero(slow).tolist():
            self._take(int(places[one]), numbers.take(np.arange(firsts[one], lasts[one] + 1)))

    def _starts(
        self, numbers: Numbers, places: NDArray[np.intp]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """The first number of each datagram, how many it takes up, and where that is not known."""
        counting = self._counting[places]
        unknown = numbers.records < 0
        taken = np.where(unknown, 0, numbers.records) if unknown.any() else numbers.records
        if not counting.any():
            return numbers.number, taken, unknown
        start, taken = starts(counting, numbers.number, taken, numbers.options)
        return start, taken, unknown & (counting != EACH)

    def _take(self, place: int, numbers: Numbers) -> None:
        """A stream that does not go on as expected, run by run."""
        stream = self._window(place)
        window = stream.window
        if stream.format in FLOWS:
            self._vote(place, stream, numbers)
        else:
            numbers = numbers.one_by_one()
        start, taken, unknown = self._starts(numbers, np.full(numbers.count, place))
        odd = start[1:] != (start + taken & MASK)[:-1]
        cuts = [0, *(np.flatnonzero(odd | unknown[:-1] | unknown[1:]) + 1).tolist(), numbers.count]
        at_end = self._counting[place] in (END, END_DATA)
        for first, stop in pairwise(cuts):
            behind = (int(start[first]) - window.next & MASK) >> 31
            steps = [(at, at + 1) for at in range(first, stop)] if behind else [(first, stop)]
            for a, b in steps:
                doubt = bool(unknown[a])
                window.unsure |= doubt and at_end  # such a number says where the datagram's records end
                sums = int(taken[a:b].sum())
                last = int(numbers.uptime[b - 1]), int(numbers.received[b - 1])
                window.take(Run(int(start[a]), sums, b - a, *last, unknown=doubt and not at_end))
        self._expected[place], self._loud[place] = window.next & MASK, not window.quiet
        self._uptime[place], self._received[place] = window.uptime, window.received
        self._number[place], self._records[place] = numbers.number[-1], numbers.records[-1]
        self._options[place] = numbers.options[-1]

    def _vote(self, place: int, stream: _Stream, numbers: Numbers) -> None:
        number, records = (
            np.append(self._number[place], numbers.number),
            np.append(self._records[place], numbers.records),
        )
        options = np.append(self._options[place], numbers.options)
        better = stream.votes.count(number, records, options, int(self._counting[place]))
        if better != self._counting[place]:
            self._counting[place] = better
            first, _, _ = self._starts(numbers, np.full(numbers.count, place))
            stream.window.recount(int(first[0]))

    def _window(self, place: int) -> _Stream:
        """A stream with its window brought up to date."""
        stream = self._streams[place]
        if stream is None:
            raise LookupError(place)
        stream.window.next += int(self._ahead[place])
        stream.window.uptime, stream.window.received = int(self._uptime[place]), int(self._received[place])
        self._ahead[place] = 0
        return stream

    # --- streams

    def _place(self, key: int, numbers: Numbers, at: int) -> int:
        """Where the stream is kept; -1 when there are too many."""
        if (place := self._places.get(key)) is not None:
            self._speaking.add(place)
            return place
        exporter = int(numbers.exporter[at])
        free = self._room(exporter, int(numbers.received[at]))
        if free < 0:
            return -1
        kind, domain = int(numbers.format[at]), int(numbers.domain[at])
        window = Window(WINDOW * RECORDS if kind in FLOWS else WINDOW)
        stream = _Stream(key, exporter, kind, domain, window)
        self._streams[free], self._places[key] = stream, free
        self._speaking.add(free)
        self._of.setdefault(exporter, []).append(free)
        self._start(free, stream, numbers, at)
        return free

    def _start(self, place: int, stream: _Stream, numbers: Numbers, at: int) -> None:
        window, earlier = stream.window, None
        if self._earlier and stream.exporter < len(self._addresses):
            known = (self._addresses[stream.exporter], stream.format, stream.domain)
            earlier = self._earlier.pop(known, None)
        number, counting = int(numbers.number[at]), BEGIN
        if earlier is not None:
            number, counting, window.resumed = earlier.number, earlier.counting, True
            window.counts["lost"], window.counts["sent"] = earlier.open, earlier.open
        window.next = window.base = (1 << 32) + number
        self._counting[place], self._loud[place], self._ahead[place] = counting, not window.quiet, 0
        self._expected[place], self._number[place], self._records[place] = number, 0, -1
        self._uptime[place] = earlier.uptime if earlier else numbers.uptime[at]
        self._received[place] = earlier.received if earlier else numbers.received[at]

    def _room(self, exporter: int, now: int) -> int:
        mine = self._of.get(exporter, [])
        if len(mine) >= self._per_exporter:
            silent = [place for place in mine if place not in self._speaking]
            oldest = min(silent, key=self._received.__getitem__, default=-1)
            if oldest < 0 or now - self._received[oldest] < _RETIRED:
                return -1
            self._retire(oldest)
            return oldest
        if len(self._places) >= self._limit:
            return -1
        if len(self._places) < len(self._streams):
            return self._streams.index(None)
        self._streams.append(None)
        if len(self._streams) > len(self._expected):
            self._grow()
        return len(self._streams) - 1

    def _grow(self) -> None:
        for name in ("expected", "ahead", "uptime", "received", "number", "records", "options", "loud", "counting"):
            array = getattr(self, f"_{name}")
            setattr(self, f"_{name}", np.concatenate([array, np.zeros_like(array)]))

    def _retire(self, place: int) -> None:
        stream = self._window(place)
        stream.window.close()
        self._closed.setdefault(stream.exporter, Counter()).update(named(stream.window, flows=stream.format in FLOWS))
        self._of[stream.exporter].remove(place)
        del self._places[stream.key]
        self._streams[place] = None

    def _untracked(
        self, numbers: Numbers, firsts: NDArray[np.intp], places: NDArray[np.intp]
    ) -> tuple[Numbers, NDArray[np.intp], NDArray[np.intp]]:
        """Leaves out the streams that have no place."""
        sizes = np.diff(np.append(firsts, numbers.count))
        for at, size in zip(firsts[places < 0].tolist(), sizes[places < 0].tolist(), strict=True):
            self._closed.setdefault(int(numbers.exporter[at]), Counter())["sequence_untracked"] += size
        kept = sizes[places >= 0]
        numbers = numbers.take(np.flatnonzero(np.repeat(places >= 0, sizes)))
        return numbers, np.cumsum(kept) - kept, places[places >= 0]

    def forget(self, exporter: int) -> None:
        """Its datagrams are not looked at any more: what they number meanwhile was not lost on the way."""
        for place in tuple(self._of.get(exporter, ())):
            self._retire(place)

    # --- what it knows

    def counters(self, exporter: int) -> dict[str, int]:
        """Cumulative, by name; what is still open may yet come."""
        found = Counter(self._closed.get(exporter, ()))
        for place in tuple(self._of.get(exporter, ())):
            stream = self._window(place)
            found.update(named(stream.window, flows=stream.format in FLOWS))
        return {name: max(count, 0) for name, count in found.items()}

    def finish(self) -> None:
        """Nothing more will come: what is open is lost."""
        for place, stream in enumerate(self._streams):
            if stream is not None:
                self._window(place).window.close()
                self._loud[place] = not stream.window.quiet

    def positions(self) -> list[Position]:
        """How far all streams have come."""
        found = []
        for place in self._places.values():
            one = self._window(place)
            window, address = one.window, self._addresses[one.exporter]
            counting, number = int(self._counting[place]), window.next & MASK
            found.append(
                Position(address, one.format, one.domain, number, counting, window.uptime, window.received, window.open)
            )
        return found

    def resume(self, earlier: Iterable[Position]) -> None:
        """What an earlier process knew: the numbers missing since are those that came while nobody listened."""
        for one in earlier:
            key = (one.exporter, one.format, one.domain)
            if len(self._earlier) < LIMIT or key in self._earlier:
                self._earlier[key] = one
