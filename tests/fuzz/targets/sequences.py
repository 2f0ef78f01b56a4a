"""The ledger of sequence numbers under numbers of any kind: nothing negative, nothing unnamed, few streams."""

from __future__ import annotations

import struct
from random import Random

import numpy as np
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.flows.losses import residual_datagrams
from flowlens.flows.numbering import complete, read
from flowlens.flows.report import COUNTERS
from flowlens.flows.sequences import PER_EXPORTER, Ledger

from tests.fuzz.oracles import demand

HOME = ("192.0.2.1", "192.0.2.2")
_PLAIN = 1  # the exporter that speaks NetFlow v9 alone
_EACH = struct.Struct(">BBHIII")  # kind and exporter, records, step in time, number, uptime, domain
_STEPS = (0, 1, 1, 1, 1, 2, 5, 30, -1, -3, 1_000, 1 << 20, 1 << 31, (1 << 32) - 2)


def make(rng: Random) -> bytes:
    """Streams that mostly go on: gaps, repetitions, disorder, wraps and restarts."""
    number, uptime, out = rng.choice((0, 1, (1 << 32) - 3, rng.randrange(1 << 32))), rng.randrange(1 << 32), bytearray()
    for _ in range(rng.randrange(1, 120)):
        number = (number + rng.choice(_STEPS)) % (1 << 32)
        uptime = (uptime + rng.choice((10, 10, 10, 0, -100_000, 1 << 31))) % (1 << 32)
        domain = rng.choice((0, 0, 0, 1, rng.randrange(1 << 32)))
        out += _EACH.pack(
            rng.choice((0, 0, 5, 5, rng.randrange(256))),
            rng.randrange(4),
            rng.choice((1, 1, 60_000)),
            number,
            uptime,
            domain,
        )
    return bytes(out)


def _datagram(kind: int, records: int, number: int, uptime: int, domain: int) -> bytes:
    if kind == 0:
        return struct.pack(">HHIIIIHH", 5, records, uptime, 0, 0, number, domain & 0xFFFF, 0) + bytes(48 * records)
    if kind == 1:
        return struct.pack(">HHIIII", 9, 0, uptime, 0, number, domain)
    if kind == 2:
        return struct.pack(">HHIII", 10, 16, 0, number, domain)
    return struct.pack(">IIIIIII", 5, 1, domain, 0, number, uptime, 0)


def run(data: bytes) -> None:
    ledger, state, now = Ledger(list(HOME)), DecoderState(), 1_760_000_000_000
    received = 0
    for first in range(0, len(data) - _EACH.size + 1, 16 * _EACH.size):
        payloads, exporters, times = [], [], []
        for part in _EACH.iter_unpack(data[first : min(first + 16 * _EACH.size, len(data) // _EACH.size * _EACH.size)]):
            who, records, step, number, uptime, domain = part
            now += step
            exporters.append(who >> 2 & 1)
            payloads.append(_datagram(1 if exporters[-1] == _PLAIN else who & 3, records % 31, number, uptime, domain))
            times.append(now)
        _observe(ledger, state, payloads, exporters, times)
        received += exporters.count(_PLAIN)
        _check(ledger)
    ledger.finish()
    _check(ledger)
    _check_residual(ledger, received)
    again = Ledger(list(HOME))
    again.resume(ledger.positions())


def _observe(
    ledger: Ledger, state: DecoderState, payloads: list[bytes], exporters: list[int], times: list[int]
) -> None:
    batch = Datagrams.of(payloads)
    batch.exporters[:], batch.received[:] = exporters, times
    decode(batch, state)
    numbers = read(batch)
    complete(numbers, np.ones(numbers.count, np.bool_), state.records)
    ledger.observe(numbers)


def _check(ledger: Ledger) -> None:
    demand(ledger.streams <= PER_EXPORTER * len(HOME), f"{ledger.streams} streams")
    for exporter in range(len(HOME)):
        for name, count in ledger.counters(exporter).items():
            demand(name in COUNTERS, f"unnamed: {name}")
            demand(0 <= count < 1 << 63, f"{name} is {count}")


def _check_residual(ledger: Ledger, received: int) -> None:
    """Every number of the exporter that numbers datagrams is accounted for: what was sent came, or has a name."""
    counters = ledger.counters(_PLAIN) | {"received": received}
    demand(residual_datagrams(counters) == 0, f"{residual_datagrams(counters)} datagrams have no name: {counters}")
