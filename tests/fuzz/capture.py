"""A classic pcap of UDP datagrams on loopback, for tools that read captures."""

from __future__ import annotations

import struct
from collections.abc import Iterable


def capture(payloads: Iterable[bytes], port: int) -> bytes:
    """Raw IPv4, one second per packet from a fixed moment on."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 101)]
    for at, payload in enumerate(payloads):
        udp = struct.pack(">HHHH", 50_000, port, 8 + len(payload), 0) + payload
        head = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), at & 0xFFFF, 0, 64, 17, 0, 0x7F000001, 0x7F000001)
        packet = head + udp
        out.append(struct.pack("<IIII", 1_760_000_000 + at, 0, len(packet), len(packet)) + packet)
    return b"".join(out)
