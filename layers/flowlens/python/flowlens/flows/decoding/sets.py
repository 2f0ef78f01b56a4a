"""The sets of NetFlow v9 and IPFIX messages, found in all datagrams of a batch at once."""

from __future__ import annotations

from ctypes import CDLL, c_int64, c_void_p
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.decoding.fields import Octets, Offsets, everywhere
from flowlens.flows.decoding.tally import Faults
from flowlens.flows.kernel import kernel

SETS_LIMIT = 192  # of a datagram: as many first uses of templates take about as many tenths of a millisecond
_FEW_SETS = 6  # of a message
_FAULTS = {1: "set_length", 2: "set_count"}  # FL_SET_LENGTH, FL_SET_COUNT
Indexes = NDArray[np.intp]


@dataclass(slots=True)
class Headers:
    """What each message said of itself, and who sent it."""

    exporter: NDArray[np.uint16]
    domain: NDArray[np.uint32]
    received: NDArray[np.int64]  # ms since 1970 UTC
    exported: NDArray[np.int64]  # ms since 1970 UTC
    uptime: NDArray[np.uint32]  # ms; 0 in IPFIX
    records: NDArray[np.int64] | None = None  # found in each, and how many of them are options data; None: not counted

    def count(self, datagrams: Indexes, records: Indexes, *, options: bool = False) -> None:
        """So many records lie in each of these datagrams, one of which may be named more than once."""
        if self.records is not None:
            found = np.bincount(datagrams, weights=records, minlength=self.records.shape[1])
            self.records[int(options)] += found.astype(np.int64)


@dataclass(slots=True)
class Sets:
    """Where sets lie in `octets`, and which header each came under; in order of arrival."""

    octets: Octets
    datagram: Indexes
    ids: NDArray[np.uint16]
    starts: Offsets  # of the content, after the set's own header
    stops: Offsets

    def take(self, which: Indexes | slice) -> Sets:
        return Sets(self.octets, self.datagram[which], self.ids[which], self.starts[which], self.stops[which])

    @property
    def count(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> Offsets:
        return self.stops - self.starts

    def content(self, which: int) -> bytes:
        return self.octets[self.starts[which] : self.stops[which]].tobytes()


def walk(octets: Octets, starts: Offsets, stops: Offsets, faults: Faults) -> Sets:
    """The sets of all messages, in order of arrival."""
    library = kernel().library
    return (
        _stepped(octets, starts, stops, faults)
        if library is None
        else _walked(library, octets, (starts, stops), faults)
    )


def _walked(library: CDLL, octets: Octets, ends: tuple[Offsets, Offsets], faults: Faults) -> Sets:
    """By the kernel, message by message; once more where there are more sets than most messages have."""
    starts, stops = (np.ascontiguousarray(one, np.int64) for one in ends)
    room = _FEW_SETS * len(starts)
    while True:
        datagram, begins, finishes = (np.empty(room, np.int64) for _ in range(3))
        ids, fault = np.empty(room, np.uint16), np.empty(len(starts), np.uint8)
        found = (c_void_p * 5)(*(one.ctypes.data for one in (datagram, ids, begins, finishes, fault)))
        given = (octets.ctypes.data, starts.ctypes.data, stops.ctypes.data)
        count = library.fl_sets(*given, len(starts), SETS_LIMIT, found, room)
        if count <= room:
            break
        room = count
    for number, reason in _FAULTS.items():
        faults.note(np.flatnonzero(fault == number), reason)
    return Sets(octets, datagram[:count], ids[:count], begins[:count], finishes[:count])


def _stepped(octets: Octets, starts: Offsets, stops: Offsets, faults: Faults) -> Sets:
    """The k-th set of all messages is read at once, k from 0. Each step moves at least 4 octets on."""
    words = everywhere(octets, 2)
    at, datagrams = starts.copy(), np.arange(len(starts))
    found: list[tuple[Indexes, NDArray[np.uint16], Offsets, Offsets]] = []
    for _ in range(SETS_LIMIT):
        more = stops[datagrams] - at >= 4  # fewer octets are padding
        at, datagrams = at[more], datagrams[more]
        if not len(datagrams):
            break
        ids, lengths = words[at].astype(np.uint16), words[at + 2].astype(np.int64)
        ends = at + lengths
        sound = (lengths >= 4) & (ends <= stops[datagrams])
        if not sound.all():
            faults.note(datagrams[~sound], "set_length")
            at, datagrams, ids, ends = at[sound], datagrams[sound], ids[sound], ends[sound]
        found.append((datagrams, ids, at + 4, ends))
        at = ends
    else:
        faults.note(datagrams[stops[datagrams] - at >= 4], "set_count")
    return _in_order(octets, found)


def _in_order(octets: Octets, found: list[tuple[Indexes, NDArray[np.uint16], Offsets, Offsets]]) -> Sets:
    if not found:
        none = np.zeros(0, np.int64)
        return Sets(octets, none.astype(np.intp), none.astype(np.uint16), none, none)
    datagram, ids, starts, stops = (np.concatenate(column) for column in zip(*found, strict=True))
    sets = Sets(octets, datagram, ids, starts, stops)
    return sets.take(np.argsort(datagram, kind="stable"))


def repeats(sets: Sets, owners: Indexes) -> Indexes:
    """Which earlier set of the same owner and id each one repeats to the octet; -1 where none is known to.

    Exporters say the same all day. Without the kernel none is known, which costs time and changes nothing.
    """
    library = kernel().library
    if library is None:
        return np.full(sets.count, -1)
    given = [owners, sets.starts, sets.stops]
    owner, start, stop = (np.ascontiguousarray(one, np.int64) for one in given)
    ids, first = np.ascontiguousarray(sets.ids), np.empty(sets.count, np.int64)
    places = (one.ctypes.data for one in (owner, ids, start, stop))
    library.fl_repeats((c_int64 * 6)(sets.octets.ctypes.data, sets.count, *places), first.ctypes.data)
    return first


def joined(parts: list[Sets]) -> Sets:
    """Sets that lie in the same octets, one part after the other."""
    if len(parts) == 1:
        return parts[0]
    columns = zip(*((part.datagram, part.ids, part.starts, part.stops) for part in parts), strict=True)
    datagram, ids, starts, stops = (np.concatenate(column) for column in columns)
    return Sets(parts[0].octets, datagram, ids, starts, stops)


def records(sets: Sets, size: int) -> tuple[Indexes, Offsets]:
    """Records of `size` octets: which set each lies in, and where it begins. What is left of a set is padding."""
    counts = sets.lengths // size
    owners = np.repeat(np.arange(sets.count), counts)
    first = np.cumsum(counts) - counts
    return owners, sets.starts[owners] + size * (np.arange(len(owners)) - first[owners])
