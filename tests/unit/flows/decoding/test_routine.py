"""What exporters say all day is read in one go, and means what it means when it is read set by set."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence

import numpy as np
import pytest
from flowlens.flows.columns import SCHEMA, Columns, Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.flows.decoding.lessons import RatesLesson, Subject
from flowlens.flows.decoding.recall import recall
from flowlens.flows.kernel import kernel

from tests.kernels import without_kernel
from tests.recordings import payloads
from tests.unit.flows.decoding.wire import BASE, Fields, flow_set, ipfix, options_template, record, template, v9

SAMPLED = (*BASE, (48, 1))
OTHER = (BASE[1], BASE[0], *BASE[2:])  # the addresses change places
RATE = options_template(300, ((1, 4),), ((34, 4),))
NAMES = options_template(301, ((1, 4),), ((10, 4), (82, 4)))


def in_one_go(datagrams: Sequence[bytes], state: DecoderState, exporters: Sequence[int] = ()) -> bool:
    """Whether these would be; that counts them, so only the last thing a test asks of a state."""
    library = kernel().library
    assert library is not None, kernel().absence
    kind = Format(int.from_bytes(datagrams[0][:2], "big"))
    return state.routines[kind].read(library, batch(datagrams, exporters)) is not None


def batch(datagrams: Sequence[bytes], exporters: Sequence[int] = ()) -> Datagrams:
    made = Datagrams.of(list(datagrams), received=1_760_000_000_000)
    made.exporters[:] = exporters or 0
    return made


def rate(value: int) -> bytes:
    return flow_set(300, struct.pack(">II", 0, value))


def name(interface: int, text: bytes) -> bytes:
    return flow_set(301, struct.pack(">II4s", 0, interface, text))


class Both:
    """One state that the kernel reads with, one for NumPy: they stay alike."""

    def __init__(self) -> None:
        self.state, self._plain = DecoderState(), DecoderState()

    def tell(self, *datagrams: bytes, exporters: Sequence[int] = ()) -> Columns:
        one = decode(batch(datagrams, exporters), self.state)
        with without_kernel():
            other = decode(batch(datagrams, exporters), self._plain)
        assert one.rows == other.rows
        for column in SCHEMA:
            assert np.array_equal(one[column.name], other[column.name]), column.name
        assert np.array_equal(self.state.records, self._plain.records)
        for exporter in range(3):
            assert self.state.counters(exporter) == self._plain.counters(exporter)
            assert self.state.names(exporter) == self._plain.names(exporter)
        return one

    def expire(self, now_ms: int) -> None:
        self.state.expire(now_ms)
        self._plain.expire(now_ms)

    def both(self) -> tuple[DecoderState, DecoderState]:
        return self.state, self._plain


@pytest.mark.parametrize("recording", ["softflowd_v9", "softflowd_ipfix"])
def test_after_its_templates_and_options_were_heard_a_recording_is(recording: str) -> None:
    sent = [payload for _, payload in payloads(recording)]
    state = DecoderState()
    decode(batch(sent[:600]), state)
    assert in_one_go(sent[600:1_200], state)


@pytest.mark.parametrize(
    "recording", ["softflowd_v9", "softflowd_ipfix", "pmacctd_v9", "pmacctd_ipfix", "softflowd_ipfix_bi"]
)
def test_it_means_the_same(recording: str) -> None:
    told, rng = Both(), random.Random(recording)
    sent = [payload for _, payload in payloads(recording)][:900]
    for at in range(0, len(sent), 150):
        some = sent[at : at + 150]
        told.tell(*some, exporters=[rng.randrange(3) for _ in some])


def test_it_means_the_same_when_some_of_it_is_broken() -> None:
    told, rng = Both(), random.Random(5)
    sent = [payload for name in ("softflowd_v9", "softflowd_ipfix") for _, payload in payloads(name)[:60]]
    for _ in range(60):
        some = [bytearray(rng.choice(sent)) for _ in range(12)]
        if rng.random() < 0.7:
            one = rng.choice(some)
            at = rng.randrange(min(len(one), rng.choice((24, 100, 1_500))))
            one[at : at + 2] = rng.choice((b"\0\0", b"\0\4", b"\1\0", b"\xff\xff", rng.randbytes(2)))
            del one[rng.choice((len(one), len(one), rng.randrange(1, len(one)))) :]
        told.tell(*map(bytes, some))


def test_a_template_that_comes_to_mean_something_else_ends_it() -> None:
    told, data = Both(), v9(flow_set(256, record(src=5)))
    told.tell(v9(template(256)), data)
    assert told.tell(data)["src_low"][0] & np.uint64(255) == 5
    assert told.tell(v9(template(256, OTHER)), data)["dst_low"][0] & np.uint64(255) == 5
    assert told.tell(data)["dst_low"][0] & np.uint64(255) == 5


def test_what_only_fits_the_old_form_is_read_so_for_a_while() -> None:
    told = Both()
    told.expire(1_000)
    data = v9(flow_set(256, record(src=5)))
    told.tell(v9(template(256)), data)
    told.tell(v9(template(256, (*BASE, (10, 4)))), data)
    assert told.tell(data).rows == 1
    told.expire(60_000)
    assert told.tell(data).rows == 0


def test_a_withdrawn_template_is_not_used() -> None:
    told, data = Both(), ipfix(flow_set(256, record()))
    told.tell(ipfix(template(256, set_id=2)), data)
    told.tell(data)
    told.tell(ipfix(flow_set(2, struct.pack(">HH", 256, 0))))
    assert told.tell(data).rows == 0


def test_options_that_say_the_same_all_day_are_heard_once() -> None:
    state = DecoderState()
    said = [v9(template(256)), v9(RATE), v9(rate(10)), v9(flow_set(256, record()))]
    decode(batch(said), state)
    decode(batch(said), state)
    assert in_one_go(said, state)


def test_each_new_rate_holds_for_what_comes_after_it() -> None:
    told, data = Both(), v9(flow_set(256, record()))
    told.tell(v9(template(256)), v9(RATE), data)
    for value in (10, 20, 10, 10, 20, 20, 10):
        assert told.tell(v9(rate(value)), data)["sampling_rate"].tolist() == [value]
        assert told.tell(data)["sampling_rate"].tolist() == [value]


def test_rates_of_several_domains_stay_apart() -> None:
    told = Both()
    for domain in (1, 2, 3):
        told.tell(v9(template(256), RATE, domain=domain), v9(*([rate(10 * domain)] * (domain < 3)), domain=domain))
    data = [v9(flow_set(256, record(src=n) * n), domain=n) for n in (3, 1, 2)]
    for _ in range(3):
        flows = told.tell(*data, exporters=[0, 0, 0])
        assert flows["sampling_rate"].tolist() == [10, 20, 20, 1, 1, 1]


def test_a_rate_that_another_process_had_learnt_holds_at_once() -> None:
    told, data = Both(), v9(flow_set(256, record()))
    told.tell(v9(template(256)), data)
    told.tell(data)
    lesson = RatesLesson(Subject(Format.NETFLOW9, 7), 1_760_000_000_000, 50, {}, {}, None)
    for state in told.both():
        recall(state, 0, [lesson], now_ms=1_760_000_000_000)
    assert told.tell(data)["sampling_rate"].tolist() == [50]


def test_names_that_two_domains_give_alternately_are_the_last_that_came() -> None:
    told, data = Both(), v9(flow_set(256, record()))
    told.tell(v9(template(256), NAMES, domain=7), v9(NAMES, domain=8))
    for _ in range(3):
        for domain, text in ((7, b"left"), (8, b"rght")):
            told.tell(v9(name(1, text), domain=domain), data)
            assert told.state.names(0).interfaces[1] == text.decode()


def test_a_template_that_the_kernel_does_not_read_whole_never_is() -> None:
    biflow: Fields = (*BASE, (239, 1))
    told, data = Both(), v9(flow_set(256, record() + b"\1"))
    told.tell(v9(template(256, biflow)), data)
    assert told.tell(data)["initiator"].tolist() == [1]
    assert not in_one_go([data], told.state)


def test_a_domain_with_samplers_by_id_is_read_set_by_set() -> None:
    told = Both()
    said = v9(
        options_template(300, ((1, 4),), ((48, 1), (34, 4))), flow_set(300, struct.pack(">IBIIBI", 0, 1, 10, 0, 2, 9))
    )
    data = v9(flow_set(256, record() + b"\1" + record() + b"\2"))
    told.tell(v9(template(256, SAMPLED)), said, data)
    assert told.tell(data)["sampling_rate"].tolist() == [10, 9]


def test_a_template_is_used_by_what_is_read_in_one_go() -> None:
    """So it is not the one that leaves when an exporter has too many."""
    state = DecoderState()
    decode(batch([v9(template(256)), v9(template(257))]), state)
    decode(batch([v9(flow_set(number, record())) for number in (256, 257)]), state)  # 256 was used longer ago
    data = v9(flow_set(256, record()))
    assert in_one_go([data], state)
    state.expire(5_000)
    scope = next(iter(state.routines[Format.NETFLOW9]._data.values())).scope
    assert scope.templates.first_to_leave() == 257


def test_every_hour_what_is_heard_is_looked_at_again() -> None:
    state = DecoderState()
    said = [v9(template(256)), v9(flow_set(256, record()))]
    decode(batch(said), state)
    decode(batch(said), state)
    state.expire(3_600_001)
    assert not in_one_go(said, state)
