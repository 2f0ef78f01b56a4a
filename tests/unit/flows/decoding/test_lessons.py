"""What was learnt from the wire is given away, taken in again, and never believed more than the wire."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from flowlens.flows.columns import Columns, Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode, lessons, marks, parking, recall, scopes, teaching
from flowlens.flows.decoding.lessons import Lesson, RatesLesson, Subject, TemplateLesson
from flowlens.flows.decoding.templates import Definition, Field
from flowlens.model.errors import Malformed
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recordings import TOTALS, payloads
from tests.unit.flows.decoding.wire import BASE, flow_set, ipfix, options_template, record, template, v9

NOW = 1_760_000_000_000
WIDE = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 8), (2, 8))  # BASE after an upgrade: 29 octets


def feed(state: DecoderState, *datagrams: bytes, exporter: int = 0) -> Columns:
    slots = np.zeros((len(datagrams), max(map(len, datagrams))), np.uint8)
    for slot, datagram in zip(slots, datagrams, strict=True):
        slot[: len(datagram)] = np.frombuffer(datagram, np.uint8)
    lengths = np.array([len(one) for one in datagrams], np.int32)
    count = len(datagrams)
    return decode(Datagrams(slots, lengths, np.full(count, exporter, np.uint16), np.full(count, NOW)), state)


def learnt(state: DecoderState, *, clock: int = 0, now_ms: int = NOW) -> list[Lesson]:
    """What is to be kept, through its octets."""
    found = list(recall.changes(state, now_ms=now_ms, clock=clock, most=100_000))
    return [lessons.decode(lessons.encode(change.lesson)) for change in found if change.lesson is not None]


def taught(*datagrams: bytes) -> list[Lesson]:
    state = DecoderState()
    feed(state, *datagrams)
    return learnt(state)


def has_template(datagram: bytes) -> bool:
    at = 20 if datagram[1] == 9 else 16
    while at + 4 <= len(datagram):
        number, size = struct.unpack_from(">HH", datagram, at)
        if number < 256:
            return True
        at += size
    return False


@pytest.mark.parametrize("name", [name for name in TOTALS if "v9" in name or "ipfix" in name])
def test_another_process_decodes_data_without_a_template_as_this_one_does(name: str) -> None:
    datagrams = [payload for _, payload in payloads(name)][:2_000]
    data = [one for one in datagrams if not has_template(one)]
    first, second = DecoderState(), DecoderState()
    feed(first, *datagrams)
    assert recall.recall(second, 0, learnt(first), now_ms=NOW).rows == 0
    expected, found = feed(first, *data), feed(second, *data)
    assert expected.rows > 1_000
    assert found.values.keys() == expected.values.keys()
    assert all((found[column] == expected[column]).all() for column in expected.values)
    assert second.parked_octets == 0


def test_the_sampler_and_the_boot_of_a_domain_are_known_to_the_next_process() -> None:
    rates = options_template(300, ((1, 4),), ((48, 1), (34, 4)))
    said = flow_set(300, struct.pack(">IBI", 0, 3, 512))
    told = taught(v9(rates, said, template(256, (*BASE, (48, 1)))))
    state = DecoderState()
    recall.recall(state, 0, told, now_ms=NOW)
    flows = feed(state, v9(flow_set(256, record() + b"\x03")))
    assert flows["sampling_rate"].tolist() == [512]
    booted = [one.system_init for one in taught(_boot(1_759_000_000_000)) if isinstance(one, RatesLesson)]
    assert booted == [1_759_000_000_000]


def _boot(at: int) -> bytes:
    """IPFIX options data: element 160."""
    definition = struct.pack(">HHHHHHH", 300, 2, 1, 149, 4, 160, 8)
    return ipfix(flow_set(3, definition), flow_set(300, struct.pack(">IQ", 7, at)))


def test_sets_that_wait_are_decoded_when_the_lesson_comes() -> None:
    state = DecoderState()
    assert feed(state, v9(flow_set(256, record(octets=77)))).rows == 0
    assert state.parked_octets > 0
    flows = recall.recall(state, 0, taught(v9(template(256))), now_ms=NOW)
    assert flows["octets"].tolist() == [77]
    assert state.parked_octets == 0
    assert state.counters(0) == {"templates_recalled": 1, "flows": 1}


@pytest.mark.parametrize("order", ["lesson first", "wire first"])
def test_the_wire_wins_over_what_was_kept(order: str) -> None:
    old, new = taught(v9(template(256))), v9(template(256, WIDE))
    state = DecoderState()
    if order == "lesson first":
        recall.recall(state, 0, old, now_ms=NOW)
        feed(state, new)
    else:
        feed(state, new)
        recall.recall(state, 0, [replace(one, learned_ms=NOW + 1_000) for one in old], now_ms=NOW)
    row = struct.pack(">IIHHBQQ", 0x0A000001, 0x0A000002, 40_000, 443, 6, 1 << 33, 10)
    assert feed(state, v9(flow_set(256, row)))["octets"].tolist() == [1 << 33]
    assert state.counters(0).get("template_redefined", 0) == (order == "lesson first")


def test_data_that_a_kept_template_does_not_fit_waits_for_the_wire() -> None:
    state = DecoderState()
    recall.recall(state, 0, taught(v9(template(256))), now_ms=NOW)
    row = struct.pack(">IIHHBQQ", 0x0A000001, 0x0A000002, 40_000, 443, 6, 1 << 33, 10)
    assert feed(state, v9(flow_set(256, row * 2))).rows == 0
    assert feed(state, v9(flow_set(256, record() * 2))).rows == 2
    flows = feed(state, v9(template(256, WIDE)))
    assert flows["octets"].tolist() == [1 << 33] * 2
    assert state.parked_octets == 0


def test_data_that_a_kept_template_does_not_fit_is_malformed_once_the_wire_says_the_same() -> None:
    state = DecoderState()
    recall.recall(state, 0, taught(v9(template(256))), now_ms=NOW)
    assert feed(state, v9(flow_set(256, record()[:13]))).rows == 0
    assert feed(state, v9(template(256))).rows == 0
    assert state.counters(0) == {"templates_recalled": 1, "malformed": 1, "malformed.record_length": 1}
    assert state.parked_octets == 0


def test_of_two_kept_definitions_the_newer_wins_in_any_order() -> None:
    (old,), (new,) = taught(v9(template(256))), taught(v9(template(256, WIDE)))
    new = replace(new, learned_ms=NOW + 1)
    for order in ([old, new], [new, old]):
        state = DecoderState()
        for lesson in order:
            recall.recall(state, 0, [lesson], now_ms=NOW + 2)
        scope = state.scopes.peek(scopes.ScopeKey(0, Format.NETFLOW9, 7))
        known = scope.templates.get(256) if scope else None
        assert known is not None
        assert known.definition.shortest == 29


@pytest.mark.parametrize(("age", "believed"), [(0, 1), (recall.MAX_AGE, 1), (recall.MAX_AGE + 1, 0), (-7_200_000, 0)])
def test_what_is_too_old_or_from_the_future_is_not_believed(age: int, believed: int) -> None:
    state = DecoderState()
    recall.recall(state, 0, taught(v9(template(256))), now_ms=NOW + age)
    assert state.counters(0).get("templates_recalled", 0) == believed


def test_a_template_that_is_said_all_day_is_kept_again_once_a_day() -> None:
    state = DecoderState()
    kept = []
    for minute in range(0, 2 * 1_440 + 10, 10):
        state.expire(minute * 60_000)
        feed(state, v9(template(256)))
        kept += learnt(state, clock=minute * 60_000)
    assert len(kept) == 3


def test_redefining_is_counted_and_doing_so_all_the_time_has_a_name() -> None:
    state = DecoderState()
    state.expire(0)
    feed(state, v9(template(256)))
    state.expire(600_000)
    feed(state, v9(template(256, WIDE)))
    assert state.counters(0) == {"template_redefined": 1}
    for n in range(4):
        state.expire(600_000 + 10_000 * n)
        feed(state, v9(template(256, BASE if n % 2 == 0 else WIDE)))
    assert state.counters(0) == {"template_redefined": 5, "template_flapping": 4}
    (last,) = learnt(state)
    assert isinstance(last, TemplateLesson)
    assert last.generation == 5


def test_who_changes_its_mind_all_day_waits_for_its_share_and_nobody_else_does() -> None:
    state = DecoderState()
    feed(state, v9(template(256)), exporter=1)
    given = 0
    for second in range(200):
        definitions = [template(256 + n, BASE if second % 2 else WIDE) for n in range(200)]
        feed(state, *(v9(*definitions[n : n + 50]) for n in range(0, 200, 50)), exporter=0)
        found = list(recall.changes(state, now_ms=NOW, clock=second * 1_000, most=1_024))
        given += sum(change.exporter == 0 for change in found)
        assert second or 1 in {change.exporter for change in found}
    assert given <= marks.BURST + 200


def test_a_withdrawn_template_is_forgotten_and_an_evicted_one_is_not() -> None:
    withdrawn = DecoderState()
    feed(withdrawn, ipfix(template(256, set_id=2)))
    list(recall.changes(withdrawn, now_ms=NOW, clock=0, most=10))
    feed(withdrawn, ipfix(flow_set(2, struct.pack(">HH", 256, 0))))
    (change,) = recall.changes(withdrawn, now_ms=NOW, clock=0, most=10)
    assert change.lesson is None
    evicted = DecoderState(template_budget=1)
    feed(evicted, v9(template(256)))
    assert list(recall.changes(evicted, now_ms=NOW, clock=0, most=10)) == []


def test_lessons_displace_nothing_that_the_wire_said_and_stay_within_every_bound() -> None:
    state = DecoderState()
    feed(state, v9(template(256), domain=9))
    flood = [
        TemplateLesson(Subject(Format.NETFLOW9, domain, 256 + n), NOW, Definition(256 + n, (Field(8, 4),)))
        for domain, n in product(range(100), range(600))
    ]
    for at in range(0, len(flood), recall.MAX_LESSONS):
        recall.recall(state, 0, flood[at : at + recall.MAX_LESSONS], now_ms=NOW)
    assert state.counters(0)["templates_recalled"] <= scopes.EXPORTER_TEMPLATES_LIMIT
    assert "templates_evicted" not in state.counters(0)
    assert feed(state, v9(flow_set(256, record()), domain=9)).rows == 1
    many = [RatesLesson(Subject(Format.IPFIX, domain), NOW, 5) for domain in range(1_000)]
    recall.recall(state, 1, many, now_ms=NOW)
    assert sum(state.scopes.peek(scopes.ScopeKey(1, Format.IPFIX, n)) is not None for n in range(1_000)) == 64


def test_a_lesson_that_no_exporter_could_teach_is_refused() -> None:
    sound = TemplateLesson(Subject(Format.NETFLOW9, 1, 256), NOW, Definition(256, (Field(8, 4),)))
    assert lessons.decode(lessons.encode(sound)) == sound
    for definition in (
        Definition(256, ()),
        Definition(256, (Field(8, 0),)),
        Definition(256, (Field(8, 5),)),
        Definition(256, (Field(8, 4),) * 513),
        Definition(256, (Field(8, 4, -1),)),
        Definition(256, (Field(8, 4, 9),)),
        Definition(256, (Field(8, 4),), scopes=2),
    ):
        with pytest.raises(Malformed):
            lessons.decode(lessons.encode(replace(sound, definition=definition)))
    for subject in (Subject(Format.NETFLOW5, 1, 256), Subject(Format.NETFLOW9, 1, 255)):
        with pytest.raises(Malformed):
            lessons.decode(lessons.encode(replace(sound, subject=subject)))
    with pytest.raises(Malformed):
        lessons.decode(lessons.encode(RatesLesson(Subject(Format.IPFIX, 1), NOW, 0, {1: 0})))


def _forged(body: bytes) -> bytes:
    """With the checksum that somebody who means ill would give it."""
    return struct.pack(">BI", 1, zlib.crc32(body)) + body


_heads = st.builds(
    lambda kind, domain, number, age: struct.pack(">BIHQI", kind, domain, number, NOW - age, 0),
    st.sampled_from([5, 9, 10]),
    st.integers(0, 3),
    st.sampled_from([0, 255, 256, 257]),
    st.integers(0, 1_000),
)
_fields = st.builds(
    lambda scopes_, many: struct.pack(">HH", scopes_, len(many)) + b"".join(struct.pack(">HHBI", *one) for one in many),
    st.integers(0, 3),
    st.lists(
        st.tuples(st.integers(0, 400), st.sampled_from([0, 1, 2, 4, 8, 65_535]), st.integers(0, 1), st.integers(0, 1)),
        max_size=6,
    ),
)
hostile = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda a, b: _forged(a + b), _heads, st.binary(max_size=200)),
    st.builds(lambda a, b: _forged(a + b), _heads, _fields),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(hostile, max_size=8), st.binary(max_size=120))
def test_hostile_octets_are_refused_by_name_or_are_a_lesson_that_harms_nobody(stored: list[bytes], row: bytes) -> None:
    usable, reasons = [], set()
    for data in stored:
        try:
            usable.append(lessons.decode(data))
        except Malformed as refused:
            reasons.add(refused.reason)
    assert reasons <= {"lesson"}
    state = DecoderState()
    feed(state, v9(template(300)), exporter=1)
    recall.recall(state, 0, usable, now_ms=NOW)
    feed(state, *(message(flow_set(number, row)) for message in (v9, ipfix) for number in (256, 257)))
    assert state.parked_octets <= parking.EXPORTER_LIMIT
    assert feed(state, v9(flow_set(300, record())), exporter=1).rows == 1


def test_renewal_comes_well_before_expiry() -> None:
    assert teaching.RENEWAL * 2 < recall.MAX_AGE
