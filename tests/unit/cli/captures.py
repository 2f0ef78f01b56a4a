"""Hand-made captures: frames, and the files that hold them."""

from __future__ import annotations

import gzip
import struct
from ipaddress import ip_address
from pathlib import Path

AT = 1_700_000_000


def udp(
    payload: bytes, *, source: str = "192.0.2.1", to: str = "192.0.2.9", port: int = 2055, options: bytes = b""
) -> bytes:
    """An IPv4 or IPv6 packet with one UDP datagram; `options` are IPv4 options or an IPv6 hop-by-hop header."""
    segment = struct.pack(">HHHH", 40_000, port, 8 + len(payload), 0) + payload
    return ip(segment, source=source, to=to, options=options)


def ip(data: bytes, *, source: str = "192.0.2.1", to: str = "192.0.2.9", options: bytes = b"", word: int = 0) -> bytes:
    """An IP packet of protocol UDP; `word` is IPv4's flags and fragment offset."""
    ends = ip_address(source).packed + ip_address(to).packed
    if len(ends) == 8:
        size = 20 + len(options)
        return (
            struct.pack(">BBHHHBBH", 0x40 | size // 4, 0, size + len(data), 7, word, 64, 17, 0) + ends + options + data
        )
    following = 0 if options else 17
    return struct.pack(">IHBB", 6 << 28, len(options) + len(data), following, 64) + ends + options + data


def ethernet(packet: bytes, *, tags: int = 0) -> bytes:
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
    return bytes(12) + b"\x81\x00\x00\x05" * tags + kind + packet


def pcap(frames: list[bytes], *, link: int = 1, order: str = "<", nanoseconds: bool = False) -> bytes:
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    head = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 262_144, link)
    return head + b"".join(struct.pack(order + "IIII", AT, 5, len(f), len(f)) + f for f in frames)


def block(kind: int, body: bytes, *, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    size = len(body) + 12
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def section(*, order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order=order)


def interface(link: int = 1, *, order: str = "<", options: bytes = b"") -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, 0) + options, order=order)


def enhanced(frame: bytes, ticks: int, *, order: str = "<", number: int = 0) -> bytes:
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFF_FFFF, len(frame), len(frame))
    return block(6, head + frame, order=order)


def saved(path: Path, data: bytes, *, packed: bool = False) -> Path:
    path.write_bytes(gzip.compress(data) if packed else data)
    return path
