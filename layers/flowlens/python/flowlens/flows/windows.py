"""What one exporter's stream of numbers says: which numbers came, which came late or twice, and which never came."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

WINDOW = 1024  # datagrams behind the newest in which a missing number may still come
RECORDS = 32  # that a datagram has at most, about, where numbers count records
OPEN_LIMIT = 256  # gaps kept open; the oldest is charged when there are more
FAR = 1 << 24  # numbers; whoever is further ahead has begun anew
UPTIME_FALL = 5_000  # ms by which the uptime falls at a restart; less is disorder on the way
WRAP_ROOM = 600_000  # ms around 2^32 within which a fall of the uptime is its wrap
SILENCE = 30_000  # ms after which a number near 0 is a restart
MASK = 0xFFFF_FFFF


class Run(NamedTuple):
    """Datagrams whose numbers follow one another: how many numbers (at least) and how many datagrams."""

    number: int
    numbers: int
    datagrams: int
    uptime: int
    received: int
    unknown: bool = False  # the last one has more numbers than these, nobody knows how many


@dataclass(slots=True)
class Window:
    """The numbers of a stream, extended to 64 bits. Everything below `next` came, unless a gap says otherwise."""

    reach: int  # numbers behind `next` that may still come
    next: int = 0
    base: int = 0  # numbers from here are accounted for
    uptime: int = 0
    received: int = 0
    unsure: bool = False  # how many numbers the newest datagram had is not known
    resumed: bool = False  # goes on where an earlier process was
    gaps: list[list[int]] = field(default_factory=list)
    held: Run | None = None  # a number out of all proportion, until another follows it
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def quiet(self) -> bool:
        """Nothing to look after while numbers follow one another."""
        return not (self.gaps or self.unsure or self.resumed)

    @property
    def open(self) -> int:
        return sum(stop - start for start, stop in self.gaps)

    def begin(self, run: Run) -> None:
        """The first number of a stream, or of one that restarted: what was open is lost."""
        self._rebase(run.number)
        self._forward(run)

    def _rebase(self, number: int) -> None:
        self.close()
        self.next = self.base = (1 << 32) + number
        self.unsure, self.resumed, self.held = False, False, None

    def recount(self, number: int) -> None:
        """These numbers count something else than was believed: nothing found missing or twice was true."""
        self.gaps.clear()
        self._rebase(number)
        self.counts = Counter(sent=self.counts["sent"])

    def close(self) -> None:
        """What is missing will not come any more."""
        self.counts["lost"] += self.open
        self.gaps.clear()
        self.counts["sent"] += self.next - self.base
        self.base = self.next

    def take(self, run: Run) -> None:
        """Some datagrams in sequence, after whatever came before."""
        ahead = (run.number - self.next + (1 << 31) & MASK) - (1 << 31)
        if ahead == 0:
            self._forward(run)
        elif self._restarted(run, ahead):
            self.counts["restarts"] += 1
            self.begin(run)
        elif 0 < ahead <= self.reach:
            self._skip(ahead)
            self._forward(run)
        elif -self.reach <= ahead < 0:
            self._behind(run, self.next + ahead)
        else:
            self._far(run)

    def _restarted(self, run: Run, ahead: int) -> bool:
        """Only with a witness: an uptime that fell and did not wrap, or a number near 0 after silence."""
        fell = self.uptime - run.uptime > UPTIME_FALL
        wrapped = self.uptime > MASK - WRAP_ROOM and run.uptime < WRAP_ROOM
        near = 0 < ahead <= self.reach
        anew = run.number < self.reach and run.received - self.received >= SILENCE and not near
        return (fell and not wrapped) or anew

    def _forward(self, run: Run) -> None:
        self.unsure, self.resumed = run.unknown, False
        self.next += run.numbers
        self.uptime, self.received = run.uptime, run.received
        if self.gaps:
            self.settle()

    def _skip(self, ahead: int) -> None:
        """Numbers are missing: lost while we were down, of a datagram we could not read, or still on their way."""
        start, self.next = self.next, self.next + ahead
        if self.resumed:
            self.counts["down"] += ahead
        elif self.unsure:
            self.counts["uncertain"] += ahead
        else:
            self.gaps.append([start, self.next])
            self.settle()

    def settle(self) -> None:
        """Charges what has left the window."""
        edge = self.next - self.reach
        while self.gaps and (self.gaps[0][0] < edge or len(self.gaps) > OPEN_LIMIT):
            start, stop = self.gaps[0]
            until = stop if len(self.gaps) > OPEN_LIMIT else min(stop, edge)
            self.counts["lost"] += until - start
            if until == stop:
                del self.gaps[0]
            else:
                self.gaps[0][0] = until

    def _behind(self, run: Run, at: int) -> None:
        """One datagram that is late, or here for the second time."""
        if not run.numbers and not run.unknown:
            return
        filled = self._fill(at, at + run.numbers, unknown=run.unknown)
        self.counts["again"] += run.numbers - filled
        self.counts["reordered" if filled or run.unknown else "duplicate"] += 1

    def _fill(self, start: int, stop: int, *, unknown: bool) -> int:
        filled, left = 0, list[list[int]]()
        for gap in self.gaps:
            low, high = max(gap[0], start), min(gap[1], stop)
            if low > high or (low == high and not (unknown and gap[0] <= stop < gap[1])):
                left.append(gap)
                continue
            filled += high - low
            if unknown and gap[0] <= stop < gap[1]:  # the rest may be this one's too
                self.counts["uncertain"] += gap[1] - high
                high = gap[1]
            left += [part for part in ([gap[0], low], [high, gap[1]]) if part[0] < part[1]]
        self.gaps = left
        return filled

    def _far(self, run: Run) -> None:
        """A number out of all proportion is believed when the next one follows it: one forged datagram does nothing."""
        held = self.held
        if held is not None and (run.number - held.number - held.numbers) & MASK > self.reach:
            held = None
        if held is None and run.datagrams < 2:
            self.counts["outside"] += 1
            self.held = run
            return
        self.counts["outside"] -= 0 if held is None else 1
        first = run if held is None else held
        gone = first.number - self.next & MASK
        if gone <= FAR:
            self.counts["down" if self.resumed else "uncertain" if self.unsure else "lost"] += gone
            self.next += gone
        else:
            self.counts["jumps"] += 1
            self._rebase(first.number)
        self.held, self.unsure, self.resumed = None, False, False
        for one in (held, run):
            if one is not None:
                self.take(one)
