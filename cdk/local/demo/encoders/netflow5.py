"""NetFlow v5"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from cdk.local.demo.flow import Export, Flow

LIMIT = 30  # records in a datagram
_HEADER = struct.Struct(">HHIIIIBBH")
_RECORD = struct.Struct(">4s4s4sHHIIIIHHBBBBHHBBH")
_DETERMINISTIC = 1 << 14


def encode(export: Export, flows: Sequence[Flow], *, rate: int = 1) -> bytes:
    """One datagram of at most LIMIT IPv4 flows. The header's sequence counts flows."""
    header = _HEADER.pack(
        5,
        len(flows),
        export.uptime,
        export.at // 1000,
        export.at % 1000 * 1_000_000,
        export.sequence & 0xFFFF_FFFF,
        export.domain >> 8 & 255,
        export.domain & 255,
        _DETERMINISTIC | rate if rate > 1 else 0,
    )
    return header + b"".join(_record(export, flow) for flow in flows)


def _record(export: Export, flow: Flow) -> bytes:
    return _RECORD.pack(
        flow.source.packed,
        flow.destination.packed,
        bytes(4),
        1,
        2,
        flow.packets,
        flow.octets,
        (flow.start - export.boot) & 0xFFFF_FFFF,
        (flow.end - export.boot) & 0xFFFF_FFFF,
        flow.source_port,
        flow.destination_port,
        0,
        flow.flags & 255,
        flow.protocol,
        0,
        0,
        0,
        24,
        24,
        0,
    )
