"""What is put is what Kinesis gets, whoever writes the body of the call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from flowlens.aws.stream import Entry, Stream, hastened

from tests.collector_vm.kinesis import Sink

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

ENTRIES = [Entry("key", b"one, two"), Entry('a "quoted" kéy', bytes(256)), Entry("last", bytes(range(256)) * 40)]


@pytest.fixture
def sink() -> Iterator[tuple[Sink, KinesisClient]]:
    sink = Sink()
    with sink.serving() as endpoint:
        yield sink, boto3.client("kinesis", endpoint_url=endpoint)


def test_the_records_arrive_as_they_were_put(sink: tuple[Sink, KinesisClient]) -> None:
    assert Stream("flows", hastened(sink[1])).put(ENTRIES).failed == ()
    assert sink[0].records == [(entry.key, entry.data) for entry in ENTRIES]


def test_the_body_says_what_the_sdk_would_have_said(sink: tuple[Sink, KinesisClient]) -> None:
    for client in (sink[1], hastened(sink[1])):
        Stream("flows", client).put(ENTRIES)
    first, second = sink[0].records[: len(ENTRIES)], sink[0].records[len(ENTRIES) :]
    assert first == second


def test_what_is_refused_is_told_by_position(sink: tuple[Sink, KinesisClient]) -> None:
    sink[0].refuse = lambda number: number == 2
    outcome = Stream("flows", hastened(sink[1])).put(ENTRIES)
    assert outcome.failed == (1,)
    assert outcome.reasons == {"ProvisionedThroughputExceededException": 1}


def test_a_stream_that_is_down_fails_for_each(sink: tuple[Sink, KinesisClient]) -> None:
    sink[0].down = True
    assert len(Stream("flows", hastened(sink[1])).put(ENTRIES).failed) == len(ENTRIES)
