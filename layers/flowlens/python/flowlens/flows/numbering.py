"""The sequence numbers of datagrams, whatever they count, read from the headers of a whole batch at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.grouping import occurring

FLOWS = (int(Format.NETFLOW5), int(Format.NETFLOW7), int(Format.IPFIX))  # these number records, the others datagrams
UNKNOWN = -1
_NUMBERS_FLOWS = np.isin(np.arange(256), FLOWS)
_IDS = {5: int(Format.NETFLOW5), 7: int(Format.NETFLOW7), 9: int(Format.NETFLOW9), 10: int(Format.IPFIX)}
_SHORTEST = {5: 24, 7: 24, 9: 20, 10: 16}
_MOST = {5: (24, 48, 30), 7: (24, 52, 28)}  # header, record, records
_SFLOW = 24  # octets up to the uptime, with an IPv4 agent

Words = NDArray[np.uint32]
_Said = tuple[Words, Words, NDArray[np.uint64], NDArray[np.int64]]  # number, uptime, domain, records
_Read = Callable[[Words, NDArray[np.int32]], _Said]


@dataclass(slots=True)
class Numbers:
    """What each datagram says of itself, in order of arrival; `records` is how many numbers it takes up."""

    which: NDArray[np.intp]  # of the batch
    exporter: NDArray[np.uint16]
    format: NDArray[np.uint8]
    domain: NDArray[np.uint64]
    number: NDArray[np.int64]
    uptime: NDArray[np.int64]
    records: NDArray[np.int64]
    received: NDArray[np.int64]
    options: NDArray[np.int64]  # of the records

    def take(self, which: NDArray[np.intp]) -> Numbers:
        return Numbers(*(getattr(self, name)[which] for name in self.__slots__))

    def one_by_one(self) -> Numbers:
        """What follows one another and was given as one, apart: each with a number of its own."""
        if (self.records == 1).all():
            return self
        each = self.take(np.repeat(np.arange(self.count), self.records))
        each.number += np.arange(each.count) - np.repeat(np.cumsum(self.records) - self.records, self.records)
        each.number &= 0xFFFF_FFFF
        each.records[:] = 1
        return each

    @property
    def count(self) -> int:
        return len(self.which)


def read(datagrams: Datagrams) -> Numbers:
    """The datagrams that have a number. How many records an IPFIX message has is UNKNOWN to its header."""
    slots, lengths = datagrams.slots, np.minimum(datagrams.lengths, datagrams.slots.shape[1])
    width = min(slots.shape[1] // 4, 10)
    words = np.empty((datagrams.count, 10), np.uint32)
    words[:, :width] = slots[:, : width * 4].view(">u4")
    words[:, width:] = 0
    version = np.where(words[:, 0] == 5, 6, words[:, 0] >> np.uint32(16))  # 6: sFlow, whose version has four octets
    parts: list[Numbers] = []
    for kind in occurring(version[lengths >= 16]):
        if (reader := _READERS.get(kind)) is None:
            continue
        which = np.flatnonzero((version == kind) & (lengths >= _SHORTEST.get(kind, 28)))
        whole = len(which) == datagrams.count
        exporters, received = datagrams.exporters, datagrams.received
        number, uptime, domain, records = reader(words if whole else words[which], lengths[which])
        parts.append(
            Numbers(
                which,
                exporters if whole else exporters[which],
                np.full(len(which), _IDS.get(kind, int(Format.SFLOW5)), np.uint8),
                domain,
                number.astype(np.int64),
                uptime.astype(np.int64),
                records,
                received if whole else received[which],
                np.zeros(len(which), np.int64),
            )
        )
    return _joined(parts)


def complete(numbers: Numbers, decoded: NDArray[np.bool_], records: NDArray[np.int64]) -> NDArray[np.intp]:
    """Fills in the records that were found in the decoded IPFIX messages; returns who has flows that nobody read."""
    everything = bool(decoded.all())
    found = numbers.format == Format.IPFIX
    if not everything:
        found &= decoded
    if found.all():
        numbers.records[:], numbers.options[:] = records
    elif found.any():
        numbers.records[found], numbers.options[found] = records
    if everything:
        return np.zeros(0, np.intp)
    return np.flatnonzero(~decoded & _NUMBERS_FLOWS[numbers.format] & (numbers.records > 0))


def _joined(parts: list[Numbers]) -> Numbers:
    if len(parts) == 1:
        return parts[0]
    if not parts:
        wide, none = np.zeros(0, np.int64), np.zeros(0, np.uint16)
        return Numbers(wide, none, none.astype(np.uint8), none.astype(np.uint64), *(wide for _ in range(5)))
    joined = Numbers(*(np.concatenate([getattr(p, name) for p in parts]) for name in Numbers.__slots__))
    return joined.take(np.argsort(joined.which, kind="stable"))


def _fixed(version: int) -> _Read:
    header, record, most = _MOST[version]

    def reader(words: Words, lengths: NDArray[np.int32]) -> _Said:
        counts = (words[:, 0] & np.uint32(0xFFFF)).astype(np.int64)
        true = (counts > 0) & (counts <= np.minimum((lengths - header) // record, most))
        engine = words[:, 5] >> np.uint32(16) if version == 5 else np.zeros(len(words), np.uint32)
        return words[:, 4], words[:, 1], engine.astype(np.uint64), np.where(true, counts, UNKNOWN)

    return reader


def _netflow9(words: Words, lengths: NDArray[np.int32]) -> _Said:
    return words[:, 3], words[:, 1], words[:, 4].astype(np.uint64), np.ones(len(lengths), np.int64)


def _ipfix(words: Words, lengths: NDArray[np.int32]) -> _Said:
    count = len(lengths)
    return words[:, 2], np.zeros(count, np.uint32), words[:, 3].astype(np.uint64), np.full(count, UNKNOWN)


def _sflow(words: Words, lengths: NDArray[np.int32]) -> _Said:
    """By agent and sub-agent; an IPv6 agent's last 32 bits and first 32 bits stand for all of it."""
    six = words[:, 1] == 2
    at = np.where(six, 6, 3)
    rows = np.arange(len(words))
    agent = np.where(six, words[:, 2] ^ words[:, 5], words[:, 2]).astype(np.uint64)
    domain = agent << np.uint64(32) | words[rows, at].astype(np.uint64)
    return words[rows, at + 1], words[rows, at + 2], domain, np.ones(len(lengths), np.int64)


_READERS: dict[int, _Read] = {5: _fixed(5), 6: _sflow, 7: _fixed(7), 9: _netflow9, 10: _ipfix}
