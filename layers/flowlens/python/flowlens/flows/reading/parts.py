"""Captures in parts of so many packets, with what is looked at of each and as much memory for any capture."""

from __future__ import annotations

import ctypes
import io
import struct
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from flowlens.flows.kernel import captures as kernel_
from flowlens.flows.kernel import kernel
from flowlens.flows.reading import captures
from flowlens.flows.reading.captures import CLASSIC, MAX_BLOCK, MAX_FRAME, NG, Damaged, Frame, Section
from flowlens.flows.reading.packets import HEADERS, Packets
from flowlens.flows.reading.spoken import GREETING
from flowlens.model.errors import Malformed

_TELLING = 4_096  # octets kept of a packet that may say a name: no answer or greeting in one packet is longer
_MILLISECOND, _SECOND = 1_000_000, 1_000_000_000
_LIMITS = (MAX_FRAME, MAX_BLOCK)


def parts(pieces: Iterator[bytes], most: int, skipped: Counter[str]) -> Iterator[Packets]:
    """Of a capture that comes in pieces; each part but the last one has `most` packets. Malformed by `file_capture`.

    Damaged, after what came before it, says why reading ends early; `skipped` counts as in captures.frames.
    """
    library = kernel().library
    source = _Source(pieces)
    source.have(4)
    magic = source.data[:4]
    if magic not in captures.MAGICS:
        raise Malformed("file_capture", f"it begins with {magic.hex(' ')}")
    if library is None:
        yield from _one_by_one(source, most, skipped)
        return
    walk = _Blocks(library, source, skipped) if magic == NG else _Records(library, source, magic)
    part = _Part(most)
    try:
        while walk.on(part):
            if part.gathered.full:
                yield part.packets()
                part = _Part(most)
    except Damaged:
        if part.gathered.count:
            yield part.packets()
        raise
    if part.gathered.count:
        yield part.packets()


