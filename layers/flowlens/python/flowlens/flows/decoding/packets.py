"""Sampled packet headers to columns: Ethernet, VLAN, IPv4, IPv6, TCP, UDP, ICMP, as far as they were captured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Values
from flowlens.flows.decoding.fields import Octets, Offsets, everywhere, gather
from flowlens.flows.decoding.rows import IS_ICMP, Rows, among
from flowlens.flows.decoding.sets import Indexes

_ETHERNET = np.dtype([("dst", ">u2"), ("dst_low", ">u4"), ("src", ">u2"), ("src_low", ">u4"), ("type", ">u2")])
_IPV4 = np.dtype(
    {
        "names": ["first", "tos", "fragment", "protocol", "src", "dst"],
        "formats": ["u1", "u1", ">u2", "u1", ">u4", ">u4"],
        "offsets": [0, 1, 6, 9, 12, 16],
        "itemsize": 20,
    }
)
_IPV6 = np.dtype(
    {
        "names": ["first", "next", "src_high", "src_low", "dst_high", "dst_low"],
        "formats": [">u2", "u1", ">u8", ">u8", ">u8", ">u8"],
        "offsets": [0, 6, 8, 16, 24, 32],
        "itemsize": 40,
    }
)
_PORTS = np.dtype([("src", ">u2"), ("dst", ">u2")])

ETHERNET, IPV4, IPV6 = 1, 11, 12  # header_protocol of sFlow's raw packet header
_TAGS = (0x8100, 0x88A8, 0x9100)  # 802.1Q, 802.1ad and its forerunner
_TAGS_DEEP = 2
_TYPES = {0x0800: IPV4, 0x86DD: IPV6}
_EXTENSIONS_DEEP = 8
_FRAGMENT, _AUTHENTICATION = 44, 51
_EXTENSIONS = among(0, 43, 60, 135, 139, 140)  # IPv6 headers of 8 + 8n octets
_WITH_PORTS = among(6, 17, 33, 132, 136)  # TCP, UDP, DCCP, SCTP, UDP-Lite
_TCP = 6


class Peek:
    """Reads numbers at many places at once; a place beyond the octets gives what lies at their end."""

    __slots__ = ("_octets", "_views")

    def __init__(self, octets: Octets) -> None:
        self._octets = np.concatenate([octets, np.zeros(8, np.uint8)]) if len(octets) < 8 else octets
        self._views: dict[int, Values] = {}

    def _read(self, at: Offsets, size: int) -> Values:
        view = self._views.get(size)
        if view is None:
            view = self._views[size] = everywhere(self._octets, size)
        return view[np.minimum(at, len(view) - 1)]

    def structs(self, at: Offsets, dtype: np.dtype[np.void]) -> NDArray[np.void]:
        """Structures; the caller has checked that each lies inside."""
        return gather(self._octets, at, dtype)

    def u8(self, at: Offsets) -> NDArray[np.uint8]:
        return self._octets[np.minimum(at, len(self._octets) - 1)]

    def u16(self, at: Offsets) -> NDArray[np.uint16]:
        return self._read(at, 2).astype(np.uint16)

    def u32(self, at: Offsets) -> NDArray[np.uint32]:
        return self._read(at, 4).astype(np.uint32)

    def u64(self, at: Offsets) -> NDArray[np.uint64]:
        return self._read(at, 8).astype(np.uint64)


@dataclass(slots=True)
class Frames:
    """Captured headers: which row each belongs to, where it lies, and what it begins with."""

    rows: Indexes
    at: Offsets
    stop: Offsets
    kind: NDArray[np.uint32]

    def take(self, which: Indexes | NDArray[np.bool_]) -> Frames:
        return Frames(self.rows[which], self.at[which], self.stop[which], self.kind[which])

    def reaching(self, octets: int) -> Frames:
        """Those of which so many octets were captured."""
        enough = self.stop - self.at >= octets
        return self if enough.all() else self.take(enough)


def write_packets(rows: Rows, frames: Frames, peek: Peek) -> None:
    """Fills the rows from the headers of their packets."""
    ethernet = frames.kind == ETHERNET
    if ethernet.any():
        frames = _joined(frames.take(~ethernet), _write_ethernet(rows, frames.take(ethernet), peek))
    four, six = frames.take(frames.kind == IPV4), frames.take(frames.kind == IPV6)
    _write_transport(rows, _joined(_write_ipv4(rows, four, peek), _write_ipv6(rows, six, peek)), peek)


def _joined(one: Frames, other: Frames) -> Frames:
    if not len(one.rows):
        return other
    return Frames(
        np.concatenate([one.rows, other.rows]),
        np.concatenate([one.at, other.at]),
        np.concatenate([one.stop, other.stop]),
        np.concatenate([one.kind, other.kind]),
    )


def _write_ethernet(rows: Rows, frames: Frames, peek: Peek) -> Frames:
    """What is inside the frames, past up to two VLAN tags; the outer tag is the row's VLAN."""
    frames = frames.reaching(14)
    head = peek.structs(frames.at, _ETHERNET)
    for end in ("src", "dst"):
        rows[f"{end}_mac"][frames.rows] = (head[end].astype(np.uint64) << np.uint64(32)) | head[f"{end}_low"]
    at = frames.at + 12
    kind = head["type"].astype(np.uint16)
    for depth in range(_TAGS_DEEP):
        tagged = (kind == _TAGS[0]) | (kind == _TAGS[1]) | (kind == _TAGS[2])
        if not tagged.any():
            break
        tagged &= at + 6 <= frames.stop
        if depth == 0:
            rows["vlan"][frames.rows[tagged]] = peek.u16(at[tagged] + 2) & 0x0FFF
        at = np.where(tagged, at + 4, at)
        kind = peek.u16(at)
    inside = np.zeros(len(kind), np.uint32)
    for number, meaning in _TYPES.items():
        inside[kind == number] = meaning
    return Frames(frames.rows, at + 2, frames.stop, inside)


