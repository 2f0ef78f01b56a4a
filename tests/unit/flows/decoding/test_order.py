"""Templates, options and data in any order, from several exporters: what each flow means does not depend on it."""

from __future__ import annotations

import struct
from itertools import permutations

import numpy as np
import pytest
from flowlens.flows.columns import Columns, RateSource, join
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode

from tests.families.rows import signatures
from tests.recordings import payloads
from tests.unit.flows.decoding.wire import BASE, flow_set, options_template, record, template, v9

SAMPLED = (*BASE, (48, 1))
PIECES = {
    "template": template(256, SAMPLED),
    "options template": options_template(300, ((1, 4),), ((48, 1), (34, 4))),
    "options data": flow_set(300, struct.pack(">IBIIBI", 0, 1, 10, 0, 2, 1000)),
    "data": flow_set(256, record(src=1) + b"\1" + record(src=2) + b"\2"),
}
ORDERS = list(permutations(PIECES))


def told(flows: Columns) -> list[tuple[int, int, int]]:
    """Source, octets, and rate of each flow."""
    columns = (flows["src_low"] & np.uint64(255), flows["octets"], flows["sampling_rate"])
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


TRUE = [(1, 1000, 10), (2, 1000, 1000)]
UNSCALED = [(1, 1000, 1), (2, 1000, 1)]


@pytest.mark.parametrize("order", ORDERS, ids=", ".join)
def test_within_a_datagram_the_order_of_sets_changes_nothing(order: tuple[str, ...]) -> None:
    datagram = v9(*(PIECES[name] for name in order))
    assert told(decode(Datagrams.of([datagram]), DecoderState())) == TRUE


@pytest.mark.parametrize("order", ORDERS, ids=", ".join)
def test_within_a_batch_the_order_of_datagrams_changes_nothing(order: tuple[str, ...]) -> None:
    batch = Datagrams.of([v9(PIECES[name]) for name in order])
    assert told(decode(batch, DecoderState())) == TRUE


@pytest.mark.parametrize("order", ORDERS, ids=", ".join)
def test_across_batches_a_rate_holds_for_what_can_be_read_after_it(order: tuple[str, ...]) -> None:
    """Flows that could be read before their rate came keep rate 1 and say that it is not known."""
    state = DecoderState()
    flows = join([decode(Datagrams.of([v9(PIECES[name])]), state) for name in order])
    readable = max(order.index("template"), order.index("data"))
    rate_known = max(order.index("options template"), order.index("options data"))
    late = rate_known > readable
    assert told(flows) == (UNSCALED if late else TRUE)
    source = RateSource.UNKNOWN if late else RateSource.OPTIONS
    assert set(flows["rate_source"].tolist()) == {int(source)}


def test_no_flow_is_lost_or_doubled_in_any_order_of_five_batches() -> None:
    again = v9(PIECES["data"])
    for order in ORDERS:
        state = DecoderState()
        parts = [decode(Datagrams.of([v9(PIECES[name]), again]), state) for name in order]
        state.finish()
        assert sum(part.rows for part in parts) == 10
        assert state.counters(0)["flows"] == 10
        assert "template_missing" not in state.counters(0)


def _interleaved(names: tuple[str, ...], count: int) -> Datagrams:
    """Datagrams of several exporters by turns, each exporter replaying another recording."""
    turns = zip(*([payload for _, payload in payloads(name)[:count]] for name in names), strict=True)
    datagrams = Datagrams.of([payload for turn in turns for payload in turn])
    datagrams.exporters[:] = np.tile(np.arange(len(names)), count)
    return datagrams


def test_exporters_with_the_same_template_ids_do_not_touch_one_another() -> None:
    """softflowd and pmacctd both use 1024 and 2048 in domain 0 and 1, with different fields."""
    names = ("softflowd_v9", "pmacctd_v9", "softflowd_ipfix_bi", "pmacctd_ipfix_varlen", "pmacctd_v5", "pmacctd_sflow5")
    count = 60
    state = DecoderState()
    together = _interleaved(names, count)
    mixed = join([decode(together.take(np.arange(at, at + 90)), state) for at in range(0, together.count, 90)])
    for exporter, name in enumerate(names):
        alone = DecoderState()
        isolated = decode(Datagrams.of([payload for _, payload in payloads(name)[:count]]), alone)
        own = mixed.take(mixed["exporter"] == exporter)
        own.values.pop("exporter", None)
        assert signatures([own]) == signatures([isolated])
        assert state.counters(exporter) == alone.counters(0)
        assert state.formats(exporter) == alone.formats(0)


def test_template_256_of_one_exporter_reads_no_data_of_another() -> None:
    state = DecoderState()
    decode(Datagrams.of([v9(template(256))], exporter=1), state)
    flows = decode(Datagrams.of([v9(flow_set(256, record()))], exporter=2), state)
    state.finish()
    assert flows.rows == 0
    assert state.counters(2) == {"template_missing": 1, "template_missing_octets": 21}
    assert state.counters(1) == {}


def test_a_template_that_comes_back_within_a_batch_is_in_force_again() -> None:
    first = v9(template(256), flow_set(256, record(src=1)))
    other = v9(template(256, ((8, 4), (12, 4), (2, 4), (1, 4), (4, 1), (7, 2), (11, 2))))
    flows = decode(Datagrams.of([first, other, first]), DecoderState())
    assert flows["octets"].tolist() == [1000, 1000]


def test_a_rate_that_changes_holds_from_then_on() -> None:
    state = DecoderState()
    decode(Datagrams.of([v9(PIECES["template"], PIECES["options template"])]), state)
    for rate in (10, 20):
        options = flow_set(300, struct.pack(">IBI", 0, 1, rate))
        flows = decode(Datagrams.of([v9(options, flow_set(256, record() + b"\1"))]), state)
        assert flows["sampling_rate"].tolist() == [rate]


def test_what_is_said_again_after_something_else_holds_again() -> None:
    """In one batch: a template that was replaced comes back, and so does a rate. Repetitions alone are passed over."""
    other = template(256, (*BASE[:-2], (2, 4), (1, 4), (48, 1)))
    ten, twenty = (flow_set(300, struct.pack(">IBI", 0, 1, rate)) for rate in (10, 20))
    begin = [PIECES["template"], PIECES["options template"], ten]
    data = flow_set(256, record(src=1) + b"\1")
    sent = [
        *(v9(*begin) for _ in range(3)),
        v9(other, twenty),
        v9(other, twenty),
        v9(PIECES["template"], ten),
        v9(PIECES["template"], ten),
        v9(data),
    ]
    state = DecoderState()
    assert told(decode(Datagrams.of(sent), state)) == [(1, 1000, 10)]
    assert state.counters(0)["template_redefined"] == 2
    assert state.counters(0)["options_records"] == 7


def test_names_that_are_told_again_are_counted_each_time_and_the_last_one_holds() -> None:
    state = DecoderState()
    options = options_template(300, ((2, 4),), ((82, 8),))
    names = [flow_set(300, struct.pack(">I8s", 7, name)) for name in (b"one", b"one", b"two", b"one", b"one")]
    decode(Datagrams.of([v9(options, name) for name in names]), state)
    assert state.names(0).interfaces == {7: "one"}
    assert state.counters(0)["options_records"] == 5
