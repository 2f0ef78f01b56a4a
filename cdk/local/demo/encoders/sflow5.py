"""sFlow v5"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from ipaddress import IPv4Address

from cdk.local.demo.flow import TCP, Export, Packet

LIMIT = 8  # samples in a datagram
_DATAGRAM = struct.Struct(">II4sIIII")
_SAMPLE = struct.Struct(">IIIIIIIIII")
_RAW = struct.Struct(">IIIIII")
_SNAP = 128
_FCS = 4


def encode(export: Export, packets: Sequence[Packet], *, agent: IPv4Address, rate: int, first: int) -> bytes:
    """One datagram of at most LIMIT flow samples; `first` is the number of the first of them at its data source."""
    header = _DATAGRAM.pack(
        5, 1, agent.packed, export.domain, export.sequence & 0xFFFF_FFFF, export.uptime, len(packets)
    )
    return header + b"".join(_sample(packet, rate, first + i) for i, packet in enumerate(packets))


def _sample(packet: Packet, rate: int, number: int) -> bytes:
    frame = _frame(packet)
    kept = frame[:_SNAP] + bytes(-len(frame[:_SNAP]) % 4)
    # Header protocol 1 is Ethernet; the frame's length on the wire includes the 4 octets of FCS that were stripped.
    raw = _RAW.pack(1, 16 + len(kept), 1, 14 + packet.octets + _FCS, _FCS, len(frame[:_SNAP])) + kept
    pool = (number + 1) * rate & 0xFFFF_FFFF
    return _SAMPLE.pack(1, 32 + len(raw), number & 0xFFFF_FFFF, 1, rate, pool, 0, 1, 2, 1) + raw


def _frame(packet: Packet) -> bytes:
    """The first octets of the packet as they were on the wire."""
    ports = struct.pack(">HH", packet.source_port, packet.destination_port)
    if packet.protocol == TCP:
        transport = ports + struct.pack(">IIBBHHH", 1, 1, 5 << 4, packet.flags, 65_535, 0, 0)
    else:
        transport = ports + struct.pack(">HH", max(8, packet.octets - 20), 0)
    ends = packet.source.packed + packet.destination.packed
    if packet.source.version == 4:
        kind = 0x0800
        network = struct.pack(">BBHHHBBH", 0x45, 0, packet.octets, 0, 0x4000, 64, packet.protocol, 0) + ends
    else:
        kind = 0x86DD
        network = struct.pack(">IHBB", 6 << 28, packet.octets - 40, packet.protocol, 64) + ends
    macs = bytes.fromhex("020000000002020000000001")
    whole = macs + struct.pack(">H", kind) + network + transport
    return whole + bytes(max(0, 14 + packet.octets - len(whole)))
