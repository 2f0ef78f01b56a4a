"""NetFlow v9"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from cdk.local.demo.flow import Export, Flow

LIMIT = 22  # records in a datagram, so that IPv6 ones still fit into 1,500 octets
SAMPLER = 1
_IPV4, _IPV6, _SAMPLERS = 256, 257, 258
_HEADER = struct.Struct(">HHIIII")
_SHARED = ((7, 2), (11, 2), (4, 1), (6, 1), (5, 1), (48, 1), (1, 4), (2, 4), (22, 4), (21, 4), (10, 4), (14, 4))
_FIELDS = {_IPV4: ((8, 4), (12, 4), *_SHARED), _IPV6: ((27, 16), (28, 16), *_SHARED)}
_REST = struct.Struct(">HHBBBBIIIIII")


def templates(export: Export, *, rate: int = 1) -> bytes:
    """One datagram with both templates and the samplers' options: sampler 1 takes 1 packet in `rate`."""
    body = b"".join(
        struct.pack(">HH", number, len(fields)) + b"".join(struct.pack(">HH", *field) for field in fields)
        for number, fields in _FIELDS.items()
    )
    # One scope of 4 octets (system), then sampler id, algorithm (2: random) and interval; padded to 4 octets.
    options = struct.pack(">HHHHHHHHHHH", _SAMPLERS, 4, 12, 1, 4, 48, 1, 49, 1, 50, 4) + bytes(2)
    record = struct.pack(">IBBI", 0, SAMPLER, 2, rate) + bytes(2)
    return _datagram(export, 4, _set(0, body) + _set(1, options) + _set(_SAMPLERS, record))


def encode(export: Export, flows: Sequence[Flow]) -> bytes:
    """One datagram of at most LIMIT flows, IPv4 and IPv6. The header's sequence counts datagrams."""
    sets = []
    for number, of in ((_IPV4, 4), (_IPV6, 6)):
        records = b"".join(_record(export, flow) for flow in flows if flow.source.version == of)
        if records:
            sets.append(_set(number, records + bytes(-len(records) % 4)))
    return _datagram(export, len(flows), b"".join(sets))


def _record(export: Export, flow: Flow) -> bytes:
    return (
        flow.source.packed
        + flow.destination.packed
        + _REST.pack(
            flow.source_port,
            flow.destination_port,
            flow.protocol,
            flow.flags & 255,
            0,
            SAMPLER,
            flow.octets,
            flow.packets,
            (flow.start - export.boot) & 0xFFFF_FFFF,
            (flow.end - export.boot) & 0xFFFF_FFFF,
            1,
            2,
        )
    )


def _set(number: int, body: bytes) -> bytes:
    return struct.pack(">HH", number, 4 + len(body)) + body


def _datagram(export: Export, count: int, sets: bytes) -> bytes:
    sequence = export.sequence & 0xFFFF_FFFF
    return _HEADER.pack(9, count, export.uptime, export.at // 1000, sequence, export.domain) + sets
