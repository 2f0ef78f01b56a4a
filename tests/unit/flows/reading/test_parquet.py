"""Parquet says the same as text."""

from __future__ import annotations

import io

from arro3.core import Array, DataType, RecordBatch
from arro3.io import write_parquet
from flowlens.flows.body import encode
from flowlens.flows.files import aws_vpc
from flowlens.flows.reading import About
from flowlens.flows.reading.interfaces import described
from flowlens.flows.reading.tally import Tally
from flowlens.flows.sightings import Kind

from tests.bench import files


def bodies(data: bytes) -> tuple[list[bytes], Tally]:
    tally = Tally()
    return [encode(b.columns, b.exporters) for b in aws_vpc.read(io.BytesIO(data), About(), tally)], tally


def test_the_same_records_give_the_same_flows_as_text_and_as_parquet() -> None:
    made = files.columns(5_000)
    (text, of_text), (parquet, of_parquet) = bodies(files.text(made)), bodies(files.parquet(made))
    assert text == parquet
    assert of_text.counts == of_parquet.counts
    assert of_text.counts["rejected"] == 500


def test_nulls_are_fields_that_say_nothing() -> None:
    names = [
        "srcaddr",
        "dstaddr",
        "srcport",
        "dstport",
        "protocol",
        "bytes",
        "end",
        "action",
        "log_status",
        "instance_id",
    ]
    rows: list[tuple[str | int | None, ...]] = [
        ("10.0.0.1", "10.0.0.2", 50_000, 443, 6, 60, 1_660_000_060, "ACCEPT", "OK", None),
        (None, None, None, None, None, None, 1_660_000_060, None, "NODATA", None),
        ("10.0.0.1", "10.0.0.2", 50_000, 443, 6, None, 1_660_000_060, "ACCEPT", "OK", "i-1"),
        ("10.0.0.1", "10.0.0.2", 50_000, None, 6, 60, 1_660_000_060, "ACCEPT", "OK", None),
    ]
    text = {"srcaddr", "dstaddr", "action", "log_status", "instance_id"}
    arrays = [
        Array([row[at] for row in rows], type=DataType.utf8() if name in text else DataType.int32())
        for at, name in enumerate(names)
    ]
    out = io.BytesIO()
    write_parquet(RecordBatch.from_arrays(arrays, names=names), out)
    tally = Tally()
    out.seek(0)
    (body,) = aws_vpc.read(out, About(account=1, log="fl-0123456789abcdef0"), tally)
    assert body.columns["octets"].tolist() == [60, 0]
    assert (tally.counts["nodata"], tally.unreadable) == (1, {"missing": 1})
    assert [described(exporter) for exporter in body.exporters] == ["fl-0123456789abcdef0 in 000000000001"]


def test_a_null_says_nothing_of_what_stands_in_other_rows() -> None:
    """Not even that which is first in the column."""
    numbers = {"srcport": 50_000, "dstport": 443, "protocol": 6, "bytes": 60, "end": 1_660_000_060}
    words: dict[str, list[str | None]] = {
        "interface_id": ["eni-0123456789abcdef0", None],
        "srcaddr": ["10.0.0.1", "10.0.0.3"],
        "dstaddr": ["10.0.0.2", "10.0.0.2"],
        "action": ["ACCEPT", "ACCEPT"],
        "pkt_dst_aws_service": ["S3", None],
        "flow_direction": ["egress", None],
    }
    arrays = [Array([value] * 2, type=DataType.int64()) for value in numbers.values()]
    arrays += [Array(column, type=DataType.utf8()) for column in words.values()]
    out = io.BytesIO()
    write_parquet(RecordBatch.from_arrays(arrays, names=[*numbers, *words]), out)
    out.seek(0)
    (body,) = aws_vpc.read(out, About(account=1, log="fl-0123456789abcdef0"), Tally())
    told = [described(body.exporters[number]) for number in body.columns["exporter"]]
    assert told == ["eni-0123456789abcdef0 in 000000000001", "fl-0123456789abcdef0 in 000000000001"]
    assert body.columns["direction"].tolist() == [1, 255]
    assert [one.value for one in body.sightings if one.kind is Kind.AWS_SERVICE] == ["S3"]
    exporters = {one.subject.exporter for one in body.sightings}
    assert {described(exporter) for exporter in exporters} == {"eni-0123456789abcdef0 in 000000000001"}
