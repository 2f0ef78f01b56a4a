"""Log events as CloudWatch Logs and Firehose deliver them: however packed, the same events have the same name."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest
from flowlens.flows.reading import About, envelopes, reader
from flowlens.flows.reading.tally import Tally
from flowlens.model.errors import Malformed

LINES = [
    "2 123456789012 eni-0123456789abcdef0 10.0.0.1 10.0.0.2 40000 443 6 10 840 1790000000 1790000060 ACCEPT OK",
    "2 123456789012 eni-0123456789abcdef0 10.0.0.2 10.0.0.1 443 40000 6 12 9000 1790000000 1790000060 ACCEPT OK",
]


def document(*lines: str, kind: str = "DATA_MESSAGE", stream: str = "eni-1-all") -> bytes:
    events = [{"id": f"3{n:055d}", "timestamp": 1_790_000_000_000, "message": line} for n, line in enumerate(lines)]
    said: dict[str, Any] = {"messageType": kind, "owner": "123456789012", "logGroup": "vpc/logs", "logStream": stream}
    return json.dumps({**said, "subscriptionFilters": ["flowlens"], "logEvents": events}).encode()


def read(data: bytes) -> list[envelopes.Envelope]:
    stream = io.BytesIO(data)
    assert envelopes.recognises(stream)
    return list(envelopes.envelopes(stream))


PACKED = {
    "a subscription's": gzip.compress(document(*LINES)) + gzip.compress(document(LINES[0], stream="eni-2-all")),
    "joined": document(*LINES) + document(LINES[0], stream="eni-2-all"),
    "lines": document(*LINES) + b"\n" + document(LINES[0], stream="eni-2-all") + b"\n",
    "packed twice": gzip.compress(gzip.compress(document(*LINES) + document(LINES[0], stream="eni-2-all"))),
    "with a question": document(kind="CONTROL_MESSAGE") + document(*LINES) + document(LINES[0], stream="eni-2-all"),
}


@pytest.mark.parametrize("data", PACKED.values(), ids=PACKED)
def test_the_same_events_have_the_same_name_however_they_are_packed(data: bytes) -> None:
    first, second = read(data)
    assert (first.events, first.text) == (2, "\n".join([*LINES, ""]).encode())
    assert [first.name, second.name] == [one.name for one in read(PACKED["joined"])]
    assert first.name != second.name
    assert first.name.startswith("logs://123456789012/vpc/logs/eni-1-all#")


def test_many_documents_across_many_reads_are_all_found() -> None:
    many = b"".join(document(*LINES, stream=f"eni-{n}") for n in range(2000))
    assert len({one.name for one in read(many)}) == 2000


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (document(*LINES) + b"x", "events_json"),
        (document(*LINES)[:-5], "events_json"),
        (document(*LINES).replace(b'"logEvents": [', b'"logEvents": [7, '), "events_shape"),
        (gzip.compress(document(*LINES))[:-12], "file_gzip"),
        (document("x" * 17_000_000)[:-3], "events_size"),
    ],
)
def test_what_is_none_has_a_name(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        list(envelopes.envelopes(io.BytesIO(data)))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "other", [b"", b"version account-id\n", b'{"message":"2 1"}\n', gzip.compress(b"hello", mtime=0)]
)
def test_other_files_are_not_taken_for_log_events(other: bytes) -> None:
    stream = io.BytesIO(other)
    assert not envelopes.recognises(stream)
    assert stream.tell() == 0


@pytest.mark.parametrize("between", [b"", b"\n"])
def test_lines_wrapped_for_firehose_are_read_with_awss_own_format(between: bytes) -> None:
    wrapped = between.join(json.dumps({"message": line}).replace('": "', '":"').encode() for line in LINES * 400)
    stream, tally = io.BytesIO(wrapped), Tally()
    bodies = list(reader(stream, About()).read(stream, About(), tally))
    assert (tally.counts["flows"], tally.unreadable) == (800, {})
    assert sum(int(body.columns["octets"].sum()) for body in bodies) == 400 * 9840


def test_a_wrapped_line_that_is_none_is_counted_and_moves_no_other() -> None:
    wrapped = b'{"message":"%s"}\n{"message":"a \\" b"}\n{"massage":"x"}\n{"message":"%s"}' % tuple(
        line.encode() for line in LINES
    )
    stream, tally = io.BytesIO(wrapped), Tally()
    list(reader(stream, About()).read(stream, About(), tally))
    assert (tally.counts["flows"], dict(tally.unreadable)) == (2, {"fields": 2})


def test_a_transit_gateways_default_format_is_told_by_its_line() -> None:
    line = "6 TransitGateway 123456789012 tgw-0123456789abcdef0 tgw-attach-0123456789abcdef0" + 11 * " -"
    line += " 10.0.0.1 10.1.0.1 40000 443 6 10 840 1790000000 1790000060 OK IPv4 0 0 0 0 2 us-east-1 ingress - -"
    stream, tally = io.BytesIO(b'{"message":"%s"}' % line.encode()), Tally()
    (body,) = reader(stream, About()).read(stream, About(), tally)
    assert (body.columns["dst_port"][0], body.columns["octets"][0], body.columns["tcp_flags"][0]) == (443, 840, 2)
