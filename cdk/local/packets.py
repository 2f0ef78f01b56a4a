"""From captured frames to UDP datagrams: link layers, IPv4 and IPv6, fragments put together within bounds."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

from flowlens.flows.reading.captures import Frame

_UDP, _FRAGMENT = 17, 44
_EXTENSIONS: Final = frozenset({0, 43, 51, 60})  # hop-by-hop, routing, authentication, destination options
_VLANS: Final = frozenset({0x8100, 0x88A8, 0x9100})
_MAX_SETS, _MAX_PIECES, _MAX_DATAGRAM = 256, 64, 65_535

# What a capture can hold that is not a UDP datagram, in words for the summary.
REASONS: Final = {
    "not_ip": "packets that are not IP",
    "not_udp": "IP packets that are not UDP",
    "link_unknown": "packets of a link type that FlowLens does not read",
    "packet_malformed": "packets whose headers lie about their length",
    "cut_by_capture": "datagrams of which the capture kept only a part",
    "fragments_incomplete": "datagrams of which not all fragments were captured",
    "capture_block_malformed": "pcapng blocks that lie about their length or interface",
    "other_port": "datagrams to other UDP ports than the one asked for",
}


@dataclass(frozen=True, slots=True)
class Payload:
    """One UDP datagram: when it was captured (ns since 1970), from where to where, and its bytes."""

    at: int
    source: bytes
    source_port: int
    destination: bytes
    destination_port: int
    data: bytes

    @property
    def sender(self) -> str:
        return str(ip_address(self.source))


class Skipped(Exception):
    """A frame that holds no whole UDP datagram, by a reason of REASONS."""


@dataclass(frozen=True, slots=True)
class _Packet:
    source: bytes
    destination: bytes
    protocol: int
    data: bytes
    whole: bool  # False when the capture cut it
    piece: tuple[int, int, bool] | None = None  # fragment: identification, offset, whether more follow


@dataclass(slots=True)
class _Pieces:
    parts: dict[int, bytes] = field(default_factory=dict)
    end: int | None = None

    def joined(self) -> bytes | None:
        """All bytes, once every one of them is there; the piece that came first wins an overlap."""
        if self.end is None:
            return None
        out = bytearray()
        for offset in sorted(self.parts):
            if offset > len(out):
                return None
            out += self.parts[offset][max(0, len(out) - offset) :]
        return bytes(out[: self.end]) if len(out) >= self.end else None


class Datagrams:
    """The UDP datagrams of some frames. `skipped` counts what was left out, by a reason of REASONS."""

    def __init__(self, frames: Iterable[Frame], skipped: Counter[str]) -> None:
        self._frames = frames
        self._sets: dict[tuple[bytes, bytes, int], _Pieces] = {}
        self.skipped = skipped
        self.packets = 0

    def __iter__(self) -> Iterator[Payload]:
        for frame in self._frames:
            self.packets += 1
            try:
                payload = self._payload(frame)
            except Skipped as skipped:
                self.skipped[str(skipped)] += 1
                continue
            except (struct.error, IndexError):
                self.skipped["cut_by_capture" if frame.length > len(frame.data) else "packet_malformed"] += 1
                continue
            if payload is not None:
                yield payload
        self.skipped["fragments_incomplete"] += len(self._sets)
        self._sets.clear()

    def _payload(self, frame: Frame) -> Payload | None:
        packet = _ip(_network(frame))
        if packet.protocol != _UDP:
            raise Skipped("not_udp")
        data = packet.data
        if packet.piece is not None:
            joined = self._join(packet, packet.piece)
            if joined is None:
                return None
            data = joined
        return _udp(frame, packet, data)

    def _join(self, packet: _Packet, piece: tuple[int, int, bool]) -> bytes | None:
        number, offset, more = piece
        if not packet.whole:
            raise Skipped("cut_by_capture")
        if offset + len(packet.data) > _MAX_DATAGRAM:
            raise Skipped("packet_malformed")
        key = (packet.source, packet.destination, number)
        pieces = self._sets.setdefault(key, _Pieces())
        pieces.parts.setdefault(offset, packet.data)
        if not more:
            pieces.end = offset + len(packet.data)
        joined = pieces.joined()
        if joined is not None or len(pieces.parts) > _MAX_PIECES:
            del self._sets[key]
            self.skipped["fragments_incomplete"] += joined is None
        elif len(self._sets) > _MAX_SETS:
            del self._sets[next(iter(self._sets))]
            self.skipped["fragments_incomplete"] += 1
        return joined


def _network(frame: Frame) -> bytes:
    """The IP packet in a frame."""
    data, link = frame.data, frame.link
    if link in (12, 14, 101, 228, 229):  # raw IP
        return data
    if link in (0, 108):  # BSD loopback: the address family, in the byte order of whoever captured
        family = data[:4]
        return data[4:] if family[0] or family[3] else b""
    if link == 1:
        return _ethernet(data, 12)
    if link == 113:  # Linux cooked
        return _ethernet(data, 14)
    if link == 276:  # Linux cooked v2: the type first
        return _ethernet(data[:2] + data[20:], 0)
    raise Skipped("link_unknown")


def _ethernet(data: bytes, at: int) -> bytes:
    kind = struct.unpack_from(">H", data, at)[0]
    tags = 0
    while kind in _VLANS and tags < 4:
        at, tags = at + 4, tags + 1
        kind = struct.unpack_from(">H", data, at)[0]
    if kind not in (0x0800, 0x86DD):
        raise Skipped("not_ip")
    return data[at + 2 :]


def _ip(data: bytes) -> _Packet:
    version = data[0] >> 4 if data else 0
    if version == 4:
        return _ipv4(data)
    if version == 6:
        return _ipv6(data)
    raise Skipped("not_ip")


def _ipv4(data: bytes) -> _Packet:
    _, _, total, number, flags, _, protocol = struct.unpack_from(">BBHHHBB", data)
    source, destination = struct.unpack_from("4s4s", data, 12)
    header = (data[0] & 15) * 4
    total = total or len(data)  # 0 where the card cuts large sends itself
    if header < 20 or total < header:
        raise Skipped("packet_malformed")
    offset, more = (flags & 0x1FFF) * 8, bool(flags & 0x2000)
    piece = (number, offset, more) if offset or more else None
    return _Packet(source, destination, protocol, data[header:total], total <= len(data), piece)


def _ipv6(data: bytes) -> _Packet:
    _, length, following, _, source, destination = struct.unpack_from(">IHBB16s16s", data)
    end = 40 + length if length else len(data)
    at, piece, headers = 40, None, 0
    while (following in _EXTENSIONS or following == _FRAGMENT) and headers < 8:
        headers += 1
        kind, following, size = following, data[at], data[at + 1]
        if kind == _FRAGMENT:
            word, number = struct.unpack_from(">HI", data, at + 2)
            piece = (number, word & 0xFFF8, bool(word & 1)) if word & 0xFFF9 else None
            at += 8
        else:
            at += (size + 2) * 4 if kind == 51 else (size + 1) * 8
        if piece:
            break  # what follows is part of the fragment
    return _Packet(source, destination, following, data[at:end], end <= len(data), piece)


def _udp(frame: Frame, packet: _Packet, data: bytes) -> Payload:
    if len(data) < 8:
        raise Skipped("packet_malformed" if packet.whole else "cut_by_capture")
    source, destination, length, _ = struct.unpack_from(">HHHH", data)
    if length < 8:
        raise Skipped("packet_malformed")
    if length > len(data):
        raise Skipped("packet_malformed" if packet.whole else "cut_by_capture")
    return Payload(frame.at, packet.source, source, packet.destination, destination, data[8:length])
