"""Captures made of a few words: packets as bytes, and the files that hold them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from ipaddress import ip_address

BEGIN = 1_795_428_000  # 2026-11-23T10:00:00Z
ETHERNET = b"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01"
Packet = tuple[float, bytes]  # seconds after BEGIN


def ip(source: str, destination: str, protocol: int, content: bytes) -> bytes:
    """An IPv4 or IPv6 packet."""
    ends = ip_address(source).packed + ip_address(destination).packed
    if ":" in source:
        return struct.pack(">IHBB", 0x6000_0000, len(content), protocol, 64) + ends + content
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(content), 1, 0, 64, protocol, 0) + ends + content


def tcp(ports: tuple[int, int], flags: int, content: bytes = b"") -> bytes:
    return struct.pack(">HHIIBBHHH", *ports, 1, 1, 0x50, flags, 512, 0, 0) + content


def udp(ports: tuple[int, int], content: bytes = b"") -> bytes:
    return struct.pack(">HHHH", *ports, 8 + len(content), 0) + content


def framed(packet: bytes, *, tags: Sequence[int] = ()) -> bytes:
    """In Ethernet, with VLAN tags."""
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
    return ETHERNET + b"".join(struct.pack(">HH", 0x8100, tag) for tag in tags) + kind + packet


def pcap(packets: Sequence[Packet], *, link: int = 1, order: str = "<", nanoseconds: bool = False) -> bytes:
    """The classic format."""
    unit, magic = (10**9, 0xA1B2_3C4D) if nanoseconds else (10**6, 0xA1B2_C3D4)
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, link)]
    for after, data in packets:
        second, milliseconds = divmod(round((BEGIN + after) * 1000), 1000)
        fraction = milliseconds * unit // 1000
        out += [struct.pack(order + "IIII", second, fraction, len(data), len(data)), data]
    return b"".join(out)


def pcapng(packets: Sequence[Packet], *, link: int = 1) -> bytes:
    """One section, one interface with microseconds, enhanced packet blocks."""
    out = [_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B_3C4D, 1, 0, -1)), _block(1, struct.pack("<HHI", link, 0, 0))]
    for after, data in packets:
        at = round((BEGIN + after) * 10**6)
        head = struct.pack("<IIIII", 0, at >> 32, at & 0xFFFF_FFFF, len(data), len(data))
        out.append(_block(6, head + data + bytes(-len(data) % 4)))
    return b"".join(out)


def _block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + size + body + size


def conversation() -> list[Packet]:
    """A handshake, a request over two minutes, an answer, and what is not TCP over IPv4."""
    there, back = ("10.0.0.1", "10.0.0.2"), ("10.0.0.2", "10.0.0.1")
    ports, tropts = (40_000, 443), (443, 40_000)
    inner = framed(ip("192.168.1.1", "192.168.1.2", 6, tcp((50_000, 22), 0x02)))
    vxlan = udp((4789, 4789), struct.pack(">II", 0x0800_0000, 77 << 8) + inner)
    return [
        (0.0, framed(ip(*there, 6, tcp(ports, 0x02)))),
        (0.1, framed(ip(*back, 6, tcp(tropts, 0x12)))),
        (0.2, framed(ip(*there, 6, tcp(ports, 0x10)))),
        (59.5, framed(ip(*there, 6, tcp(ports, 0x18, b"x" * 100)))),
        (60.5, framed(ip(*there, 6, tcp(ports, 0x11)))),
        (60.6, framed(ip(*back, 6, tcp(tropts, 0x11, b"y" * 300)))),
        (61.0, framed(ip("2001:db8::1", "2001:db8::2", 17, udp((5353, 53), b"?")), tags=(7,))),
        (62.0, framed(ip("10.9.0.1", "10.9.0.2", 17, vxlan))),
        (63.0, framed(ip("10.0.0.1", "10.0.0.3", 1, b"\x08\x00\x00\x00\x00\x01\x00\x01"))),
        (64.0, ETHERNET + b"\x08\x06" + bytes(28)),
    ]
