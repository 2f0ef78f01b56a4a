"""IPFIX"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from cdk.local.demo.flow import Export, Flow

LIMIT = 16  # records in a datagram, so that IPv6 ones still fit into 1,500 octets
SELECTOR = 7
_IPV4, _IPV6, _SELECTORS = 300, 301, 302
_HEADER = struct.Struct(">HHIII")
_SHARED = (
    *((7, 2), (11, 2), (4, 1), (6, 2), (136, 1), (239, 1), (1, 8), (2, 8)),
    *((152, 8), (153, 8), (10, 4), (14, 4), (302, 8)),
)
_FIELDS = {_IPV4: ((8, 4), (12, 4), *_SHARED), _IPV6: ((27, 16), (28, 16), *_SHARED)}
_REST = struct.Struct(">HHBHBBQQQQIIQ")
_END_OF_FLOW = 3
_INITIATOR, _RESPONDER = 1, 2


def templates(export: Export, *, rate: int = 1) -> bytes:
    """One message with both templates and the selectors' options: one packet taken, then `rate` - 1 left out."""
    body = b"".join(
        struct.pack(">HH", number, len(fields)) + b"".join(struct.pack(">HH", *field) for field in fields)
        for number, fields in _FIELDS.items()
    )
    # The scope is the selector; its algorithm (1: systematic count-based), packets taken and packets left out.
    options = struct.pack(">HHHHHHHHHHH", _SELECTORS, 4, 1, 302, 8, 304, 2, 305, 4, 306, 4)
    record = struct.pack(">QHII", SELECTOR, 1, 1, rate - 1)
    return _message(export, _set(2, body) + _set(3, options) + _set(_SELECTORS, record))


def encode(export: Export, flows: Sequence[Flow]) -> bytes:
    """One message of at most LIMIT flows, IPv4 and IPv6. The header's sequence counts data records."""
    sets = []
    for number, of in ((_IPV4, 4), (_IPV6, 6)):
        records = b"".join(_record(flow) for flow in flows if flow.source.version == of)
        if records:
            sets.append(_set(number, records))
    return _message(export, b"".join(sets))


def _record(flow: Flow) -> bytes:
    return (
        flow.source.packed
        + flow.destination.packed
        + _REST.pack(
            flow.source_port,
            flow.destination_port,
            flow.protocol,
            flow.flags,
            _END_OF_FLOW,
            _INITIATOR if flow.initiator else _RESPONDER,
            flow.octets,
            flow.packets,
            flow.start,
            flow.end,
            1,
            2,
            SELECTOR,
        )
    )


def _set(number: int, body: bytes) -> bytes:
    return struct.pack(">HH", number, 4 + len(body)) + body


def _message(export: Export, sets: bytes) -> bytes:
    sequence = export.sequence & 0xFFFF_FFFF
    return _HEADER.pack(10, 16 + len(sets), export.at // 1000, sequence, export.domain) + sets
