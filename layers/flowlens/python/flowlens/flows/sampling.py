"""Sampling as sFlow agents account for it: samples that never came or had no room, and whether its rate is true."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Format
from flowlens.flows.decoding.heads import CLASS, Heads
from flowlens.flows.decoding.readings import Readings
from flowlens.flows.grouping import occurring
from flowlens.flows.metering import DEVIATIONS, ENOUGH, TOLERANCE, Claim, Metering, Reading
from flowlens.flows.numbering import Numbers
from flowlens.flows.sequences import Ledger

SOURCES = 512  # of an exporter that are followed
LIMIT = 8_192  # sources of all exporters
_MEMORY = 1 << 16  # samples after which older ones weigh half
_LATE = 1_024  # numbers behind which a sample is no late one: the source began anew
_HALF, _MASK = 1 << 31, 0xFFFF_FFFF
_NAMES = {
    "sequence_sent_datagrams": "samples_sent",
    "sequence_lost_datagrams": "samples_lost",
    "sequence_open_datagrams": "samples_open",
    "sequence_duplicate": "samples_duplicate",
    "sequence_reordered": "samples_reordered",
    "sequence_outside": "samples_outside",
    "sequence_untracked": "samples_untracked",
}


@dataclass(slots=True)
class _Pool:
    """How far a source's own counts have come, and what they amount to against its rate."""

    number: int
    pool: int
    drops: int
    rate: int
    samples: int = 0
    packets: int = 0  # by its pool
    disagrees: bool = False

    def follows(self, head: _Head) -> bool:
        """Whether what lies between says anything: not across a restart, another rate, or a pool that went round."""
        number, pool = head.number - self.number & _MASK, head.pool - self.pool & _MASK
        steady = head.is_steady and head.rate == self.rate and number * self.rate < _HALF
        return steady and 0 < number < _HALF and 0 < pool < _HALF

    def judge(self) -> bool:
        """Whether it has just turned out that the rate is not the one that packets were sampled at."""
        if self.samples < ENOUGH:
            return False
        claimed = self.samples * self.rate
        before, self.disagrees = (
            self.disagrees,
            abs(self.packets - claimed) > claimed * (TOLERANCE + DEVIATIONS / sqrt(self.samples)),
        )
        if self.samples >= _MEMORY:
            self.samples //= 2
            self.packets //= 2
        return self.disagrees and not before


@dataclass(frozen=True, slots=True)
class _Head:
    """The last sample of a source in a batch."""

    number: int
    pool: int
    drops: int
    rate: int
    is_steady: bool  # all of the batch have this rate