class _Source:
    """Octets that come in pieces: those from `at` on are not read yet."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.data, self.at = b"", 0

    def have(self, size: int) -> bool:
        """Whether so many octets are there; more pieces are asked for when they are not."""
        left = len(self.data) - self.at
        if left >= size:
            return True
        gathered: list[bytes | memoryview] = [memoryview(self.data)[self.at :]]
        while left < size and (piece := next(self._pieces, None)) is not None:
            gathered.append(piece)
            left += len(piece)
        self.data, self.at = b"".join(gathered), 0
        return left >= size

    def stream(self) -> io.BytesIO:
        """What is there."""
        stream = io.BytesIO(self.data)
        stream.seek(self.at)
        return stream


class _Part:
    """The packets of one part."""

    def __init__(self, most: int) -> None:
        self.gathered = kernel_.Gathered(most, HEADERS, GREETING)
        self._whole: dict[int, bytes] = {}  # the beginning of those that may say a name

    def add(self, frame: Frame) -> None:
        self._whole[self.gathered.count] = frame.data[:_TELLING]
        self.gathered.put(frame.data[:HEADERS], frame.at // _MILLISECOND, frame.length, frame.link)

    def keep(self, source: _Source, since: int) -> None:
        """Of the packets that were gathered since, those that may say a name; they lie where the source stands."""
        gathered = self.gathered
        for row in (np.flatnonzero(gathered.telling[since : gathered.count]) + since).tolist():
            begin = source.at + int(gathered.begin[row])
            self._whole[row] = source.data[begin : begin + min(int(gathered.kept[row]), _TELLING)]

    def packets(self) -> Packets:
        gathered, whole = self.gathered, self._whole
        of = slice(gathered.count)
        times, lengths, links = gathered.times[of], gathered.lengths[of].view(np.uint64), gathered.links[of]
        heads = gathered.heads[: gathered.filled]
        return Packets(
            heads, gathered.at[of], gathered.stop[of], times, lengths, links, lambda row: whole.get(row, b"")
        )


class _Records:
    """A pcap, read as far as it lies in memory and then further."""

    def __init__(self, library: ctypes.CDLL, source: _Source, magic: bytes) -> None:
        self._library, self._source = library, source
        self._order, self._unit = CLASSIC[magic]
        source.have(24)
        stream = source.stream()
        stream.seek(4)
        self._link = captures.link_of(stream, self._order)
        source.at = stream.tell()
        self._lengths = struct.Struct(f"{self._order}8xI")

    def on(self, part: _Part) -> bool:
        """False at the end. Damaged where it ends within a packet, or a packet is too long."""
        source, since = self._source, part.gathered.count
        capture = kernel_.Capture(source.data, source.at, self._order, _LIMITS)
        done = part.gathered.pcap(self._library, capture, self._unit, self._link)
        part.keep(source, since)
        source.at += done
        if part.gathered.full or self._whole():
            return True
        for frame in captures.packets(source.stream(), self._order, self._unit, self._link):
            part.add(frame)
        return False

    def _whole(self) -> bool:
        """Whether the packet is there that is next."""
        source = self._source
        if not source.have(16):
            return False
        kept = int(self._lengths.unpack_from(source.data, source.at)[0])
        return kept <= MAX_FRAME and source.have(16 + kept)


class _Blocks:
    """A pcapng: the kernel takes packets that follow one another, all other blocks are read one by one."""

    def __init__(self, library: ctypes.CDLL, source: _Source, skipped: Counter[str]) -> None:
        self._library, self._source, self._section = library, source, Section(skipped)
        self._of: list[captures.Interface] = []  # the interfaces that the kernel's are
        self._interfaces, self._count = (kernel_.Interface * 1)(), 0

    def on(self, part: _Part) -> bool:
        """False at the end. Damaged where a block cannot be read."""
        source, section, since = self._source, self._section, part.gathered.count
        self._tell()
        capture = kernel_.Capture(source.data, source.at, section.order, _LIMITS)
        known = (self._interfaces, self._count)
        done, section.last = part.gathered.pcapng(self._library, capture, known, section.last)
        part.keep(source, since)
        source.at += done
        if part.gathered.full:
            return True
        if not source.have(12) and source.at == len(source.data):
            return False
        source.have(self._size())
        stream = source.stream()
        frame = section.step(stream, stream.read(4))
        source.at = stream.tell()
        if frame is not None:
            part.add(frame)
        return True

    def _size(self) -> int:
        """What the block says that is next, where that can be."""
        data, at = self._source.data, self._source.at
        order = self._section.order
        if data[at : at + 4] == NG:
            order = ">" if data[at + 8 : at + 9] == b"\x1a" else "<"
        size = int(struct.unpack_from(order + "I", data, at + 4)[0]) if at + 8 <= len(data) else 0
        return size if size <= MAX_BLOCK else 0

    def _tell(self) -> None:
        """Tells the kernel of interfaces that are new."""
        known = self._section.interfaces
        if known is not self._of:
            self._of, self._count = known, 0
        if len(known) > len(self._interfaces):
            more = (kernel_.Interface * (2 * len(known)))()
            ctypes.memmove(more, self._interfaces, ctypes.sizeof(self._interfaces))
            self._interfaces = more
        for at in range(self._count, len(known)):
            self._interfaces[at] = _interface(known[at])
        self._count = len(known)


def _interface(known: captures.Interface) -> kernel_.Interface:
    scale, left = divmod(_SECOND, known.units)
    offset = known.offset * _SECOND
    usual = not left and abs(offset) < 1 << 62
    return kernel_.Interface(known.link, scale if usual else 0, offset if usual else 0)


def _one_by_one(source: _Source, most: int, skipped: Counter[str]) -> Iterator[Packets]:
    """The same without the kernel."""
    stream = io.BufferedReader(_Stream(source), 1 << 18)
    part: list[Frame] = []
    try:
        for frame in captures.frames(stream, stream.read(4), skipped):
            part.append(frame if len(frame.data) <= _TELLING else frame._replace(data=frame.data[:_TELLING]))
            if len(part) == most:
                yield _packets(part)
                part = []
    except Damaged:
        if part:
            yield _packets(part)
        raise
    if part:
        yield _packets(part)


def _packets(part: list[Frame]) -> Packets:
    """Their headers side by side."""
    pieces, count = [frame.data[:HEADERS] for frame in part], len(part)
    sizes = np.fromiter(map(len, pieces), np.int64, count)
    stop = np.cumsum(sizes)
    return Packets(
        np.frombuffer(b"".join(pieces), np.uint8),
        stop - sizes,
        stop,
        np.fromiter((frame.at for frame in part), np.int64, count) // _MILLISECOND,
        np.fromiter((frame.length for frame in part), np.uint64, count),
        np.fromiter((frame.link for frame in part), np.int64, count),
        lambda row: part[row].data,
    )


class _Stream(io.RawIOBase):
    """A source as a stream."""

    def __init__(self, source: _Source) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        source, into = self._source, memoryview(buffer)
        source.have(1)
        piece = source.data[source.at : source.at + len(into)]
        source.at += len(piece)
        into[: len(piece)] = piece
        return len(piece)
