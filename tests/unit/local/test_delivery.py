"""A batch that fails is retried from its first failed record, halved, and at last buried: exactly the poison, once."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from cdk.local import delivery
from cdk.local.delivery import Delivery, StreamRecord
from cdk.local.runtime import Outcome, failure
from cdk.local.triggers import batches
from cdk.manifest import EventSource

MAPPING = EventSource(stream="flows", function="stream.aggregate", on_failure="flows-failed", retries=2)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_FIRST_PAUSE", 0.0)


@dataclass
class Function:
    """A Lambda that remembers what it was given and answers as `answer` says."""

    answer: Callable[[list[str]], Outcome]
    batches: list[list[str]] = field(default_factory=list)

    def __call__(self, payload: bytes) -> Outcome:
        batch = [record["kinesis"] for record in json.loads(payload)["Records"]]
        self.batches.append([base64.b64decode(record["data"]).decode() for record in batch])
        return self.answer([record["sequenceNumber"] for record in batch])


def _records(*words: str, arrival: float | None = None) -> list[StreamRecord]:
    moment = time.time() if arrival is None else arrival
    return [StreamRecord(number, word, word.encode(), moment) for number, word in enumerate(words, 1)]


def _report(*sequences: str) -> Outcome:
    return Outcome(json.dumps({"batchItemFailures": [{"itemIdentifier": one} for one in sequences]}).encode())


def _deliver(mapping: EventSource, function: Function, records: list[StreamRecord]) -> list[dict[str, Any]]:
    buried: list[dict[str, Any]] = []
    one = Delivery(
        mapping,
        "shardId-000000000000",
        invoke=function,
        bury=lambda document: buried.append(json.loads(document)),
        stopping=threading.Event(),
    )
    assert one.deliver(records)
    return buried


def test_a_batch_that_succeeds_is_delivered_once() -> None:
    function = Function(lambda _: _report())
    assert _deliver(MAPPING, function, _records("a", "b", "c")) == []
    assert function.batches == [["a", "b", "c"]]


def test_only_what_follows_the_first_failure_is_delivered_again() -> None:
    answers = iter([_report("3", "2"), _report()])
    function = Function(lambda _: next(answers))
    assert _deliver(MAPPING, function, _records("a", "b", "c")) == []
    assert function.batches == [["a", "b", "c"], ["b", "c"]]


@pytest.mark.parametrize("place", range(1, 9))
def test_the_poison_is_buried_alone_and_once_wherever_it_lies(place: int) -> None:
    function = Function(lambda batch: _report(*({str(place)} & set(batch))))
    buried = _deliver(MAPPING, function, _records(*"abcdefgh"))
    assert [
        (one["KinesisBatchInfo"]["batchSize"], one["KinesisBatchInfo"]["startSequenceNumber"]) for one in buried
    ] == [(1, str(place))]
    assert buried[0]["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert {word for batch in function.batches for word in batch} == set("abcdefgh")


def test_the_poison_gets_its_retries_before_it_is_buried() -> None:
    function = Function(lambda _: failure("Malformed", "no header"))
    buried = _deliver(MAPPING, function, _records("poison"))
    assert len(function.batches) == 1 + MAPPING.retries
    assert buried[0]["requestContext"]["approximateInvokeCount"] == 1 + MAPPING.retries


def test_a_function_that_recovers_costs_no_record() -> None:
    answers = iter([failure("OperationalError", "the database is away"), _report()])
    function = Function(lambda _: next(answers))
    assert _deliver(MAPPING, function, _records("a")) == []


def test_without_bisect_the_whole_batch_is_buried() -> None:
    function = Function(lambda _: failure("Malformed", ""))
    buried = _deliver(replace(MAPPING, bisect=False), function, _records("a", "b"))
    assert [one["KinesisBatchInfo"]["batchSize"] for one in buried] == [2]


def test_an_answer_that_makes_no_sense_fails_the_batch() -> None:
    function = Function(lambda _: Outcome(b'{"batchItemFailures": [{"wrong": 1}]}'))
    assert len(_deliver(MAPPING, function, _records("a"))) == 1


def test_an_unknown_failed_record_fails_the_batch() -> None:
    function = Function(lambda _: _report("99"))
    assert len(_deliver(MAPPING, function, _records("a"))) == 1


def test_records_that_are_too_old_are_buried_unseen() -> None:
    function = Function(lambda _: _report())
    old = _records("old", arrival=time.time() - 100)
    buried = _deliver(replace(MAPPING, max_age_seconds=50), function, [*old, StreamRecord(2, "k", b"new", time.time())])
    assert function.batches == [["new"]]
    assert buried[0]["requestContext"]["condition"] == "RecordAgeExceeded"


def test_nothing_is_buried_when_it_is_told_to_stop() -> None:
    stopping = threading.Event()
    buried: list[str] = []

    def fail_and_stop(_: bytes) -> Outcome:
        stopping.set()
        return failure("Runtime.ExitError", "killed")

    one = Delivery(MAPPING, "shard", invoke=fail_and_stop, bury=buried.append, stopping=stopping)
    assert not one.deliver(_records("a"))
    assert buried == []


def test_batches_are_bounded_by_count_and_by_bytes() -> None:
    records = [StreamRecord(number, "k", b"x" * 10, 0.0) for number in range(7)]
    assert [len(batch) for batch in batches(records, 3)] == [3, 3, 1]
    assert [len(batch) for batch in batches(records, 100, limit=25)] == [2, 2, 2, 1]
    assert [len(batch) for batch in batches(records, 100, limit=5)] == [1] * 7
