from __future__ import annotations

import io
from random import Random

import numpy as np
import orjson
import pytest
from arro3.core import Array, DataType, Field, RecordBatch, Schema
from arro3.io import read_ipc_stream, write_ipc_stream
from flowlens.flows import body, ipc
from flowlens.flows.columns import SCHEMA, Columns, join
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.model.errors import Malformed
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.recordings import payloads

EXPORTERS = ["192.0.2.1", "2001:db8::1"]


@st.composite
def flows(draw: st.DrawFn) -> Columns:
    """Any columns: whole ranges of each type, few values, constants, some columns absent, no rows at all."""
    rows = draw(st.integers(0, 40))
    values = {}
    for column in draw(st.sets(st.sampled_from(SCHEMA))):
        bounds = np.iinfo(column.dtype)
        most = 1 if column.name == "exporter" else int(bounds.max)
        whole = st.integers(int(bounds.min), most)
        few = st.sampled_from([int(bounds.min), most, 1])
        constant = st.just(draw(whole))
        elements = draw(st.sampled_from([whole, few, constant]))
        values[column.name] = draw(arrays.arrays(column.dtype, rows, elements=elements))
    return Columns(rows, values)


def same(one: Columns, other: Columns) -> bool:
    return one.rows == other.rows and all(
        one[c.name].dtype == other[c.name].dtype == c.dtype and np.array_equal(one[c.name], other[c.name])
        for c in SCHEMA
    )


@given(flows())
@settings(max_examples=200, deadline=None)
def test_any_columns_come_back_as_they_were(columns: Columns) -> None:
    decoded = body.decode(body.encode(columns, EXPORTERS))
    assert same(decoded.columns, columns)
    assert decoded.exporters == EXPORTERS


def estate(rows: int) -> Columns:
    random = np.random.default_rng(7)
    received = 1_760_000_000_000 + np.sort(random.integers(0, 900, rows))
    end = received - random.integers(0, 30_000, rows)
    return Columns(
        rows,
        {
            "exporter": random.integers(0, 2, rows).astype("u2"),
            "received": received,
            "end": end,
            "start": end - random.integers(0, 5_000, rows),
            "ip_version": random.choice(np.array([4, 6], "u1"), rows),
            "src_high": random.choice(np.array([0, 0x2001_0DB8_0001_0000], "u8"), rows),
            "src_low": random.integers(0, 2**63, rows).astype("u8"),
            "octets": random.integers(40, 10_000, rows).astype("u8"),
        },
    )


def test_many_rows_with_a_prefix_that_a_sample_misses_come_back() -> None:
    columns = estate(20_000)
    columns.values["src_high"][13_337] = 0xFE80_0000_0000_0000
    assert same(body.decode(body.encode(columns, EXPORTERS)).columns, columns)


def test_a_body_is_an_arrow_stream_that_any_tool_reads() -> None:
    columns = estate(1_000)
    table = read_ipc_stream(io.BytesIO(body.encode(columns, EXPORTERS))).read_all()
    assert table.num_rows == 1_000
    header = orjson.loads(table.schema.metadata_str["flowlens"])
    assert header["exporters"] == EXPORTERS
    octets = columns["octets"]
    low, high = (table.column(f"octets.{k}").to_numpy().astype("u8") for k in range(2))
    assert np.array_equal(header["columns"]["octets"]["base"] + low + high * 256, octets)


RECORDED = ["softflowd_v5", "softflowd_v9", "softflowd_ipfix", "softflowd_ipfix_bi"]
RECORDED += ["pmacctd_v5", "pmacctd_v9", "pmacctd_ipfix", "pmacctd_ipfix_varlen", "pmacctd_sflow5"]


@pytest.mark.parametrize("name", RECORDED)
def test_a_flow_takes_at_most_thirteen_bytes_in_records_of_ten_thousand(name: str) -> None:
    state = DecoderState()
    received = payloads(name)
    parts = [
        decode(Datagrams.of([d for _, d in received[at : at + 512]], received=int(received[at][0] * 1000)), state)
        for at in range(0, len(received), 512)
    ]
    whole = join(parts)
    firsts = range(0, whole.rows - 10_000 + 1, 10_000)
    records = [whole.take(np.arange(first, first + 10_000)) for first in firsts]
    bodies = [body.encode(record, EXPORTERS) for record in records]
    assert all(same(body.decode(data).columns, record) for data, record in zip(bodies, records, strict=True))
    assert sum(map(len, bodies)) <= 13 * sum(record.rows for record in records)


