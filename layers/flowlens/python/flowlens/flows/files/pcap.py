"""Packet captures, pcap and pcapng: headers become flows of a minute; DNS answers and TLS greetings say names."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np

from flowlens.flows.body import FlowBody
from flowlens.flows.columns import Format
from flowlens.flows.reading import About, interfaces
from flowlens.flows.reading import packets as packets_
from flowlens.flows.reading.blocks import unpacked
from flowlens.flows.reading.captures import MAGICS, Damaged, Frame, frames
from flowlens.flows.reading.packets import HEADERS, Packets
from flowlens.flows.reading.tally import Tally
from flowlens.model.errors import Malformed

_PACKETS = 1 << 15  # of one part of a capture, so it must stay as it is
_YEARS = (946_684_800_000, 4_102_444_800_000)  # ms: 2000 to 2100


def recognises(first: bytes) -> bool:
    """By the magic number."""
    return first[:4] in MAGICS


def read(stream: BinaryIO, about: About, tally: Tally) -> Iterator[FlowBody]:
    """A flow for each minute and direction of a conversation, a body for each few thousand packets.

    What is no IP is left out as `not_ip`, what lies outside of our years refused as `time`. A capture that ends within
    a packet counts as `damaged`; what came before it stands. Malformed by `file_gzip`, `file_bomb` or `file_capture`.
    """
    source = io.BufferedReader(_Pieces(unpacked(stream)), 1 << 18)
    magic, skipped = source.read(4), Counter[str]()
    if magic not in MAGICS:
        raise Malformed("file_capture", f"it begins with {magic.hex(' ')}")
    part: list[Frame] = []
    try:
        for frame in frames(source, magic, skipped):
            part.append(frame)
            if len(part) == _PACKETS:
                yield from _flows(part, about, tally)
                part = []
    except Damaged as damaged:
        tally.fail("damaged", 1, [damaged.reason])
    tally.fail("block", skipped.total(), ["a block that holds no packet although it should"])
    if part:
        yield from _flows(part, about, tally)


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        into = memoryview(buffer)
        self._rest = self._rest or next(self._pieces, b"")
        piece, self._rest = self._rest[: len(into)], self._rest[len(into) :]
        into[: len(piece)] = piece
        return len(piece)


def _flows(frames_: Sequence[Frame], about: About, tally: Tally) -> Iterator[FlowBody]:
    packets = _packets(frames_)
    rows, times = packets_.rows_of(packets), packets.times
    wrong = (times < _YEARS[0]) | (times >= _YEARS[1])
    carried = (rows["ip_version"] > 0) & ~wrong
    tally.count("lines", packets.count)
    tally.count("not_ip", int(np.count_nonzero(~carried & ~wrong)))
    tally.fail(
        "time", int(np.count_nonzero(wrong)), (f"a packet {times[at]} ms after 1970" for at in np.flatnonzero(wrong))
    )
    if not carried.any():
        return
    all_ = rows.columns()
    columns = packets_.flows(all_.take(carried), times[carried], packets.lengths[carried], Format.PCAP)
    tally.count("flows", columns.rows)
    exporter = interfaces.address(0, f"capture:{about.log}")
    yield FlowBody(columns, [exporter], tuple(packets_.named(packets, all_, carried, exporter)))


def _packets(part: Sequence[Frame]) -> Packets:
    """Their headers side by side."""
    pieces, count = [frame.data[:HEADERS] for frame in part], len(part)
    sizes = np.fromiter(map(len, pieces), np.int64, count)
    stop = np.cumsum(sizes)
    return Packets(
        np.frombuffer(b"".join(pieces), np.uint8),
        stop - sizes,
        stop,
        np.fromiter((frame.at for frame in part), np.int64, count) // 1_000_000,
        np.fromiter((frame.length for frame in part), np.uint64, count),
        np.fromiter((frame.link for frame in part), np.int64, count),
        lambda row: part[row].data,
    )
