"""Captures of packets, pcap and pcapng, as a stream of frames."""

from __future__ import annotations

import io
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

MAX_FRAME: Final = 262_144  # libpcap's own largest snapshot; a longer packet is a lie
MAX_BLOCK: Final = 16 << 20
_MAX_INTERFACES: Final = 65_536
_LATEST: Final = 2**62  # the year 2116, in ns: what a 64-bit time can hold and a file may claim to exceed
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
NG = b"\x0a\x0d\x0d\x0a"
CLASSIC: Final = {  # magic: byte order, nanoseconds per unit of the fraction
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
MAGICS = frozenset({NG, *CLASSIC})


class Frame(NamedTuple):
    """One captured packet: when (ns since 1970), what kind of link, its bytes, and how long it was on the wire."""

    at: int
    link: int
    data: bytes
    length: int


class Damaged(Exception):
    """The capture cannot be read further; what came before it stands."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def frames(stream: io.BufferedIOBase, magic: bytes, skipped: Counter[str]) -> Iterator[Frame]:
    """Every packet, after the file's first four octets, which are one of MAGICS. Damaged says why reading ends early.

    `skipped` counts blocks of a pcapng that hold no packet although they should.
    """
    if magic == NG:
        section, raw = Section(skipped), NG
        while raw:
            if (frame := section.step(stream, raw)) is not None:
                yield frame
            raw = stream.read(4)
    else:
        order, unit = CLASSIC[magic]
        yield from packets(stream, order, unit, link_of(stream, order))


def _take(stream: io.BufferedIOBase, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise Damaged("the file ends inside a packet")
    return data


def link_of(stream: io.BufferedIOBase, order: str) -> int:
    """What kind of link a pcap is of: all that is wanted of the rest of its header."""
    _take(stream, 16)
    return int(struct.unpack(order + "I", _take(stream, 4))[0]) & 0x0FFF_FFFF  # the high bits say how long an FCS is


def packets(stream: io.BufferedIOBase, order: str, unit: int, link: int) -> Iterator[Frame]:
    """Those of a pcap, after its header."""
    header = struct.Struct(order + "IIII")
    while head := stream.read(16):
        if len(head) < 16:
            raise Damaged("the file ends inside a packet header")
        second, fraction, kept, length = header.unpack(head)
        if kept > MAX_FRAME:
            raise Damaged(f"a packet claims {kept:,} bytes")
        yield Frame(second * 1_000_000_000 + fraction * unit, link, _take(stream, kept), length)


@dataclass(frozen=True, slots=True)
class Interface:
    """Of a pcapng: what its packets begin with, how many octets of them are kept, and how their times are told."""

    link: int
    snap: int
    units: int  # per second
    offset: int  # seconds


class Section:
    """What is known at a place of a pcapng; a new section may change the byte order and forgets the interfaces."""

    def __init__(self, skipped: Counter[str]) -> None:
        self.order, self.last = "<", 0  # the time of the last packet, for those that have none
        self.interfaces: list[Interface] = []
        self._skipped = skipped

    def step(self, stream: io.BufferedIOBase, raw: bytes) -> Frame | None:
        """Past one block, of which `raw` are the first four octets; with the packet in it, if there is one."""
        if len(raw) < 4:
            raise Damaged("the file ends inside a block")
        kind = struct.unpack(self.order + "I", raw)[0]
        if kind == _SECTION:
            self.order, self.interfaces = _section(stream), []
            return None
        body = _block(stream, self.order)
        if kind == _INTERFACE:
            self.interfaces.append(_interface(body, self.order, len(self.interfaces)))
            return None
        frame = _frame(kind, body, self.order, self.interfaces, self.last)
        if frame is not None:
            self.last = frame.at
        elif kind in (_SIMPLE, _ENHANCED, _OLD_PACKET):
            self._skipped["capture_block_malformed"] += 1
        return frame


def _section(stream: io.BufferedIOBase) -> str:
    head = _take(stream, 8)
    order = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}.get(head[4:])
    if order is None:
        raise Damaged("a pcapng section has no byte order")
    size = struct.unpack(order + "I", head[:4])[0]
    if size < 28 or size > MAX_BLOCK or size % 4:
        raise Damaged(f"a pcapng section header claims {size:,} bytes")
    _take(stream, size - 12)
    return order


def _block(stream: io.BufferedIOBase, order: str) -> bytes:
    size = struct.unpack(order + "I", _take(stream, 4))[0]
    if size < 12 or size > MAX_BLOCK or size % 4:
        raise Damaged(f"a pcapng block claims {size:,} bytes")
    return _take(stream, size - 8)[:-4]


def _interface(body: bytes, order: str, known: int) -> Interface:
    if len(body) < 8 or known >= _MAX_INTERFACES:
        raise Damaged("a pcapng interface cannot be used")
    link, _, snap = struct.unpack_from(order + "HHI", body)
    units, offset = 1_000_000, 0
    for code, value in _options(body[8:], order):
        if code == 9 and value:  # if_tsresol: a power of 10, or of 2 with the high bit set
            units = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** (value[0] & 0x7F)
        elif code == 14 and len(value) == 8:  # if_tsoffset
            offset = struct.unpack(order + "q", value)[0]
    return Interface(link, snap or MAX_FRAME, units, offset)


def _options(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from(order + "HH", data, at)
        if code == 0:
            return
        yield code, data[at + 4 : at + 4 + size]
        at += 4 + (size + 3 & ~3)


def _frame(kind: int, body: bytes, order: str, interfaces: list[Interface], last: int) -> Frame | None:
    """The packet in a block; None for blocks that hold none and for those that lie."""
    if kind == _SIMPLE and len(body) >= 4 and interfaces:
        length = struct.unpack_from(order + "I", body)[0]
        kept = min(length, interfaces[0].snap)
        return _cut(last, interfaces[0], body[4 : 4 + kept], (kept, length))
    if kind in (_ENHANCED, _OLD_PACKET) and len(body) >= 20:
        number, high, low, kept, length = struct.unpack_from(order + "IIIII", body)
        if kind == _OLD_PACKET:
            number = struct.unpack_from(order + "H", body)[0]
        if number < len(interfaces):
            on = interfaces[number]
            at = (high << 32 | low) * 1_000_000_000 // on.units + on.offset * 1_000_000_000
            return _cut(min(max(at, 0), _LATEST), on, body[20 : 20 + kept], (kept, length))
    return None


def _cut(at: int, interface: Interface, data: bytes, sizes: tuple[int, int]) -> Frame | None:
    kept, length = sizes
    return Frame(at, interface.link, data, length) if len(data) == kept <= MAX_FRAME else None