def stream(header: dict[str, object], fields: dict[str, np.ndarray[tuple[int], np.dtype[np.uint8]]]) -> bytes:
    schema = Schema(
        [Field(n, DataType.uint8(), nullable=False) for n in fields],
        metadata={"flowlens": orjson.dumps(header).decode()},
    )
    out = io.BytesIO()
    batch = RecordBatch.from_arrays([Array.from_numpy(values) for values in fields.values()], schema=schema)
    write_ipc_stream(batch, out, compression="zstd")
    return out.getvalue()


HEADER = {"rows": 3, "exporters": ["192.0.2.1"], "first": 0, "columns": {"protocol": {"base": 250, "planes": 1}}}
PLANE = {"protocol.0": np.array([0, 3, 5], np.uint8)}


def test_a_hand_made_body_is_read_and_columns_it_does_not_know_are_ignored() -> None:
    header = {**HEADER, "columns": {"protocol": {"base": 250, "planes": 1}, "colour": {"base": 0, "planes": 0}}}
    decoded = body.decode(stream(header, {**PLANE, "smell.0": PLANE["protocol.0"]}))
    assert decoded.columns["protocol"].tolist() == [250, 253, 255]
    assert set(decoded.columns.values) == {"protocol"}


def column(**entry: object) -> dict[str, object]:
    return {**HEADER, "columns": {"protocol": entry}}


LIES: dict[str, tuple[dict[str, object], str]] = {
    "more rows than there are": ({**HEADER, "rows": 4}, "body_rows"),
    "no exporters": ({"rows": 3}, "body_header"),
    "exporters without end": ({**HEADER, "exporters": ["a"] * 5_000}, "body_header"),
    "a plane that is not there": (column(base=0, planes=2), "body_columns"),
    "a base beyond the type": (column(base=256, planes=1), "body_values"),
    "a value beyond the type": (column(base=251, planes=1), "body_values"),
    "a key that is not there": (column(base=0, planes=1, keys=[6, 17]), "body_values"),
    "a key beyond the type": (column(base=0, planes=1, keys=[6, 17, 1, 2, 3, 300]), "body_values"),
    "an exporter that is not listed": ({**HEADER, "columns": {"exporter": {"base": 1, "planes": 0}}}, "body_exporters"),
    "a constant of the wrong sign": (column(base=-1, planes=0), "body_values"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_header_is_malformed(lie: str) -> None:
    header, reason = LIES[lie]
    with pytest.raises(Malformed) as caught:
        body.decode(stream(header, PLANE))
    assert caught.value.reason == reason


def test_bytes_that_are_not_a_stream_are_malformed() -> None:
    for data in (b"", b"PAR1", b"\xff" * 64, bytes(64)):
        with pytest.raises(Malformed):
            body.decode(data)


def test_a_stream_of_other_types_is_malformed() -> None:
    out = io.BytesIO()
    batch = RecordBatch.from_arrays([Array.from_numpy(np.arange(3, dtype="i8"))], names=["octets"])
    write_ipc_stream(batch, out, compression="zstd")
    with pytest.raises(Malformed, match="body_schema"):
        body.decode(out.getvalue())


def test_a_body_that_would_fill_the_memory_is_refused_before_it_does() -> None:
    rows = ipc.MAX_BYTES // 4 + 1
    bomb = stream({**HEADER, "rows": rows}, {f"protocol.{k}": np.zeros(rows, np.uint8) for k in range(4)})
    assert len(bomb) < 100_000
    with pytest.raises(Malformed, match="body_size"):
        body.decode(bomb)


@given(st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_damaged_bytes_are_malformed_or_flows_but_never_anything_else(seed: int) -> None:
    random = Random(seed)
    damaged = bytearray(WHOLE)
    for _ in range(random.randint(1, 4)):
        damaged[random.randrange(len(damaged))] = random.choice((0, 1, 127, 255))
    if random.random() < 0.2:
        del damaged[random.randrange(len(damaged)) :]
    try:
        decoded = body.decode(bytes(damaged))
    except Malformed:
        return
    assert all(len(decoded.columns[c.name]) == decoded.columns.rows for c in SCHEMA)


WHOLE = body.encode(estate(300), EXPORTERS)