def _write_ipv4(rows: Rows, frames: Frames, peek: Peek) -> Frames:
    """What is inside the packets, its kind being the IP protocol; nothing for later fragments."""
    frames = frames.reaching(20)
    head = peek.structs(frames.at, _IPV4)
    sound = (head["first"] >= 0x45) & (head["first"] < 0x50)
    if not sound.all():
        frames, head = frames.take(sound), head[sound]
    where = frames.rows
    rows["ip_version"][where] = 4
    rows["protocol"][where] = head["protocol"]
    rows["tos"][where] = head["tos"]
    for end in ("src", "dst"):
        rows.put_ipv4_at(end, where, head[end])
    later = (head["fragment"] & np.uint16(0x1FFF)) > 0
    begin = frames.at + (head["first"] & 15).astype(np.int64) * 4
    inner = Frames(where, begin, frames.stop, head["protocol"].astype(np.uint32))
    return inner.take(~later) if later.any() else inner


def _write_ipv6(rows: Rows, frames: Frames, peek: Peek) -> Frames:
    """What is inside the packets, past extension headers."""
    frames = frames.reaching(40)
    head = peek.structs(frames.at, _IPV6)
    sound = head["first"] >> 12 == 6
    if not sound.all():
        frames, head = frames.take(sound), head[sound]
    where = frames.rows
    rows["ip_version"][where] = 6
    rows["tos"][where] = (head["first"] >> 4) & 0xFF
    for name in ("src_high", "src_low", "dst_high", "dst_low"):
        rows[name][where] = head[name]
    packets = Frames(where, frames.at + 40, frames.stop, head["next"].astype(np.uint32))
    inner, later = _past_extensions(packets, peek)
    rows["protocol"][where] = inner.kind
    return inner.take(~later) if later.any() else inner


def _past_extensions(frames: Frames, peek: Peek) -> tuple[Frames, NDArray[np.bool_]]:
    """The same packets at their transport headers, and which of them are later fragments."""
    at, kind = frames.at, frames.kind
    later = np.zeros(len(at), np.bool_)
    for _ in range(_EXTENSIONS_DEEP):
        fragment, authentication = kind == _FRAGMENT, kind == _AUTHENTICATION
        extension = (_EXTENSIONS[kind] | fragment | authentication) & (at + 8 <= frames.stop) & ~later
        if not extension.any():
            break
        later |= extension & fragment & (peek.u16(at + 2) >= 8)  # the offset is in the 13 high bits
        units = peek.u8(at + 1).astype(np.int64)
        length = np.where(fragment, 8, np.where(authentication, 8 + 4 * units, 8 + 8 * units))
        kind = np.where(extension, peek.u8(at), kind)
        at = np.where(extension, at + length, at)
    return Frames(frames.rows, at, frames.stop, kind.astype(np.uint32)), later


def _write_transport(rows: Rows, frames: Frames, peek: Peek) -> None:
    ported = frames.take(_WITH_PORTS[frames.kind]).reaching(4)
    ports = peek.structs(ported.at, _PORTS)
    rows["src_port"][ported.rows] = ports["src"]
    rows["dst_port"][ported.rows] = ports["dst"]
    tcp = ported.take(ported.kind == _TCP).reaching(14)
    if len(tcp.rows):
        rows["tcp_flags"][tcp.rows] = peek.u8(tcp.at + 13)
    icmp = frames.take(IS_ICMP[frames.kind]).reaching(2)
    if len(icmp.rows):
        rows["icmp"][icmp.rows] = peek.u16(icmp.at)
