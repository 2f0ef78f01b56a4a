"""Captured packets to columns: Ethernet, VLAN, MPLS, IP, TCP, UDP, ICMP and what tunnels carry, as far as captured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.decoding import tunnels
from flowlens.flows.decoding.elements import ETHERNET, IPV4, IPV6, MPLS
from flowlens.flows.decoding.frames import Frames, Peek, joined
from flowlens.flows.decoding.rows import IS_ICMP, Rows, among
from flowlens.flows.decoding.tunnels import Carried

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

_TAGS = (0x8100, 0x88A8, 0x9100)  # 802.1Q, 802.1ad and its forerunner
_TAGGED = ("vlan", "customer_vlan")  # by depth
_TYPES = {0x0800: IPV4, 0x86DD: IPV6, 0x8847: MPLS, 0x8848: MPLS}
_LABELS_DEEP, _TUNNELS_DEEP = 8, 2
_EXTENSIONS_DEEP = 8
_FRAGMENT, _AUTHENTICATION = 44, 51
_EXTENSIONS = among(0, 43, 60, 135, 139, 140)  # IPv6 headers of 8 + 8n octets
_WITH_PORTS = among(6, 17, 33, 132, 136)  # TCP, UDP, DCCP, SCTP, UDP-Lite
_TCP = 6
_ENDS = ("src_high", "src_low", "dst_high", "dst_low", "src_port", "dst_port")
_INNER = (*_ENDS, "ip_version", "protocol", "tos", "tcp_flags", "icmp")  # what a row takes from inside a tunnel
_KEPT = frozenset({"src_mac", "dst_mac", "vlan", "customer_vlan", "mpls_label"})  # ... where there is any inside


def write_packets(rows: Rows, frames: Frames, peek: Peek, *, depth: int = 0) -> None:
    """Fills the rows from the headers of their packets. A tunnel gives them the ends of what it carries."""
    ethernet = frames.kind == ETHERNET
    if ethernet.any():
        frames = joined(frames.take(~ethernet), _write_ethernet(rows, frames.take(ethernet), peek))
    labelled = frames.kind == MPLS
    if labelled.any():
        frames = joined(frames.take(~labelled), _past_labels(rows, frames.take(labelled), peek))
    four, six = frames.take(frames.kind == IPV4), frames.take(frames.kind == IPV6)
    inner = joined(_write_ipv4(rows, four, peek), _write_ipv6(rows, six, peek))
    _write_transport(rows, inner, peek)
    if depth < _TUNNELS_DEEP:
        for carried in tunnels.inside(inner, peek):
            _enter(rows, carried, peek, depth + 1)


def _enter(rows: Rows, carried: Carried, peek: Peek, depth: int) -> None:
    """Gives rows the ends inside their tunnel, as far as what is inside could be read, and keeps the outer ones."""
    frames = carried.frames
    inside = Rows(len(frames.rows))
    within = Frames(np.arange(inside.count), frames.at, frames.stop, frames.kind)
    write_packets(inside, within, peek, depth=depth)
    found = inside["ip_version"] > 0
    if not found.any():
        return
    which = frames.rows[found]
    for end in ("src", "dst"):
        for half in ("high", "low"):
            rows[f"outer_{end}_{half}"][which] = rows[f"{end}_{half}"][which]
    for name in _INNER:
        if name in rows.values or name in inside.values:
            rows[name][which] = inside[name][found]
    for name in _KEPT & inside.values.keys():
        says = inside[name][found] > 0
        rows[name][which[says]] = inside[name][found][says]
    rows["tunnel"][which] = carried.tunnel
    if carried.network[found].any():
        rows["vni"][which] = carried.network[found]


def _write_ethernet(rows: Rows, frames: Frames, peek: Peek) -> Frames:
    """What is inside the frames, past up to two VLAN tags; the inner one is the customer's."""
    frames = frames.reaching(14)
    head = peek.structs(frames.at, _ETHERNET)
    for end in ("src", "dst"):
        rows[f"{end}_mac"][frames.rows] = (head[end].astype(np.uint64) << np.uint64(32)) | head[f"{end}_low"]
    at = frames.at + 12
    kind = head["type"].astype(np.uint16)
    for depth in range(len(_TAGGED)):
        tagged = (kind == _TAGS[0]) | (kind == _TAGS[1]) | (kind == _TAGS[2])
        if not tagged.any():
            break
        tagged &= at + 6 <= frames.stop
        rows[_TAGGED[depth]][frames.rows[tagged]] = peek.u16(at[tagged] + 2) & 0x0FFF
        at = np.where(tagged, at + 4, at)
        kind = peek.u16(at)
    inside = np.zeros(len(kind), np.uint32)
    for number, meaning in _TYPES.items():
        inside[kind == number] = meaning
    return Frames(frames.rows, at + 2, frames.stop, inside)


def _past_labels(rows: Rows, frames: Frames, peek: Peek) -> Frames:
    """What follows the bottom of the label stack, by its first four bits; the top label is the row's."""
    frames = frames.reaching(5)
    rows["mpls_label"][frames.rows] = peek.u32(frames.at) >> 12
    at, open_ = frames.at, np.ones(len(frames.at), np.bool_)
    for _ in range(_LABELS_DEEP):
        open_ &= at + 5 <= frames.stop
        if not open_.any():
            break
        bottom = (peek.u8(at + 2) & 1) > 0
        at = np.where(open_, at + 4, at)
        open_ &= ~bottom
    version = peek.u8(at) >> 4
    kind = np.where(version == 4, IPV4, np.where(version == 6, IPV6, 0)).astype(np.uint32)
    return Frames(frames.rows, at, frames.stop, np.where(open_, np.uint32(0), kind))


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
