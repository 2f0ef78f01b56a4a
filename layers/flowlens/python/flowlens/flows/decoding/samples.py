"""The samples of sFlow datagrams and the records in them, found in all datagrams of a batch at once."""

from __future__ import annotations

from ctypes import CDLL, c_int64, c_void_p
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.decoding.fields import Offsets
from flowlens.flows.decoding.frames import Peek
from flowlens.flows.decoding.sets import Indexes
from flowlens.flows.decoding.tally import Faults
from flowlens.flows.kernel import kernel

SAMPLES_LIMIT = 256  # of a datagram
RECORDS_LIMIT = 64  # of a sample; what is beyond is not read
_FAULTS = {1: "sample_length", 2: "sample_count"}  # FL_SAMPLE_LENGTH, FL_SAMPLE_COUNT


@dataclass(slots=True)
class Samples:
    """Where samples lie, after their own type and length."""

    datagram: Indexes
    kind: NDArray[np.uint32]
    at: Offsets
    stop: Offsets

    def take(self, which: NDArray[np.bool_] | Indexes) -> Samples:
        return Samples(self.datagram[which], self.kind[which], self.at[which], self.stop[which])


def walk_samples(at: Offsets, stops: Offsets, counts: Offsets, peek: Peek, faults: Faults) -> Samples:
    """The samples of all datagrams, in order of arrival."""
    library = kernel().library
    return (
        _stepped(at, stops, counts, peek, faults)
        if library is None
        else _walked(library, (at, stops, counts), peek, faults)
    )


def _walked(library: CDLL, datagrams: tuple[Offsets, Offsets, Offsets], peek: Peek, faults: Faults) -> Samples:
    """By the kernel, datagram by datagram."""
    at, stops, counts = (np.ascontiguousarray(one, np.int64) for one in datagrams)
    room = int(np.minimum(counts, np.minimum(np.maximum(stops - at, 0) // 8, SAMPLES_LIMIT)).sum())
    datagram, begins, ends = (np.empty(room, np.int64) for _ in range(3))
    kinds, fault = np.empty(room, np.uint32), np.empty(len(at), np.uint8)
    given = (c_int64 * 4)(len(at), at.ctypes.data, stops.ctypes.data, counts.ctypes.data)
    found = (c_void_p * 5)(*(one.ctypes.data for one in (datagram, kinds, begins, ends, fault)))
    count = library.fl_walk_samples(peek.octets.ctypes.data, given, SAMPLES_LIMIT, found, room)
    for number, reason in _FAULTS.items():
        faults.note(np.flatnonzero(fault == number), reason)
    return Samples(datagram[:count], kinds[:count], begins[:count], ends[:count])


def _stepped(at: Offsets, stops: Offsets, counts: Offsets, peek: Peek, faults: Faults) -> Samples:
    """The k-th sample of all datagrams is read at once. Each step moves at least 8 octets on."""
    datagrams = np.arange(len(at))
    found: list[tuple[Indexes, NDArray[np.uint32], Offsets, Offsets]] = []
    for step in range(SAMPLES_LIMIT):
        more = counts[datagrams] > step
        at, datagrams = at[more], datagrams[more]
        if not len(datagrams):
            break
        kinds, ends = _heads(at, peek)
        sound = ends <= stops[datagrams]
        if not sound.all():
            faults.note(datagrams[~sound], "sample_length")
            at, kinds, ends, datagrams = at[sound], kinds[sound], ends[sound], datagrams[sound]
        found.append((datagrams, kinds, at + 8, ends))
        at = ends
    else:
        faults.note(datagrams[counts[datagrams] > SAMPLES_LIMIT], "sample_count")
    if not found:
        none = np.zeros(0, np.int64)
        return Samples(none, none.astype(np.uint32), none, none)
    datagram, kind, begin, end = (np.concatenate(column) for column in zip(*found, strict=True))
    return Samples(datagram, kind, begin, end).take(np.argsort(datagram, kind="stable"))


def _heads(at: Offsets, peek: Peek) -> tuple[NDArray[np.uint32], Offsets]:
    """The type of what begins there, and where it ends."""
    both = peek.u64(at)
    return (both >> np.uint64(32)).astype(np.uint32), at + 8 + (both & np.uint64(0xFFFF_FFFF)).astype(np.int64)


class Records:
    """The records of samples by kind: where the first of that kind lies in each sample, if it has one."""

    def __init__(
        self, samples: Samples, at: Offsets, peek: Peek, faults: Faults, kinds: frozenset[int] | None = None
    ) -> None:
        self._kinds = KINDS if kinds is None else kinds
        self._found: dict[int, list[tuple[Indexes, Offsets, Offsets]]] = {}
        self._walk(samples, at, peek, faults)

    def _walk(self, samples: Samples, at: Offsets, peek: Peek, faults: Faults) -> None:
        which = np.arange(len(at))
        for _ in range(RECORDS_LIMIT):
            more = at + 8 <= samples.stop[which]
            at, which = at[more], which[more]
            if not len(which):
                break
            (kinds, end), begin = _heads(at, peek), at + 8
            sound = end <= samples.stop[which]
            if not sound.all():
                faults.note(samples.datagram[which[~sound]], "record_overrun")
                kinds, which, begin, end = kinds[sound], which[sound], begin[sound], end[sound]
            if len(which):
                self._sort(kinds, which, begin, end)
            at = begin + ((end - begin + 3) & ~3)

    def _sort(self, kinds: NDArray[np.uint32], which: Indexes, begin: Offsets, end: Offsets) -> None:
        distinct = {int(kinds[0])} if (kinds == kinds[0]).all() else set(np.unique(kinds).tolist())
        for kind in self._kinds & distinct:
            here = slice(None) if len(distinct) == 1 else kinds == kind
            self._found.setdefault(kind, []).append((which[here], begin[here], end[here]))

    def any_of(self, kinds: frozenset[int]) -> bool:
        """Whether any sample has such a record."""
        return not kinds.isdisjoint(self._found)

    def of(self, kind: int, shortest: int) -> tuple[Indexes, Offsets, Offsets] | None:
        """The samples with such a record, and where it begins and ends; of several the last counts."""
        found = self._found.get(kind)
        if found is None:
            return None
        which, begin, end = (np.concatenate(column) for column in zip(*found, strict=True))
        enough = end - begin >= shortest
        return which[enough], begin[enough], end[enough]


RAW_HEADER, ETHERNET, IPV4, IPV6, SWITCH, ROUTER, GATEWAY = 1, 2, 3, 4, 1001, 1002, 1003
MPLS, NAT, NAT_PORT = 1006, 1007, 1020
TUNNEL4_OUT, TUNNEL4_IN, TUNNEL6_OUT, TUNNEL6_IN, NETWORK_OUT, NETWORK_IN = 1023, 1024, 1025, 1026, 1029, 1030
SOCKET4, SOCKET6, PROXY4, PROXY6 = 2100, 2101, 2102, 2103
OPERATION, REQUEST = 2202, 2206
KINDS = frozenset(
    {RAW_HEADER, ETHERNET, IPV4, IPV6, SWITCH, ROUTER, GATEWAY, MPLS, NAT, NAT_PORT, NETWORK_OUT, NETWORK_IN}
    | {TUNNEL4_OUT, TUNNEL4_IN, TUNNEL6_OUT, TUNNEL6_IN, SOCKET4, SOCKET6, PROXY4, PROXY6, OPERATION, REQUEST}
)
