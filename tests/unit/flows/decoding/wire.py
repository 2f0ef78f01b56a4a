"""Export datagrams made by hand, for tests that compute them."""

from __future__ import annotations

import struct

SECONDS = 1_760_000_000
BASE = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 4))  # 21 octets
Fields = tuple[tuple[int, int], ...]


def v9(*sets: bytes, domain: int = 7) -> bytes:
    return struct.pack(">HHIIII", 9, len(sets), 60_000, SECONDS, 1, domain) + b"".join(sets)


def ipfix(*sets: bytes, domain: int = 7) -> bytes:
    body = b"".join(sets)
    return struct.pack(">HHIII", 10, 16 + len(body), SECONDS, 1, domain) + body


def sflow(*samples: bytes) -> bytes:
    return struct.pack(">IIIIIII", 5, 1, 0xC0000201, 0, 1, 60_000, len(samples)) + b"".join(samples)


def flow_set(set_id: int, body: bytes) -> bytes:
    return struct.pack(">HH", set_id, 4 + len(body)) + body


def template(template_id: int, fields: Fields = BASE, *, set_id: int = 0) -> bytes:
    pairs = b"".join(struct.pack(">HH", *field) for field in fields)
    return flow_set(set_id, struct.pack(">HH", template_id, len(fields)) + pairs)


def options_template(template_id: int, scope: Fields, fields: Fields) -> bytes:
    """Of NetFlow v9."""
    pairs = b"".join(struct.pack(">HH", *field) for field in (*scope, *fields))
    return flow_set(1, struct.pack(">HHH", template_id, 4 * len(scope), 4 * len(fields)) + pairs)


def record(*, src: int = 1, octets: int = 1000, port: int = 443) -> bytes:
    """A record of BASE, from 10.0.0.src."""
    return struct.pack(">IIHHBII", 0x0A000000 + src, 0x0A0000FF, 40_000, port, 6, octets, 10)
