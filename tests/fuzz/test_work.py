"""No datagram costs more than a fixed number of steps and octets, the worst that can be made least of all."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator

import numpy as np
import pytest
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode

from tests.fuzz.herd import Herd
from tests.fuzz.work import calls, peak
from tests.unit.flows.decoding.wire import flow_set, ipfix, options_template, sflow, template, v9

CALLS = 25_000  # of a datagram: 20 ms at most
OCTETS = 16 << 20
_LONGEST = 9_216


def _cut(data: bytes) -> bytes:
    return data[:_LONGEST]


WORST = {
    "sets of one template each": v9(*(template(256 + n, ((8, 4), (1, 1 + n % 8))) for n in range(190))),
    "templates that change between data": v9(
        *(part for n in range(95) for part in (template(256, ((8, 4), (1 + n % 3, 4))), flow_set(256, bytes(8))))
    ),
    "options that change between data": v9(
        *(
            part
            for n in range(60)
            for part in (options_template(256, ((1, 4),), ((34 + 14 * (n % 2), 4), (48, 4))), flow_set(256, bytes(12)))
        )
    ),
    "a template of 512 fields": ipfix(template(256, ((1, 4),) * 512, set_id=2), flow_set(256, bytes(2048 * 3))),
    "strings of no octets": ipfix(
        template(256, ((82, 65535), (83, 65535), (96, 65535), (236, 65535)), set_id=2), flow_set(256, bytes(8_000))
    ),
    "records of four octets": v9(template(256, ((8, 4),)), flow_set(256, bytes(9_000))),
    "empty samples": sflow(*(struct.pack(">II", 1, 0) for _ in range(1_100))),
    "samples of empty records": sflow(
        *(struct.pack(">II", 1, 32 + 8 * 60) + bytes(32) + struct.pack(">II", 1, 0) * 60 for _ in range(17))
    ),
    "withdrawals": ipfix(*(flow_set(2, struct.pack(">HH", 256 + n % 9, 0)) for n in range(190))),
}


def alone(data: bytes) -> tuple[int, int, float]:
    """Calls, octets and seconds of CPU time of one datagram, when a first has warmed what is imported and cached."""
    batch = Datagrams.of([_cut(data)])
    decode(batch, DecoderState())
    began = time.thread_time()
    decode(batch, DecoderState())
    took = time.thread_time() - began
    return calls(lambda: decode(batch, DecoderState())), peak(lambda: decode(batch, DecoderState())), took


@pytest.mark.parametrize("kind", WORST)
def test_the_worst_datagrams_cost_a_bounded_number_of_steps(kind: str) -> None:
    steps, octets, took = alone(WORST[kind])
    print(f"{kind}: {steps:,} calls, {octets:,} octets, {took * 1000:.1f} ms of CPU")  # noqa: T201  # with -s
    assert steps <= CALLS
    assert octets <= OCTETS


def _hostile(count: int) -> Iterator[bytes]:
    batch = Herd.bred(30, 500).batch(np.random.default_rng(30), count)
    for slot, length in zip(batch.slots, batch.lengths.tolist(), strict=True):
        yield slot[:length].tobytes()


def test_hostile_datagrams_one_by_one_cost_a_bounded_number_of_steps() -> None:
    costs = [alone(data) for data in _hostile(400)]
    steps, octets, took = (max(column) for column in zip(*costs, strict=True))
    print(f"the worst of {len(costs)}: {steps:,} calls, {octets:,} octets, {took * 1000:.1f} ms of CPU")  # noqa: T201
    assert steps <= CALLS
    assert octets <= OCTETS
