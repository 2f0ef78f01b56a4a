"""Valid captures unlike any exporter's: layouts, orders and widths drawn at random, with what they mean."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from random import Random
from typing import NamedTuple

from tests.fuzz.grammar import SECONDS

UPTIME = 3_600_000
_BOOT = SECONDS * 1000 - UPTIME


class Flow(NamedTuple):
    """What every tool says of a flow. Times are ms since 1970; `icmp` is type << 8 | code."""

    src: str
    dst: str
    src_port: int
    dst_port: int
    protocol: int
    flags: int
    octets: int
    packets: int
    start: int
    end: int
    icmp: int = 0


# Element, widths it may have, and its value.
_FIELDS = {
    7: (2,), 11: (2,), 4: (1,), 6: (1,), 1: (4, 8), 2: (4, 8), 22: (4,), 21: (4,),
    10: (2, 4), 14: (2, 4), 5: (1,), 9: (1,), 16: (2, 4), 61: (1,), 136: (1,), 56: (6,), 58: (2,),
}  # fmt: skip
_NEEDED = (7, 11, 4, 6, 1, 2, 22, 21)
Layout = list[tuple[int, int]]


def flow(rng: Random, *, six: bool = False) -> Flow:
    size = 16 if six else 4
    src, dst = (str(ip_address(bytes((32 if six else 10,)) + rng.randbytes(size - 1))) for _ in range(2))
    protocol = rng.choice((6, 17, 132, 6))
    first = rng.randrange(UPTIME - 1000)
    last = first + rng.choice((0, 1, 999, rng.randrange(UPTIME - first)))
    ports = [rng.choice((1, 53, 443, rng.randrange(1, 65536))) for _ in range(2)]
    packets = rng.choice((1, 7, rng.randrange(1, 1 << 20)))
    octets = rng.choice((40 * packets, 1500 * packets, rng.randrange(1, 1 << 31)))
    flags = rng.choice((2, 18, 27, 255)) if protocol == 6 else 0
    return Flow(src, dst, ports[0], ports[1], protocol, flags, octets, packets, _BOOT + first, _BOOT + last)


def layout(rng: Random, *, six: bool) -> Layout:
    """A template of the needed fields and some others, in any order."""
    others = [one for one in _FIELDS if one not in _NEEDED]
    chosen = [*_NEEDED, *rng.sample(others, rng.randrange(len(others)))]
    fields = [(one, rng.choice(_FIELDS[one])) for one in chosen]
    fields += [(27, 16), (28, 16)] if six else [(8, 4), (12, 4)]
    rng.shuffle(fields)
    return fields


def record(one: Flow, fields: Layout) -> bytes:
    values = {
        7: one.src_port, 11: one.dst_port, 4: one.protocol, 6: one.flags, 1: one.octets, 2: one.packets,
        22: one.start - _BOOT, 21: one.end - _BOOT,
        8: int(ip_address(one.src)), 12: int(ip_address(one.dst)),
        27: int(ip_address(one.src)), 28: int(ip_address(one.dst)),
    }  # fmt: skip
    return b"".join(values.get(element, 0).to_bytes(width, "big") for element, width in fields)


def netflow5(rng: Random, count: int) -> tuple[list[bytes], list[Flow]]:
    payloads: list[bytes] = []
    flows: list[Flow] = []
    for number in range(count):
        some = [flow(rng) for _ in range(rng.randrange(1, 31))]
        body = b"".join(_record5(one) for one in some)
        sent = len(flows)
        payloads.append(struct.pack(">HHIIIIHH", 5, len(some), UPTIME, SECONDS, 0, sent, number % 2, 0) + body)
        flows += some
    return payloads, flows


def _record5(one: Flow) -> bytes:
    ends = ip_address(one.src).packed + ip_address(one.dst).packed + bytes(4)
    numbers = (0, 0, one.packets, one.octets, one.start - _BOOT, one.end - _BOOT, one.src_port, one.dst_port)
    return ends + struct.pack(">HHIIIIHH", *numbers) + struct.pack(">BBBBHHBBH", 0, one.flags, one.protocol, *[0] * 6)


def templated(rng: Random, version: int, count: int) -> tuple[list[bytes], list[Flow]]:
    """NetFlow v9 or IPFIX: all templates in the first datagram, then sets of them in any order."""
    layouts = {256 + n: (layout(rng, six=n % 3 == 2), n % 3 == 2) for n in range(6)}
    definitions = b"".join(
        struct.pack(">HH", number, len(fields)) + b"".join(struct.pack(">HH", *field) for field in fields)
        for number, (fields, _) in layouts.items()
    )
    first = struct.pack(">HH", 0 if version == 9 else 2, 4 + len(definitions)) + definitions
    payloads, flows = [_message(version, [first], 0, len(layouts))], list[Flow]()
    if version == 10:  # the uptimes of IPFIX count from what options data says
        payloads[0] = _message(version, [first, _init()], 0, 0)
    for number in range(1, count):
        sets, some = [], list[Flow]()
        for _ in range(rng.randrange(1, 4)):
            chosen = rng.choice(list(layouts))
            fields, six = layouts[chosen]
            records = [flow(rng, six=six) for _ in range(rng.randrange(1, 5))]
            body = b"".join(record(one, fields) for one in records)
            body += bytes(-len(body) % 4) if min(width for _, width in fields) >= 1 else b""
            sets.append(struct.pack(">HH", chosen, 4 + len(body)) + body)
            some += records
        sequence = number if version == 9 else len(flows) + 1
        payloads.append(_message(version, sets, sequence, len(some)))
        flows += some
    return payloads, flows


def _init() -> bytes:
    options = struct.pack(">HHHHHHH", 500, 2, 1, 149, 4, 160, 8)
    data = struct.pack(">IQ", 0, _BOOT)
    return struct.pack(">HH", 3, 4 + len(options)) + options + struct.pack(">HH", 500, 4 + len(data)) + data


def _message(version: int, sets: list[bytes], sequence: int, records: int) -> bytes:
    body = b"".join(sets)
    if version == 9:
        return struct.pack(">HHIIII", 9, records, UPTIME, SECONDS, sequence, 7) + body
    return struct.pack(">HHIII", 10, 16 + len(body), SECONDS, sequence, 7) + body
