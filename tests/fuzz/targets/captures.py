"""Captures of export datagrams, as `flowlens decode` reads them: pcap, pcapng, fragments, any link."""

from __future__ import annotations

import gzip
import io
import struct
from random import Random

from flowlens.model.errors import Invalid

from cdk.local.decode import Reading
from cdk.local.packets import REASONS
from cdk.local.pcap import Capture
from tests.fuzz.bending import bent
from tests.fuzz.grammar import Grammar
from tests.fuzz.oracles import check_rows, check_state, demand

_DAMAGES = 80  # characters in which damage is told


def make(rng: Random) -> bytes:
    """Some datagrams in a capture whose every header is bent now and then."""
    grammar = Grammar(rng, lies=0.0)
    packets = [bent(rng, _packet(rng, bytes(grammar.datagram().octets[:1_400]))) for _ in range(rng.randrange(1, 6))]
    made = _classic(rng, packets) if rng.random() < 0.5 else _ng(rng, packets)
    made = bent(rng, made)
    return gzip.compress(made, 1) if rng.random() < 0.1 else made


def _packet(rng: Random, payload: bytes) -> bytes:
    udp = struct.pack(">HHHH", 50_000, 2055, 8 + len(payload), 0) + payload
    if rng.random() < 0.7:
        flags = rng.choice((0, 0, 0x2000, 185))
        ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 7, flags, 64, 17, 0, 0xC0000201, 0xC0000202)
        return bytes(12) + b"\x08\0" + ip + udp
    return bytes(12) + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(udp), 17, 64) + bytes(range(32)) + udp


def _classic(rng: Random, packets: list[bytes]) -> bytes:
    head = struct.pack(
        "<IHHiIII", rng.choice((0xA1B2C3D4, 0xA1B23C4D)), 2, 4, 0, 0, 65535, rng.choice((1, 1, 1, 101, 113))
    )
    return head + b"".join(struct.pack("<IIII", 1_760_000_000, 1, len(p), len(p)) + p for p in packets)


def _ng(rng: Random, packets: list[bytes]) -> bytes:
    section = struct.pack("<IIIHHq", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1) + struct.pack("<I", 28)
    option = struct.pack("<HHB3xHH", 9, 1, rng.choice((6, 9, 0x8A, 0x7F, 0xFF)), 0, 0)
    interface = _block(1, struct.pack("<HHI", 1, 0, 0) + option)
    blocks = (_block(6, struct.pack("<IIIII", 0, 400_000, 7, len(p), len(p)) + p + bytes(-len(p) % 4)) for p in packets)
    return section + interface + b"".join(blocks)


def _block(kind: int, content: bytes) -> bytes:
    return struct.pack("<II", kind, 12 + len(content)) + content + struct.pack("<I", 12 + len(content))


def run(data: bytes) -> None:
    stream: io.BufferedIOBase = io.BytesIO(data)
    if data[:2] == b"\x1f\x8b":
        stream = gzip.GzipFile(fileobj=stream)
    reading = Reading(Capture(stream, "fuzz"))
    rows = 0
    try:
        for flows in reading:
            check_rows(flows.columns)
            rows += flows.columns.rows
    except Invalid:
        return
    demand(rows == reading.flows, f"{rows} rows, {reading.flows} counted")
    demand(reading.capture.skipped.keys() <= REASONS.keys() | {"exporters_beyond"}, f"{reading.capture.skipped}")
    demand(len(reading.capture.damage) <= _DAMAGES, reading.capture.damage)
    check_state(reading.state, max(len(reading.exporters), 1))
