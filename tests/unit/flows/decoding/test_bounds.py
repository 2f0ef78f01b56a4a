"""Whatever comes, what the decoders remember is bounded, and what they give up is counted by name."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from flowlens.flows.columns import SCHEMA, Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode, parking, scopes
from flowlens.flows.decoding.parking import PATIENCE
from flowlens.flows.decoding.sets import SETS_LIMIT

from tests.unit.flows.decoding.wire import BASE, Fields, flow_set, ipfix, options_template, record, sflow, template, v9


def send(state: DecoderState, *datagrams: bytes, exporter: int = 0) -> int:
    """How many flows came of them."""
    return decode(Datagrams.of(list(datagrams), exporter=exporter), state).rows


def test_a_set_that_waited_five_minutes_is_lost_by_name() -> None:
    state = DecoderState()
    state.expire(0)
    send(state, v9(flow_set(256, record())))
    state.expire(PATIENCE)
    assert state.parked_octets > 0
    state.expire(PATIENCE + 1)
    assert state.parked_octets == 0
    assert state.counters(0) == {"template_missing": 1, "template_missing_octets": 21}
    assert send(state, v9(template(256))) == 0


def test_the_first_look_at_the_clock_gives_nothing_up() -> None:
    state = DecoderState()
    send(state, v9(flow_set(256, record())))
    state.expire(1_760_000_000_000)
    assert send(state, v9(template(256))) == 1
    assert state.parked_octets == 0


def test_an_exporter_parks_no_more_than_its_share_and_loses_the_rest_exactly() -> None:
    state = DecoderState()
    content = record() * 60
    send(state, *(v9(flow_set(256, content)) for _ in range(1000)))
    assert 0 < state.parked_octets <= parking.EXPORTER_LIMIT
    kept = state.parked_octets // (len(content) + parking.OVERHEAD)
    assert state.counters(0)["template_missing"] == 1000 - kept
    assert send(state, v9(template(256))) == 60 * kept
    state.finish()
    assert state.counters(0)["template_missing_octets"] == len(content) * (1000 - kept)


def test_a_full_exporter_leaves_room_to_the_others() -> None:
    state = DecoderState()
    send(state, *(v9(flow_set(256, record() * 60)) for _ in range(1000)), exporter=1)
    send(state, v9(flow_set(256, record())), exporter=2)
    assert send(state, v9(template(256)), exporter=2) == 1


def test_a_domain_keeps_the_templates_in_use_when_others_flood_it() -> None:
    state = DecoderState()
    assert send(state, v9(template(256), flow_set(256, record()))) == 1
    for first in range(300, 60_000, 100):
        send(state, v9(*(template(first + offset) for offset in range(100))))
    assert send(state, v9(flow_set(256, record()))) == 1
    assert state.counters(0)["templates_evicted"] > 59_000


def test_an_exporter_keeps_the_domains_in_use_when_others_flood_it() -> None:
    state = DecoderState()
    assert send(state, v9(template(256), flow_set(256, record()), domain=1)) == 1
    for first in range(10, 10_010, 100):
        send(state, *(v9(template(256), domain=first + offset) for offset in range(100)))
    assert send(state, v9(flow_set(256, record()), domain=1)) == 1
    kept = sum(state.scopes.peek(scopes.ScopeKey(0, Format.NETFLOW9, d)) is not None for d in range(10_010))
    assert kept == scopes.DOMAINS_LIMIT


def test_an_exporter_has_at_most_4096_templates() -> None:
    state = DecoderState()
    for domain in range(40):
        send(state, v9(*(template(256 + at) for at in range(150)), domain=domain))
    assert state.counters(0)["templates_evicted"] == 40 * 150 - scopes.EXPORTER_TEMPLATES_LIMIT


def test_the_budget_of_all_exporters_is_kept_at_the_cost_of_the_greediest() -> None:
    state = DecoderState(template_budget=1 << 20)
    assert send(state, v9(template(256), flow_set(256, record())), exporter=1) == 1
    for at in range(40):
        send(state, v9(*(template(256 + 100 * at + more) for more in range(100))), exporter=2)
    assert state.scopes.cost <= 1 << 20
    assert state.counters(2)["templates_evicted"] > 0
    assert send(state, v9(flow_set(256, record())), exporter=1) == 1


def test_a_hundred_thousand_new_domains_and_ids_leave_memory_flat() -> None:
    state = DecoderState()

    def flood(begin: int, end: int) -> None:
        for at in range(begin, end, 500):
            batch = (v9(template(256 + n % 60_000), flow_set(999, b"x"), domain=n) for n in range(at, at + 500))
            send(state, *batch)

    flood(0, 90_000)
    tracemalloc.start()
    flood(90_000, 100_000)
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left < 1 << 20
    assert state.scopes.cost < 1 << 20
    assert state.counters(0)["templates_evicted"] == 100_000 - scopes.DOMAINS_LIMIT
    parked = state.parked_octets // (parking.OVERHEAD + 1)
    assert state.counters(0)["template_missing"] == 100_000 - parked


def test_a_hundred_thousand_samplers_leave_memory_flat() -> None:
    state = DecoderState()
    send(state, v9(options_template(300, ((1, 1),), ((48, 4), (34, 4)))))
    for at in range(0, 100_000, 100):
        body = b"".join(struct.pack(">BII", 0, n, 10) for n in range(at, at + 100))
        send(state, v9(flow_set(300, body)))
    scope = state.scopes.peek(scopes.ScopeKey(0, Format.NETFLOW9, 7))
    assert scope is not None
    assert len(scope.samplers.by_id.rates) <= 4096


@pytest.mark.parametrize("fields", [((4, 1), (61, 1), (5, 1), (9, 1)), ((8, 4),), ((1, 4),)])
def test_what_comes_out_is_at_most_64_times_what_came_in(fields: Fields) -> None:
    datagram = v9(template(256, fields), flow_set(256, bytes(1400)))
    flows = decode(Datagrams.of([datagram]), DecoderState())
    size = sum(column.dtype.itemsize for column in SCHEMA)
    assert 0 < flows.rows * size <= 64 * len(datagram)


def test_a_biflow_template_too_short_for_two_rows_is_refused() -> None:
    state = DecoderState()
    short = struct.pack(">HHHHHHI", 256, 2, 4, 1, 0x8001, 2, 29305)
    assert send(state, ipfix(flow_set(2, short), flow_set(256, bytes(1400)))) == 0
    assert state.counters(0)["malformed.template_length"] == 1


def test_a_datagram_of_empty_sets_is_cut_off_and_counted() -> None:
    state = DecoderState()
    many = SETS_LIMIT + 100
    assert send(state, v9(template(256), *(flow_set(256, record()) for _ in range(many)))) == SETS_LIMIT - 1
    assert state.counters(0)["malformed.set_count"] == 1


def test_a_datagram_of_empty_samples_is_cut_off_and_counted() -> None:
    state = DecoderState()
    assert send(state, sflow(*(struct.pack(">II", 2, 0) for _ in range(300)))) == 0
    assert state.counters(0) == {"counter_samples": 256, "malformed": 1, "malformed.sample_count": 1}


def test_a_set_of_too_many_variable_records_is_cut_off_and_counted() -> None:
    state = DecoderState()
    strings = template(256, ((82, 65535), (83, 65535), (84, 65535), (96, 65535)), set_id=2)
    assert send(state, ipfix(strings, flow_set(256, bytes(4 * 2000)))) == 400
    assert state.counters(0) == {"flows": 400, "malformed": 1, "malformed.record_length": 1}


def test_a_malformed_datagram_counts_once_however_much_is_wrong_with_it() -> None:
    state = DecoderState()
    send(state, v9(template(255), template(256, ((8, 0),)), flow_set(200, b""), struct.pack(">HH", 300, 2)))
    counters = state.counters(0)
    assert counters.pop("malformed") == 1
    assert sum(counters.values()) == 1


def test_counts_belong_to_the_exporter_that_caused_them() -> None:
    state = DecoderState()
    batch = Datagrams.of([b"", b"\0\1", v9()[:10], b"GET / HTTP/1.1", v9(template(256), flow_set(256, record() * 3))])
    batch.exporters[:] = [1, 1, 2, 3, 4]
    decode(batch, state)
    expected: Iterator[dict[str, int]] = iter(
        ({}, {"unknown_version": 2}, {"malformed": 1, "malformed.header": 1}, {"unknown_version": 1}, {"flows": 3})
    )
    assert [state.counters(exporter) for exporter in range(5)] == list(expected)
    assert [state.formats(exporter) for exporter in range(5)] == [(), (), (9,), (), (9,)]


def test_lengths_beyond_the_slots_are_cut() -> None:
    batch = Datagrams.of([v9(template(256), flow_set(256, record()))])
    batch.lengths[:] = 65_535
    assert decode(batch, DecoderState()).rows == 1


def test_no_datagrams_are_no_flows() -> None:
    assert decode(Datagrams.of([]), DecoderState()).rows == 0


def test_the_reused_slots_of_a_receiver_leak_nothing_of_earlier_datagrams() -> None:
    """Octets beyond a datagram's length are undefined: here, a whole earlier datagram."""
    whole = v9(template(256), flow_set(256, record() * 5))
    batch = Datagrams.of([whole])
    batch.lengths[:] = len(whole) - 21 * 5 - 4
    assert decode(batch, DecoderState()).rows == 0
    assert np.array_equal(batch.slots[0], np.frombuffer(whole, np.uint8))


def test_base_is_what_the_tests_think_it_is() -> None:
    assert sum(length for _, length in BASE) == len(record())
