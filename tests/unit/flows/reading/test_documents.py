"""Records out of one large JSON document: the same however it is cut, and hostile ones refused in bounded memory."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from typing import Any, BinaryIO

import pytest
from flowlens.flows import body
from flowlens.flows.files import azure_nsg, azure_vnet
from flowlens.flows.reading import About, documents, reader, tuples
from flowlens.flows.reading.cells import Text
from flowlens.flows.reading.tally import Tally
from flowlens.model.errors import Malformed
from hypothesis import given, settings
from hypothesis import strategies as st

_TEXT = st.text(st.sampled_from('ab"\\{}[],: \né'), max_size=8)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


_TUPLE = "16631460%02d,10.0.0.6,192.0.2.180,239%02d,443,T,O,A,E,3,767,2,1580"


class Dribble(io.RawIOBase):
    """A stream that hands out a few octets at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__()
        self._data, self._size = io.BytesIO(data), size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(self._size, size if size >= 0 else self._size))


def read(data: bytes, *, within: bool = False, size: int = 1 << 20) -> tuple[list[dict[str, Any]], Tally]:
    tally = Tally()
    stream: BinaryIO = Dribble(data, size)  # type: ignore[assignment]
    return [record.content for record in documents.records(stream, tally, within=within)], tally


@settings(max_examples=300)
@given(st.lists(st.dictionaries(_TEXT, _JSON, max_size=3), max_size=6), st.integers(1, 40), st.booleans())
def test_all_records_come_out_whatever_is_in_their_texts(
    records: list[dict[str, object]], size: int, indented: bool
) -> None:
    data = json.dumps({"records": records}, indent=1 if indented else None, ensure_ascii=False).encode()
    first = documents._FIRST_SCAN
    documents._FIRST_SCAN = 16
    try:
        assert read(data, size=size)[0] == records
    finally:
        documents._FIRST_SCAN = first


def test_what_was_appended_is_read_from_where_reading_ended() -> None:
    whole = json.dumps({"records": [{"n": 1}, {"n": 2}, {"n": 3}]}).encode()
    at = whole.index(b', {"n": 2}')
    assert read(whole[at:], within=True)[0] == [{"n": 2}, {"n": 3}]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), min_size=1, max_size=6), st.integers(1, 400))
def test_a_record_becomes_the_same_body_whatever_stands_around_it(minutes: list[list[str]], part: int) -> None:
    """Each minute names interfaces; however much is read together, each record is a body of that name."""
    texts = [
        {
            "resourceId": "/nsg",
            "properties": {
                "flows": [{"flows": [{"mac": mac, "flowTuples": [_TUPLE % (at, n)]}]} for n, mac in enumerate(macs)]
            },
        }
        for at, macs in enumerate(minutes)
    ]

    def bodies(records: list[dict[str, Any]]) -> dict[str, bytes]:
        data = io.BytesIO(json.dumps({"records": records}).encode())
        found = azure_nsg.read(data, About(), Tally())
        return {one.name: body.encode(one.columns, one.exporters) for one in found}

    alone = {name: data for text in texts for name, data in bodies([text]).items()}
    whole = tuples._PART
    tuples._PART = part
    try:
        assert bodies(texts) == alone
    finally:
        tuples._PART = whole
    assert len(alone) == len(minutes)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'[{"n": 1}]', "file_json"),
        (b'{"records": [{"n": 1}, {"n": ', "file_json"),
        (b'{"records": ]]]]', "file_json"),
        (b'{"records": [{"n": "' + b"x" * (documents.LONGEST_RECORD + (1 << 20)), "file_record"),
        (gzip.compress(b'{"records": [' + (b'{"n": "' + b" " * (1 << 20) + b'"},') * 80), "file_bomb"),
        (gzip.compress(b'{"records": [' + b" " * (40 << 20)), "file_record"),
        (b"", "file_json"),
        (gzip.compress(b'{"records": [{}]}')[:-9], "file_gzip"),
    ],
    ids=["a list", "cut off", "unbalanced", "a record without end", "a bomb", "blanks", "nothing", "half a gzip"],
)
def test_a_document_that_is_none_is_refused_by_name(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(data)
    assert refused.value.reason == reason


def test_a_record_that_is_no_json_stops_no_other() -> None:
    deep = b"[" * 5000 + b"]" * 5000
    data = b'{"records": [{"n": 1}, {"n": nul}, {"d": ' + deep + b'}, {"n": 4}]}'
    records, tally = read(data)
    assert (records, tally.unreadable["json"], tally.counts["records"]) == ([{"n": 1}, {"n": 4}], 2, 4)


def test_a_large_blob_is_read_in_memory_that_does_not_grow_with_it() -> None:
    tuples = ["1663146003606,10.0.0.6,192.0.2.180,23956,443,6,O,E,NX,3,767,2,1580"] * 2_000
    record = {"macAddress": "00", "flowRecords": {"flows": [{"flowGroups": [{"flowTuples": tuples}]}]}}
    text = json.dumps(record).encode()

    def peak(times_: int) -> int:
        data = b'{"records":[' + b",".join([text] * times_) + b"]}"
        tracemalloc.start()
        stream: BinaryIO = Dribble(data, 1 << 16)  # type: ignore[assignment]
        flows = sum(body.columns.rows for body in azure_vnet.read(stream, About(), Tally()))
        assert flows == 4_000 * times_
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(80) < 1.5 * peak(20)


def test_utf_16_is_no_log_of_a_cloud() -> None:
    data = '{"records": [{"flowLogResourceID": "x"}]}'.encode("utf-16")
    with pytest.raises(Malformed) as refused:
        reader(io.BytesIO(data), About())
    assert refused.value.reason == "file_format"
    with pytest.raises(Malformed) as refused:
        list(azure_vnet.read(io.BytesIO(data), About(), Tally()))
    assert refused.value.reason == "file_json"


def test_times_are_read_as_they_are_written_and_nothing_else_is() -> None:
    good = {
        "2026-11-23T10:04:12Z": 1_795_428_252_000,
        "2026-11-23T10:04:12.5Z": 1_795_428_252_500,
        "2024-02-29T23:59:59.123456789Z": 1_709_251_199_123,
        "2000-01-01T00:00:00Z": 946_684_800_000,
    }
    found, fine = Text.of(list(good)).times()
    assert found.tolist() == list(good.values())
    assert fine.all()
    bad = [
        "",
        "yesterday",
        "2026-11-23T10:04:12",
        "2026-13-01T00:00:00Z",
        "1999-01-01T00:00:00Z",
        "2026-11-23T10:04:12.Z",
    ]
    bad += [
        "2026-11-23T10:04:12.1x3Z",
        "2026-11-23T10:04:12Zx",
        "2026-11-23 10:04:12Z",
        "\uff12026-11-23T10:04:12Z",
        "Z" * 40,
    ]
    assert not Text.of(bad).times()[1].any()
