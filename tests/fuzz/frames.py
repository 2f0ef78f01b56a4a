"""Packets as samples and sections carry them: links, tags, labels and tunnels within one another."""

from __future__ import annotations

import struct

from tests.fuzz.wire import Liar


def frame(liar: Liar, size: int) -> bytes:
    """An Ethernet frame or an IP packet of any depth, cut or filled to a size."""
    made = ethernet(liar, 0) if liar.rng.random() < 0.7 else packet(liar, 0)[1]
    return made[:size].ljust(size, b"\0")


def ethernet(liar: Liar, depth: int) -> bytes:
    kind, inner = packet(liar, depth)
    for _ in range(liar.one_of((0, 0, 0, 1, 2, 3))):
        inner = liar.octets(2) + struct.pack(">H", kind) + inner
        kind = liar.one_of((0x8100, 0x88A8))
    if liar.rng.random() < 0.1:
        kind, inner = 0x8847, struct.pack(">I", 0x0001_0140) * liar.one_of((1, 2, 9)) + inner
    return liar.octets(12) + struct.pack(">H", liar.says(kind) & 0xFFFF) + inner


def packet(liar: Liar, depth: int) -> tuple[int, bytes]:
    """An IP packet and its EtherType."""
    protocol, carried = _carried(liar, depth)
    if liar.rng.random() < 0.6:
        words = liar.says(liar.one_of((5, 5, 5, 6, 15))) & 15
        head = struct.pack(">BBHHHBB", 0x40 | words, 0, liar.says(20 + len(carried)) & 0xFFFF, 1, 0, 64, protocol)
        return 0x0800, head + liar.octets(10) + bytes(max(words * 4 - 20, 0)) + carried
    following, extension = protocol, b""
    if liar.rng.random() < 0.2:
        following = liar.one_of((0, 43, 44, 51, 60))
        extension = bytes((protocol, liar.says(0) & 255)) + bytes(6)
    length = liar.says(len(extension + carried)) & 0xFFFF
    return 0x86DD, struct.pack(">IHBB", 6 << 28, length, following, 64) + liar.octets(32) + extension + carried


def _carried(liar: Liar, depth: int) -> tuple[int, bytes]:
    """What an IP packet carries, and its protocol number."""
    kind = liar.rng.random() if depth < 4 else 1.0
    if kind < 0.08:
        inner_kind, inner = packet(liar, depth + 1)
        return (4 if inner_kind == 0x0800 else 41), inner
    if kind < 0.16:
        inner_kind, inner = packet(liar, depth + 1)
        return 47, struct.pack(">HH", liar.one_of((0, 0x2000, 0x3000, 0x8000, 0xB000)), inner_kind) + bytes(8) + inner
    if kind < 0.3:
        port = liar.one_of((4789, 6081))
        head = struct.pack(">HHHH", 50_000, port, 100, 0)
        shim = liar.one_of((8, 0)) << 24 if port == 4789 else (liar.says(0) & 63) << 24 | 0x6558
        return 17, head + struct.pack(">II", shim, 0x0000_2A00) + ethernet(liar, depth + 1)
    protocol = liar.one_of((6, 17, 1, 58, 132, 89))
    return protocol, liar.octets(20)