class Sampling:
    """Owned by one collector process. `addresses` are those of the exporters' indices, and may grow."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._numbers = Ledger(addresses, per_exporter=SOURCES, limit=LIMIT)
        self._pools: dict[int, dict[int, _Pool]] = {}
        self._counts: dict[int, Counter[str]] = {}
        self._salt = np.uint64(secrets.randbits(64) | 1)
        self._followed = 0
        self._metering = Metering(SOURCES, LIMIT)

    def observe(self, heads: Heads) -> None:
        """The samples of a batch."""
        count = len(heads.number)
        if not count:
            return
        stream = heads.agent ^ heads.source * self._salt
        kind, none = np.full(count, int(Format.SFLOW5), np.uint8), np.zeros(count, np.int64)
        said = heads.exporter, kind, stream, heads.number, heads.uptime, heads.count, heads.received, none
        self._numbers.observe(Numbers(np.arange(count), *said))
        order, firsts = _by_source(heads, stream)
        lasts = np.append(firsts[1:], count) - 1
        for exporter, key, head in _lasts(heads, stream, order, firsts, lasts):
            self._follow(exporter, key, head)
        if any(map(self._metering.wants, occurring(heads.exporter))):
            for exporter, key, claim in _claims(heads, stream, order, firsts, lasts):
                self._metering.sampled(exporter, key, claim)

    def compare(self, readings: Readings) -> None:
        """What interfaces and hosts counted, against the samples that came before."""
        keys = readings.agent ^ readings.source * self._salt
        interface = (readings.source >> CLASS) == 0
        octets, packets = readings.octets.T.tolist(), readings.packets.T.tolist()
        for at, (exporter, key) in enumerate(zip(readings.exporter.tolist(), keys.tolist(), strict=True)):
            reading = Reading((packets[at][0], packets[at][1]), (octets[at][0], octets[at][1]))
            self._metering.read(exporter, key, reading, both_ways=not interface[at])

    def _follow(self, exporter: int, key: int, head: _Head) -> None:
        pools = self._pools.setdefault(exporter, {})
        known = pools.get(key)
        if known is None:
            if len(pools) < SOURCES and self._followed < LIMIT:
                self._followed += 1
                pools[key] = _Pool(head.number, head.pool, head.drops, head.rate)
            return
        behind = known.number - head.number & _MASK
        if behind < _LATE:
            return  # late, or here twice: what came before it counts it already
        counts = self._counts.setdefault(exporter, Counter())
        if behind >= _HALF:
            dropped = head.drops - known.drops & _MASK
            counts["agent_dropped_samples"] += dropped if dropped < _HALF else 0
        if known.follows(head):
            self._compare(known, head, counts)
        elif behind < _HALF or head.rate != known.rate:  # begun anew, or sampled otherwise
            known.samples, known.packets, known.disagrees = 0, 0, False
        known.number, known.pool, known.drops, known.rate = head.number, head.pool, head.drops, head.rate

    def _compare(self, known: _Pool, head: _Head, counts: Counter[str]) -> None:
        samples, packets = head.number - known.number & _MASK, head.pool - known.pool & _MASK
        known.samples += samples
        known.packets += packets
        counts["samples_claimed_packets"] += samples * known.rate
        counts["samples_pool_packets"] += packets
        counts["sampling_disagreements"] += known.judge()

    def counters(self, exporter: int) -> dict[str, int]:
        """Cumulative, by name; samples that are open may yet come."""
        numbered = self._numbers.counters(exporter)
        found = {name: numbered[known] for known, name in _NAMES.items() if known in numbered}
        found |= self._metering.counters(exporter)
        return {**found, **{name: count for name, count in self._counts.get(exporter, Counter()).items() if count}}

    def forget(self, exporter: int) -> None:
        """Its datagrams are not looked at any more."""
        self._numbers.forget(exporter)
        self._metering.forget(exporter)
        self._followed -= len(self._pools.pop(exporter, ()))

    def finish(self) -> None:
        """Nothing more will come: what is open is lost."""
        self._numbers.finish()


_Places = NDArray[np.intp]


def _by_source(heads: Heads, stream: NDArray[np.uint64]) -> tuple[_Places, _Places]:
    """The runs in the order of their sources, and where each source begins."""
    order: _Places = np.arange(len(stream))
    if (heads.exporter[1:] != heads.exporter[:-1]).any():
        order = np.lexsort((stream, heads.exporter))
    elif (stream[1:] != stream[:-1]).any():
        order = np.argsort(stream, kind="stable")
    who, which = heads.exporter[order], stream[order]
    return order, np.flatnonzero(np.append(True, (which[1:] != which[:-1]) | (who[1:] != who[:-1])))


def _lasts(
    heads: Heads, stream: NDArray[np.uint64], order: _Places, firsts: _Places, lasts: _Places
) -> Iterator[tuple[int, int, _Head]]:
    """The last sample of each source."""
    rate, at = heads.rate[order], order[lasts]
    steady = np.minimum.reduceat(rate, firsts) == np.maximum.reduceat(rate, firsts)
    columns = (_last_number(heads, at), heads.pool[at], heads.drops[at], heads.rate[at], steady)
    values = zip(*(column.tolist() for column in columns), strict=True)
    for exporter, key, head in zip(heads.exporter[at].tolist(), stream[at].tolist(), values, strict=True):
        yield exporter, key, _Head(*head)


def _last_number(heads: Heads, at: _Places) -> NDArray[np.int64]:
    return heads.number[at] + heads.count[at] - 1 & _MASK


def _claims(
    heads: Heads, stream: NDArray[np.uint64], order: _Places, firsts: _Places, lasts: _Places
) -> Iterator[tuple[int, int, Claim]]:
    """What the samples of each source stand for."""
    at = order[lasts]
    samples = np.add.reduceat(heads.count[order], firsts)
    ways = [np.add.reduceat(way[order], firsts) for amount in (heads.packets, heads.octets) for way in amount]
    sound = np.minimum.reduceat(heads.rate[order], firsts) > 0
    columns = (samples, _last_number(heads, at), heads.rate[at], *ways, sound)
    values = zip(*(column.tolist() for column in columns), strict=True)
    for exporter, key, one in zip(heads.exporter[at].tolist(), stream[at].tolist(), values, strict=True):
        samples, number, last, inward, outward, octets_in, octets_out, sound = one
        yield exporter, key, Claim(samples, number, last, (inward, outward), (octets_in, octets_out), sound)
