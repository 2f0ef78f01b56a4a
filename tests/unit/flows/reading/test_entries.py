"""Google's entries are the same rows whether the kernel finds their words or they are decoded one by one."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flowlens.flows.body import encode
from flowlens.flows.files import gcp_vpc
from flowlens.flows.kernel import kernel
from flowlens.flows.reading import About, entries
from flowlens.flows.reading.cells import Text
from flowlens.flows.reading.payloads import Observer
from flowlens.flows.reading.tally import Tally
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bench import files
from tests.kernels import without_kernel


def said(block: bytes) -> tuple[object, ...]:
    tally = Tally()
    found = entries.read(block, tally)
    table = [found.table.line(row) for row in range(found.table.rows)]
    times = [part.tolist() for cells in (found.start, found.end) for part in cells.times()]
    observers = found.observers.tolist()
    return table, times, observers, found.names, tally.counts, tally.unreadable, tally.examples


def both(block: bytes) -> tuple[object, ...]:
    assert kernel().library is not None, kernel().absence
    fast = said(block)
    with without_kernel():
        assert said(block) == fast
    return fast


def plain(block: bytes) -> int:
    """How many entries the kernel read."""
    return len(entries._plain(block).codes)


USUAL: dict[str, Any] = {
    "insertId": "x1",
    "jsonPayload": {
        "bytes_sent": "1200",
        "connection": {"src_ip": "10.0.0.2", "dest_ip": "10.0.0.3", "src_port": 1, "dest_port": 443, "protocol": 6},
        "end_time": "2026-11-23T10:00:05.987Z",
        "packets_sent": 10,
        "reporter": "SRC",
        "src_instance": {"project_id": "p", "zone": "z", "vm_name": "a"},
        "start_time": "2026-11-23T10:00:00.123456789Z",
    },
}
_PAYLOAD = USUAL["jsonPayload"]
_NAMES = st.sampled_from(
    [
        "insertId",
        "logName",
        "timestamp",
        *_PAYLOAD,
        *_PAYLOAD["connection"],
        *Observer.__struct_fields__,
        "dest_gateway",
    ]
)
_TEXTS = st.one_of(
    st.sampled_from(
        ["10.0.0.1", "::1", "DEST", "DEST_GATEWAY", "7", "007", "", " ", "a b", "\n", "\0", "\x7f", "é", "\ud800"]
    ),
    st.sampled_from(["2026-11-23T10:00:05Z", "2026-11-23T10:00:05Z\0", "2026-02-31T10:00:05.1Z", "DROPPED", "x" * 200]),
    st.text(max_size=12),
    st.text("0123456789TZ:.-", max_size=32),
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.floats() | _TEXTS,
    lambda some: st.lists(some, max_size=3) | st.dictionaries(_NAMES | _TEXTS, some, max_size=3),
    max_leaves=6,
)


@st.composite
def _entries(draw: st.DrawFn) -> bytes:
    """An entry with some members exchanged, taken away, put in or said twice, and written in one way or another."""
    made = json.loads(json.dumps(USUAL))
    for _ in range(draw(st.integers(0, 3))):
        within = draw(
            st.sampled_from([made, made.get("jsonPayload"), _deep(made, "connection"), _deep(made, "src_instance")])
        )
        if isinstance(within, dict):
            name = draw(_NAMES)
            if draw(st.booleans()):
                within.pop(name, None)
            else:
                within[name] = draw(_VALUES)
    line = json.dumps(
        made, ensure_ascii=draw(st.booleans()), separators=draw(st.sampled_from([(",", ":"), (" , ", ": ")]))
    )
    data = line.encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 3)) == 0:
        twice = draw(
            st.sampled_from([b'"src_ip":"9.9.9.9",', b'"x":{"src_ip":1,"src_ip":[]},', b'"src\\u005fip":"8.8.8.8",'])
        )
        at = draw(st.integers(0, len(data)))
        data = (
            data[:at] + twice + data[at:] if draw(st.booleans()) else data.replace(b'"dest_ip"', twice + b'"dest_ip"')
        )
    if draw(st.integers(0, 5)) == 0:
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.binary(max_size=3)) + data[at + draw(st.integers(0, 3)) :]
    return data


def _deep(made: dict[str, Any], name: str) -> object:
    payload = made.get("jsonPayload")
    return payload.get(name) if isinstance(payload, dict) else None


@settings(deadline=None, max_examples=400)
@given(st.lists(_entries(), max_size=6), st.sampled_from([b"\n", b"\r\n", b"\n\n", b"\n \n", b"\r"]))
def test_both_ways_read_the_same(lines: list[bytes], between: bytes) -> None:
    both(between.join([*lines, b""]))


@settings(deadline=None, max_examples=300)
@given(_VALUES, st.booleans())
def test_any_value_is_read_past_alike(value: object, compact: bool) -> None:
    made = {"other": value, **USUAL, "more": [value]}
    both(json.dumps(made, separators=(",", ":") if compact else None).encode() + b"\n")


@pytest.mark.parametrize(
    "value",
    [
        *(
            '"\\u0041"',
            '"\\ud800"',
            '"\\x"',
            '"\\',
            '"a\\\\b\\"c\\/"',
            '"\t"',
            '"\xe9"',
            '"',
            "[",
            "]",
            "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]",
        ),
        *(
            "1e9",
            "1.",
            ".5",
            "-",
            "-0",
            "01",
            "1.50",
            "+1",
            "nul",
            "nulll",
            "true",
            "TRUE",
            "1 2",
            "[1,]",
            "[,]",
            "{}",
            "{,}",
            '{"a"}',
        ),
        *(
            '{"a":1,}',
            '{"a" : [ 1 , 2 ] }',
            "{1:2}",
            "12345678901234567890",
            "1e999",
            "NaN",
            "Infinity",
            "",
            "\x0b1",
            '"\x7f"',
        ),
        *("[" * 100_000, '{"a":' * 10_000, "-" * 100, '"' + "x" * 60_000 + '"'),
    ],
)
def test_what_json_is_both_agree(value: str) -> None:
    usual = json.dumps(USUAL)
    for encoded in (value.encode("latin-1"), value.encode()):
        both(usual.encode()[:-1] + b',"more":' + encoded + b"}\n" + usual.encode() + b"\n")
        both(b'{"more":' + encoded + b"," + usual.encode()[1:] + b"\n")
        both(b'{"jsonPayload":{"connection":' + encoded + b"}}\n")
        both(b'{"jsonPayload":{"connection":{"src_ip":' + encoded + b'},"src_instance":' + encoded + b"}}\n")
        both(encoded + b"\n")


@pytest.mark.parametrize(
    ("octets", "valid"),
    [
        *(
            (sample.encode(), True)
            for sample in ("\x80", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff")
        ),
        *(
            (bytes.fromhex(sample), False)
            for sample in ("80", "c0af", "c1bf", "c2", "e0809f", "e09fbf", "eda080", "edbfbf", "f08080af")
        ),
        *(
            (bytes.fromhex(sample), False)
            for sample in ("f08fbfbf", "f4908080", "f5808080", "ff", "c220", "e28028", "f09f98")
        ),
    ],
)
def test_a_name_beyond_ascii_is_read_past_where_it_is_utf_8(octets: bytes, valid: bool) -> None:
    line = b'{"city":"S' + octets + b'o",' + json.dumps(USUAL).encode()[1:] + b"\n"
    assert plain(line) == valid
    both(line)


def test_entries_as_google_writes_them_are_all_read_by_the_kernel() -> None:
    made = files.gcp(5_000)
    assert plain(made) == 5_000
    assert plain(made.replace(b'"Berlin"', '"Zürich"'.encode())) == 5_000
    both(made)


def test_lines_keep_their_order_and_observers_their_numbers() -> None:
    """An observer is numbered when it comes first, whoever reads its entry."""
    lines = []
    for number in range(200):
        entry = json.loads(json.dumps(USUAL))
        entry["jsonPayload"]["src_instance"]["vm_name"] = f"vm-{number * 7 % 31}"
        entry["jsonPayload"]["packets_sent"] = number
        if number % 3 == 0:
            entry["jsonPayload"]["src_instance"]["vm_name"] += "é"
        if number % 5 == 0:
            del entry["jsonPayload"]["src_instance"]
        if number % 7 == 0:
            entry["jsonPayload"]["reporter"] = "DEST"
        if number % 50 == 1:
            entry["jsonPayload"]["connection"]["src_ip"] = "no address"
        lines.append(json.dumps(entry, ensure_ascii=number % 2 == 0))
    block = "\n".join([*lines, ""]).encode()
    assert 0 < plain(block) < 190
    both(block)
    found = entries.read(block, Tally())
    packets = found.table.columns["packets_sent"]
    assert packets.numbers().values.tolist() == [number for number in range(200) if number % 50 != 1]


def test_null_stands_for_no_observer_and_an_empty_name_for_itself() -> None:
    def observed(instance: object, **more: object) -> object:
        entry = {"jsonPayload": {**_PAYLOAD, "src_instance": instance, **more}}
        block = json.dumps(entry).encode() + b"\n"
        assert plain(block) == 1
        both(block)
        return entries.read(block, Tally()).names[0]

    assert observed(None) == "10.0.0.2"
    assert observed(None, connection={}) == "-"
    assert observed(None, src_gateway={"name": "g"}) == Observer(name="g")
    assert observed({}) == Observer()
    assert observed({"zone": ""}) == Observer(zone="")
    assert observed({"zone": None, "vm_name": "v w"}, src_gateway={"name": "g"}) == Observer(vm_name="v w")


@pytest.mark.parametrize(
    ("reason", "fate"), [(None, "ALLOWED"), ("", "DROPPED"), ("FIREWALL", "DROPPED"), ("a b", "DROPPED")]
)
def test_what_was_dropped_has_a_reason(reason: str | None, fate: str) -> None:
    block = json.dumps({"jsonPayload": {**_PAYLOAD, "drop_reason": reason}}).encode() + b"\n"
    both(block)
    assert entries.read(block, Tally()).table.columns["disposition"].at(0) == fate


def test_times_are_the_same_both_ways() -> None:
    made = ["2026-11-23T10:04:12Z", "2026-11-23T10:04:12.", "2026-11-23T10:04:12.Z", "2026-11-23T10:04:60.9999999999Z"]
    made += [
        "2026-11-23T10:04:60.12Z",
        "2026-11-23T24:04:12Z",
        "2026-02-31T10:04:12.1234567890Z",
        "2099-12-31T23:59:60.999Z",
    ]
    made += [
        "2026-11-23T10:04:12Z\0",
        "2026-11-23T10:04:12.123456789ZZ",
        "2026-00-23T10:04:12Z",
        "2100-01-01T00:00:00Z",
        "",
    ]
    made += ["2026-11-23T10:04:12+00:00", "2026-11-23t10:04:12z", "2026-11-23T10:04:12.1:3Z", "2026-11-23T10:04:12,5Z"]
    fast = [part.tolist() for part in Text.of(made).times()]
    with without_kernel():
        assert [part.tolist() for part in Text.of(made).times()] == fast
    assert sum(fast[1]) == 3


def test_a_file_gives_the_same_bodies_both_ways() -> None:
    log = files.gcp(6_000).replace(b'"12"', b'"\\u0031"', 2_000).replace(b"vm-7", b"vm 7")

    def read() -> tuple[list[tuple[str, bytes]], Tally]:
        tally = Tally()
        bodies = gcp_vpc.read(io.BytesIO(log), About(), tally)
        return [(one.name, encode(one.columns, one.exporters)) for one in bodies], tally

    fast = read()
    with without_kernel():
        assert read() == fast
    assert len(fast[0]) == 3
