"""Whether samples agree with the counters of the interface or host that they were taken from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import sqrt
from typing import NamedTuple

ENOUGH = 64  # samples, or those that the counters let expect, before a rate is judged
TOLERANCE, DEVIATIONS = 0.1, 5  # what a rate may be off by, beside the chance of sampling
_MEMORY = 1 << 16  # samples after which older ones weigh half
_HALF_PACKETS, _PACKETS = 1 << 31, (1 << 32) - 1
_HALF_OCTETS, _OCTETS = 1 << 62, (1 << 64) - 1


class Claim(NamedTuple):
    """What samples of one source stand for, by which way they went: packets and octets, in and out."""

    samples: int
    number: int  # of the last one, as the source counts
    rate: int
    packets: tuple[int, int]
    octets: tuple[int, int]
    is_sound: bool  # each has a rate


class Reading(NamedTuple):
    """What a source counted so far, in and out."""

    packets: tuple[int, int]
    octets: tuple[int, int]


@dataclass(slots=True)
class _Meter:
    """One source between two readings, and what it came to over all of them."""

    last: Reading | None = None
    number: int | None = None  # of the last sample before the last reading
    newest: int | None = None
    rate: int = 0
    arrived: int = 0
    packets: list[int] = field(default_factory=lambda: [0, 0])
    octets: list[int] = field(default_factory=lambda: [0, 0])
    is_sound: bool = True
    both_ways: bool = False
    samples: int = 0
    counted: int = 0
    claimed: int = 0
    disagrees: bool = False

    def add(self, claim: Claim) -> None:
        if claim.rate != self.rate:
            self.samples = self.counted = self.claimed = 0
            self.disagrees, self.is_sound = False, self.rate == 0 and claim.is_sound
        self.rate, self.newest = claim.rate, claim.number
        self.arrived += claim.samples
        self.is_sound &= claim.is_sound
        self.both_ways |= claim.packets[1] > 0
        for way in range(2):
            self.packets[way] += claim.packets[way]
            self.octets[way] += claim.octets[way]

    def read(self, now: Reading) -> tuple[int, int, int, int] | None:
        """Packets and octets by the counters, and by the samples; None where that cannot be compared."""
        before, self.last = self.last, now
        found = None
        if before is not None and self.is_sound and self.rate and self.number is not None:
            found = self._compared(before, now)
        self.number, self.arrived, self.is_sound = self.newest, 0, True
        self.packets, self.octets = [0, 0], [0, 0]
        return found

    def _compared(self, before: Reading, now: Reading) -> tuple[int, int, int, int] | None:
        packets = [now.packets[way] - before.packets[way] & _PACKETS for way in range(2)]
        octets = [now.octets[way] - before.octets[way] & _OCTETS for way in range(2)]
        if max(packets) >= _HALF_PACKETS or max(octets) >= _HALF_OCTETS:  # begun anew
            return None
        ways = 2 if self.both_ways else 1
        taken = ((self.newest or 0) - (self.number or 0)) & _PACKETS
        if 0 < 2 * self.arrived < taken or taken >= _HALF_PACKETS:
            return None  # most were lost on the way: they say too little
        scale = max(taken, self.arrived) / self.arrived if self.arrived else 1.0
        claimed, claimed_octets = (round(sum(said) * scale) for said in (self.packets, self.octets))
        self.samples += max(taken, self.arrived)
        self.counted += sum(packets[:ways])
        self.claimed += claimed
        return sum(packets[:ways]), sum(octets[:ways]), claimed, claimed_octets

    def judge(self) -> bool:
        """Whether it has just turned out that samples and counters do not agree."""
        expected = max(self.samples, self.counted // max(self.rate, 1))
        if expected < ENOUGH:
            return False
        allowed = max(self.counted, self.claimed) * (TOLERANCE + DEVIATIONS / sqrt(expected))
        before, self.disagrees = self.disagrees, abs(self.counted - self.claimed) > allowed
        if self.samples >= _MEMORY:
            self.samples, self.counted, self.claimed = self.samples // 2, self.counted // 2, self.claimed // 2
        return self.disagrees and not before


class Metering:
    """Owned by one collector process: the meters of sources that are followed, by exporter and key."""

    def __init__(self, per_exporter: int, limit: int) -> None:
        self._per_exporter, self._limit, self._count = per_exporter, limit, 0
        self._meters: dict[int, dict[int, _Meter]] = {}
        self._counts: dict[int, Counter[str]] = {}

    def wants(self, exporter: int) -> bool:
        """Whether anything of the exporter can be compared: it sends counters."""
        return exporter in self._meters

    def sampled(self, exporter: int, key: int, claim: Claim) -> None:
        meter = self._meters.get(exporter, {}).get(key)
        if meter is not None:
            meter.add(claim)

    def read(self, exporter: int, key: int, reading: Reading, *, both_ways: bool) -> None:
        """`both_ways`: the source is no interface, so that its samples are of all that it counts."""
        meters = self._meters.setdefault(exporter, {})
        meter = meters.get(key)
        if meter is None:
            if len(meters) >= self._per_exporter or self._count >= self._limit:
                return
            self._count += 1
            meter = meters[key] = _Meter(both_ways=both_ways)
        found = meter.read(reading)
        if found is None:
            return
        counts = self._counts.setdefault(exporter, Counter())
        names = ("counted_packets", "counted_octets", "sampled_packets", "sampled_octets")
        counts.update(dict(zip((f"interface_{name}" for name in names), found, strict=True)))
        counts["interface_disagreements"] += meter.judge()

    def counters(self, exporter: int) -> dict[str, int]:
        """Cumulative, by name."""
        return dict(self._counts.get(exporter, ()))

    def forget(self, exporter: int) -> None:
        self._count -= len(self._meters.pop(exporter, ()))
