"""Sampled packet headers to columns: Ethernet, VLAN, IPv4, IPv6, TCP, UDP, ICMP, as far as they were captured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.fields import Octets, Offsets, everywhere
from flowlens.flows.rows import ICMP_PROTOCOLS, Rows
from flowlens.flows.sets import Indexes

ETHERNET, IPV4, IPV6 = 1, 11, 12  # header_protocol of sFlow's raw packet header
_TAGS = (0x8100, 0x88A8, 0x9100)  # 802.1Q, 802.1ad and its forerunner
_TAGS_DEEP = 2
_TYPES = {0x0800: IPV4, 0x86DD: IPV6}
_EXTENSIONS = (0, 43, 60, 135, 139, 140)  # IPv6 headers of 8 + 8n octets
_EXTENSIONS_DEEP = 8
_FRAGMENT, _AUTHENTICATION = 44, 51
_WITH_PORTS = (6, 17, 33, 132, 136)  # TCP, UDP, DCCP, SCTP, UDP-Lite
_TCP = 6


class Peek:
    """Reads numbers at many places at once; a place beyond the octets gives what lies at their end."""

    __slots__ = ("_octets", "_views")

    def __init__(self, octets: Octets) -> None:
        self._octets = np.concatenate([octets, np.zeros(8, np.uint8)]) if len(octets) < 8 else octets
        self._views: dict[int, NDArray[np.generic]] = {}

    def _read(self, at: Offsets, size: int) -> NDArray[np.generic]:
        view = self._views.get(size)
        if view is None:
            view = self._views[size] = everywhere(self._octets, f">u{size}")
        return view[np.minimum(at, len(view) - 1)]

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
    shift = np.uint64(16)
    rows["dst_mac"][frames.rows] = peek.u64(frames.at) >> shift
    rows["src_mac"][frames.rows] = (peek.u32(frames.at + 6).astype(np.uint64) << shift) | peek.u16(frames.at + 10)
    at = frames.at + 12
    kind = peek.u16(at)
    for depth in range(_TAGS_DEEP):
        tagged = np.isin(kind, _TAGS) & (at + 6 <= frames.stop)
        if not tagged.any():
            break
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
    first = peek.u8(frames.at)
    sound = (first >= 0x45) & (first < 0x50)
    if not sound.all():
        frames, first = frames.take(sound), first[sound]
    where, at = frames.rows, frames.at
    protocol = peek.u8(at + 9)
    rows["ip_version"][where] = 4
    rows["protocol"][where] = protocol
    rows["tos"][where] = peek.u8(at + 1)
    for end, offset in (("src", 12), ("dst", 16)):
        rows.put_ipv4_at(end, where, peek.u32(at + offset))
    later = (peek.u16(at + 6) & 0x1FFF) > 0
    inner = Frames(where, at + (first & 15).astype(np.int64) * 4, frames.stop, protocol.astype(np.uint32))
    return inner.take(~later) if later.any() else inner


def _write_ipv6(rows: Rows, frames: Frames, peek: Peek) -> Frames:
    """What is inside the packets, past extension headers."""
    frames = frames.reaching(40)
    start = peek.u16(frames.at)
    sound = start >> 12 == 6
    if not sound.all():
        frames, start = frames.take(sound), start[sound]
    where, at = frames.rows, frames.at
    rows["ip_version"][where] = 6
    rows["tos"][where] = (start >> 4) & 0xFF
    for end, offset in (("src", 8), ("dst", 24)):
        rows[f"{end}_high"][where], rows[f"{end}_low"][where] = peek.u64(at + offset), peek.u64(at + offset + 8)
    inner, later = _past_extensions(Frames(where, at + 40, frames.stop, peek.u8(at + 6).astype(np.uint32)), peek)
    rows["protocol"][where] = inner.kind
    return inner.take(~later) if later.any() else inner


def _past_extensions(frames: Frames, peek: Peek) -> tuple[Frames, NDArray[np.bool_]]:
    """The same packets at their transport headers, and which of them are later fragments."""
    at, kind = frames.at, frames.kind
    later = np.zeros(len(at), np.bool_)
    for _ in range(_EXTENSIONS_DEEP):
        sized = np.isin(kind, _EXTENSIONS)
        fragment, authentication = kind == _FRAGMENT, kind == _AUTHENTICATION
        extension = (sized | fragment | authentication) & (at + 8 <= frames.stop) & ~later
        if not extension.any():
            break
        later |= extension & fragment & (peek.u16(at + 2) >= 8)  # the offset is in the 13 high bits
        units = peek.u8(at + 1).astype(np.int64)
        length = np.where(fragment, 8, np.where(authentication, 8 + 4 * units, 8 + 8 * units))
        kind = np.where(extension, peek.u8(at), kind)
        at = np.where(extension, at + length, at)
    return Frames(frames.rows, at, frames.stop, kind.astype(np.uint32)), later


def _write_transport(rows: Rows, frames: Frames, peek: Peek) -> None:
    ported = frames.take(np.isin(frames.kind, _WITH_PORTS)).reaching(4)
    rows["src_port"][ported.rows] = peek.u16(ported.at)
    rows["dst_port"][ported.rows] = peek.u16(ported.at + 2)
    tcp = ported.take(ported.kind == _TCP).reaching(14)
    if len(tcp.rows):
        rows["tcp_flags"][tcp.rows] = peek.u8(tcp.at + 13)
    icmp = frames.take(np.isin(frames.kind, ICMP_PROTOCOLS)).reaching(2)
    if len(icmp.rows):
        rows["icmp"][icmp.rows] = peek.u16(icmp.at)
