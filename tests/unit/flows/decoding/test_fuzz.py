"""No bytes make the decoders raise, loop or forget to count: random ones, and recordings that were tampered with."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from flowlens.flows.columns import SCHEMA, Columns
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.flows.decoding.elements import EXACT, KNOWN, SECTIONS, TEXTS
from flowlens.flows.decoding.parking import EXPORTER_LIMIT
from flowlens.flows.decoding.samples import KINDS
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.families.rows import read_hex
from tests.recordings import TOTALS, payloads
from tests.unit.flows.decoding.wire import SECONDS, flow_set, sflow

HEADS = (
    struct.pack(">HHIIIIHH", 5, 3, 60_000, SECONDS, 0, 1, 0, 0),
    struct.pack(">HHIIII", 9, 3, 60_000, SECONDS, 1, 7),
    struct.pack(">IIIIIII", 5, 1, 1, 0, 1, 60_000, 3),
)


def check(flows: Columns, state: DecoderState, sent: int) -> None:
    """What holds whatever came in."""
    size = sum(column.dtype.itemsize for column in SCHEMA)
    assert flows.rows * size <= 64 * sent
    for column in SCHEMA:
        values = flows[column.name]
        assert values.shape == (flows.rows,)
        assert values.dtype == column.dtype
    assert set(flows["ip_version"].tolist()) <= {0, 4, 6}
    assert (flows["start"] <= flows["end"]).all()
    assert (flows["sampling_rate"] > 0).all()
    counters = state.counters(0)
    assert counters.get("flows", 0) >= flows.rows
    reasons = sum(count for name, count in counters.items() if name.startswith("malformed."))
    assert counters.get("malformed", 0) == reasons
    assert state.parked_octets <= EXPORTER_LIMIT


@given(st.lists(st.binary(max_size=300), max_size=8))
@settings(max_examples=150, deadline=None)
def test_random_bytes_are_counted(datagrams: list[bytes]) -> None:
    state = DecoderState()
    check(decode(Datagrams.of(datagrams), state), state, sum(map(len, datagrams)))


@given(st.lists(st.tuples(st.sampled_from(HEADS), st.binary(max_size=300)), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_random_bytes_behind_true_headers_are_counted(parts: list[tuple[bytes, bytes]]) -> None:
    state = DecoderState()
    datagrams = [head + body for head, body in parts]
    check(decode(Datagrams.of(datagrams), state), state, sum(map(len, datagrams)))


numbers = st.integers(0, 0xFFFF)
small = st.sampled_from((0, 1, 2, 3, 4, 6, 8, 9, 16, 255, 65535))
elements = st.sampled_from(sorted({*(one for one in KNOWN if one < 0x8000), *TEXTS, *SECTIONS, 291, 999}))
sized = st.sampled_from([(one, EXACT.get(one, 4)) for one in sorted(KNOWN) if one < 0x8000])
field = st.one_of(st.tuples(elements, small), sized).map(lambda pair: struct.pack(">HH", *pair))
own = st.builds(
    struct.Struct(">HHI").pack, elements.map(lambda e: e | 0x8000), small, st.sampled_from((29305, 9, 6871))
)
fields = st.lists(st.one_of(field, own), max_size=12).map(lambda parts: (len(parts), b"".join(parts)))
template_ids = st.sampled_from((2, 3, 255, 256, 257))
definition = st.builds(lambda tid, f: struct.pack(">HH", tid, f[0]) + f[1], template_ids, fields)
options = st.builds(lambda tid, f, s: struct.pack(">HHH", tid, f[0], s) + f[1], template_ids, fields, st.integers(0, 3))
any_set = st.one_of(
    st.builds(flow_set, st.just(2), definition),
    st.builds(flow_set, st.just(3), options),
    st.builds(flow_set, st.sampled_from((256, 257)), st.binary(max_size=200)),
)
message = st.lists(any_set, max_size=8).map(b"".join)


@given(st.lists(message, max_size=6))
@settings(max_examples=200, deadline=None)
def test_random_templates_with_random_data_are_read_or_counted(messages: list[bytes]) -> None:
    state = DecoderState()
    head = struct.Struct(">HHIII")
    datagrams = [head.pack(10, 16 + len(body), SECONDS, 1, 7) + body for body in messages]
    check(decode(Datagrams.of(datagrams), state), state, sum(map(len, datagrams)))
    state.finish()
    assert state.parked_octets == 0


lengths = st.one_of(st.integers(0, 64), st.sampled_from((0xFFFFFFFF, 0x7FFFFFFF, 300)))
sflow_record = st.builds(
    lambda kind, body, wrong: struct.pack(">II", kind, len(body) if wrong is None else wrong) + body,
    st.sampled_from(sorted(KINDS)),
    st.binary(min_size=16, max_size=80),
    st.one_of(st.none(), st.none(), lengths),
)
sflow_sample = st.builds(
    lambda ends, records: struct.pack(">IIII", 1, 32 + len(records), 1, 5) + struct.pack(">6I", *ends, 9) + records,
    st.tuples(*[st.sampled_from((0, 1, 5, 0x3FFFFFFF, 0x40000003, 0xFFFFFFFF))] * 5),
    st.lists(sflow_record, max_size=5).map(b"".join),
)


@given(st.lists(sflow_sample, max_size=6))
@settings(max_examples=200, deadline=None)
def test_random_records_of_samples_are_read_or_counted(samples: list[bytes]) -> None:
    state = DecoderState()
    datagram = sflow(*samples)
    check(decode(Datagrams.of([datagram]), state), state, len(datagram))


CASES = sorted((Path(__file__).parents[3] / "data" / "decoders").glob("*/*.hex"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_hand_made_case_cut_anywhere_or_with_an_octet_changed_is_read_or_counted(path: Path) -> None:
    rng = random.Random(path.stem)
    for payload in read_hex(path):
        cut = [payload[:length] for length in range(len(payload) + 1)]
        changed = [bytearray(payload) for _ in range(200)]
        for datagram in changed:
            for _ in range(rng.randrange(1, 4)):
                datagram[rng.randrange(len(datagram))] = rng.choice((0, 1, 4, 255, rng.randrange(256)))
        for batch in (cut, list(map(bytes, changed))):
            state = DecoderState()
            check(decode(Datagrams.of(batch), state), state, sum(map(len, batch)) + EXPORTER_LIMIT)


@pytest.mark.parametrize("name", TOTALS)
@pytest.mark.parametrize("seed", range(3))
def test_a_recording_with_flipped_octets_is_read_or_counted(name: str, seed: int) -> None:
    rng = random.Random(f"{name}{seed}")
    state = DecoderState()
    taken = [bytearray(payload) for _, payload in payloads(name)[:200]]
    for datagram in taken:
        for _ in range(rng.randrange(4)):
            datagram[rng.randrange(len(datagram))] = rng.choice((0, 1, 255, rng.randrange(256)))
        if rng.random() < 0.1:
            del datagram[rng.randrange(len(datagram)) :]
    for at in range(0, len(taken), 50):
        batch = [bytes(datagram) for datagram in taken[at : at + 50]]
        check(decode(Datagrams.of(batch), state), state, sum(map(len, batch)) + EXPORTER_LIMIT)
        state.expire(at * 10_000)


@pytest.mark.parametrize("name", TOTALS)
def test_a_recording_cut_at_every_octet_is_read_or_counted(name: str) -> None:
    payload = payloads(name)[0][1]
    state = DecoderState()
    batch = [payload[:length] for length in range(len(payload) + 1)]
    check(decode(Datagrams.of(batch), state), state, sum(map(len, batch)))
    assert state.counters(0)["malformed"] + state.counters(0)["unknown_version"] > 0


def test_garbage_of_one_exporter_changes_nothing_for_another() -> None:
    rng = np.random.default_rng(7)
    true = [payload for _, payload in payloads("softflowd_ipfix")[:100]]
    alone, mixed = DecoderState(), DecoderState()
    expected = decode(Datagrams.of(true), alone)
    garbage = [bytes(octet if rng.random() > 0.02 else int(rng.integers(256)) for octet in payload) for payload in true]
    batch = Datagrams.of([payload for pair in zip(garbage, true, strict=True) for payload in pair])
    batch.exporters[:] = np.arange(200) % 2
    flows = decode(batch, mixed)
    own = flows.take(flows["exporter"] == 1)
    for column in SCHEMA:
        if column.name != "exporter":
            assert np.array_equal(np.sort(own[column.name]), np.sort(expected[column.name])), column.name
    assert mixed.counters(1) == alone.counters(0)
