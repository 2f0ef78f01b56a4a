"""What sFlow's counter samples say: how much went through an interface or a host, and what that is called."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding.fields import Offsets
from flowlens.flows.decoding.frames import Peek
from flowlens.flows.decoding.heads import CLASS
from flowlens.flows.decoding.names import NameBook
from flowlens.flows.decoding.samples import Records, Samples
from flowlens.flows.decoding.tally import Faults

INTERFACE, PORT_NAME, HOST, HOST_TRAFFIC, GUEST_TRAFFIC = 1, 1005, 2000, 2006, 2103
KINDS = frozenset({INTERFACE, PORT_NAME, HOST, HOST_TRAFFIC, GUEST_TRAFFIC})
_EXPANDED = 4
_COMPACT_HEAD, _EXPANDED_HEAD = 12, 16  # sequence, source (class and index apart), records
_INTERFACE_OCTETS, _TRAFFIC_OCTETS = 88, 40
_IN, _OUT = 24, 56  # of an interface: octets, then packets to one, to a group, to all
_UNKNOWN = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_UNKNOWN_PACKETS = np.uint32(0xFFFF_FFFF)


@dataclass(slots=True)
class Readings:
    """One for each interface or host that was read, in order of arrival. Packets wrap at 2^32, octets at 2^64."""

    exporter: NDArray[np.uint16]
    agent: NDArray[np.uint64]  # as in Heads
    source: NDArray[np.uint64]
    octets: NDArray[np.uint64]  # (2, count): in, out
    packets: NDArray[np.uint32]  # likewise

    @property
    def count(self) -> int:
        return len(self.source)


def read_readings(
    counters: Samples, begin: Offsets, datagrams: Datagrams, peek: Peek, book: NameBook, faults: Faults
) -> Readings:
    """Of counter samples that are whole; names go into the book. `begin`: behind each datagram's agent address."""
    expanded = counters.kind == _EXPANDED
    source = peek.u32(counters.at + 4).astype(np.uint64)
    source = (source >> np.uint64(24)) << CLASS | source & np.uint64(0xFF_FFFF)
    wide = peek.u32(counters.at + 4).astype(np.uint64) << CLASS | peek.u32(counters.at + 8)
    source = np.where(expanded, wide, source)
    exporters = datagrams.exporters[counters.datagram]
    agent = (peek.u32(begin - 4).astype(np.uint64) << np.uint64(32) | peek.u32(begin))[counters.datagram]
    head = np.where(expanded, _EXPANDED_HEAD, _COMPACT_HEAD)
    records = Records(counters, counters.at + head, peek, faults, KINDS)
    _learn(records, exporters, source, peek, book)
    parts = [
        (found[0], *reader(found[1], peek))
        for kind, shortest, reader in _READERS
        if (found := records.of(kind, shortest)) is not None
    ]
    if not parts:
        none = np.zeros(0, np.uint64)
        return Readings(exporters[:0], none, none, np.zeros((2, 0), np.uint64), np.zeros((2, 0), np.uint32))
    which = np.concatenate([part[0] for part in parts])
    octets, packets = (np.concatenate([part[at] for part in parts], axis=1) for at in (1, 2))
    told = (octets != _UNKNOWN).all(0) & (packets != _UNKNOWN_PACKETS).all(0)
    which = which[told]
    return Readings(exporters[which], agent[which], source[which], octets[:, told], packets[:, told])


def _interface(at: Offsets, peek: Peek) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    octets = np.stack([peek.u64(at + _IN), peek.u64(at + _OUT)])
    packets = np.stack([peek.u32(at + side + 8) for side in (_IN, _OUT)])
    known = packets != _UNKNOWN_PACKETS
    for behind in (12, 16):
        more = np.stack([peek.u32(at + side + behind) for side in (_IN, _OUT)])
        packets = packets + np.where(more == _UNKNOWN_PACKETS, np.uint32(0), more)  # some count no groups
    return octets, np.where(known, packets, _UNKNOWN_PACKETS)


def _traffic(at: Offsets, peek: Peek) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """Octets and packets, errors and drops in; then the same out."""
    octets = np.stack([peek.u64(at), peek.u64(at + 20)])
    return octets, np.stack([peek.u32(at + 8), peek.u32(at + 28)])


_READERS = (
    (INTERFACE, _INTERFACE_OCTETS, _interface),
    (HOST_TRAFFIC, _TRAFFIC_OCTETS, _traffic),
    (GUEST_TRAFFIC, _TRAFFIC_OCTETS, _traffic),
)


def _learn(
    records: Records, exporters: NDArray[np.uint16], source: NDArray[np.uint64], peek: Peek, book: NameBook
) -> None:
    for kind, what in ((PORT_NAME, "interfaces"), (HOST, "hosts")):
        found = records.of(kind, 4)
        if found is None:
            continue
        which, at, end = found
        length = np.minimum(peek.u32(at).astype(np.int64), end - at - 4)
        for one, start, octets in zip(which.tolist(), (at + 4).tolist(), length.tolist(), strict=True):
            index = int(source[one]) & 0xFFFF_FFFF
            book.put(int(exporters[one]), what, index, bytes(peek.octets[start : start + octets]))
