"""The poller hands every accepted record to the function, through failures, restarts and poison."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cdk.local import aws, delivery
from cdk.local.checkpoints import Checkpoints
from cdk.local.lambdas import FunctionSpec
from cdk.local.triggers import Poller, Surroundings
from cdk.manifest import EventSource
from tests.unit.local.conftest import Emulation

SHARD = "shardId-000000000000"


class Feed:
    """A stream, a queue and a function of the test's own, and a poller between them."""

    def __init__(self, emulation: Emulation, seen: Path) -> None:
        self.emulation, self.seen = emulation, seen
        self.name = f"feed-{uuid4().hex[:8]}"
        self.mapping = EventSource(
            stream=self.name, function=self.name, on_failure=self.name, batch_size=20, window_seconds=0, retries=1
        )
        self.checkpoints = Checkpoints(emulation.home.checkpoints)
        self.function = emulation.lambdas.add(
            FunctionSpec(
                name=self.name,
                handler="tests.unit.local.handlers.collect",
                timeout=20,
                environment=aws.environment(emulation.endpoint, {"SEEN": str(seen)}),
                concurrency=2,
            )
        )
        self.create()

    def create(self) -> None:
        self.emulation.client("kinesis").create_stream(StreamName=self.name, ShardCount=1)
        self.emulation.client("sqs").create_queue(QueueName=self.name)

    def poller(self, ready: Callable[[], bool] = lambda: True) -> Poller:
        around = Surroundings(
            kinesis=self.emulation.client("kinesis"),
            sqs=self.emulation.client("sqs"),
            invoke=self.function.invoke,
            checkpoints=self.checkpoints,
            ready=ready,
        )
        return Poller(self.mapping, around)

    def put(self, *words: str) -> None:
        records = [{"Data": word.encode(), "PartitionKey": word} for word in words]
        self.emulation.client("kinesis").put_records(StreamName=self.name, Records=records)

    def words(self) -> list[str]:
        return self.seen.read_text().split() if self.seen.exists() else []

    def until(self, *wanted: str) -> None:
        _wait(lambda: set(wanted) <= set(self.words()))

    def dead(self) -> list[dict[str, Any]]:
        sqs = self.emulation.client("sqs")
        url = sqs.get_queue_url(QueueName=self.name)["QueueUrl"]
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
        return [json.loads(message["Body"])["KinesisBatchInfo"] for message in found]


def _wait(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within half a minute")


@pytest.fixture
def feed(emulation: Emulation, tmp_path: Path) -> Feed:
    return Feed(emulation, tmp_path / "seen")


@pytest.fixture
def polling(feed: Feed) -> Iterator[Poller]:
    poller = feed.poller()
    poller.start()
    yield poller
    poller.stop(seconds=10)


def test_every_record_arrives_and_the_shard_is_checkpointed(feed: Feed, polling: Poller) -> None:
    words = [f"word-{number}" for number in range(150)]
    feed.put(*words)
    assert polling.drain(seconds=30)
    assert sorted(feed.words()) == sorted(words)
    assert feed.checkpoints.get(feed.name, SHARD) == 150
    assert polling.behind_seconds == 0


def test_poison_is_buried_once_and_everything_else_arrives(
    feed: Feed, polling: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_FIRST_PAUSE", 0.01)
    feed.put(*(f"before-{n}" for n in range(7)), "poison", *(f"after-{n}" for n in range(9)))
    _wait(lambda: polling.buried == 1)
    assert polling.drain(seconds=30)
    assert len(set(feed.words())) == 16
    assert [(info["startSequenceNumber"], info["batchSize"]) for info in feed.dead()] == [("8", 1)]
    assert feed.checkpoints.get(feed.name, SHARD) == 17


def test_a_new_poller_goes_on_where_the_last_one_stopped(feed: Feed) -> None:
    first = feed.poller()
    first.start()
    feed.put("one")
    feed.until("one")
    assert first.drain(seconds=30)
    first.stop(seconds=10)
    feed.put("two")
    second = feed.poller()
    second.start()
    feed.until("two")
    assert second.drain(seconds=30)
    second.stop(seconds=10)
    assert feed.words() == ["one", "two"]


def test_records_wait_while_the_database_is_away(feed: Feed) -> None:
    away = [True]
    poller = feed.poller(ready=lambda: not away[0])
    poller.start()
    feed.put("patient")
    assert not poller.drain(seconds=1)
    assert feed.words() == []
    away.clear()
    away.append(False)
    feed.until("patient")
    poller.stop(seconds=10)


def test_polling_goes_on_when_the_emulation_was_killed(own_emulation: Emulation, tmp_path: Path) -> None:
    feed = Feed(own_emulation, tmp_path / "seen")
    poller = feed.poller()
    poller.start()
    feed.put("before")
    feed.until("before")
    own_emulation.kill()
    own_emulation.start()
    feed.create()
    feed.put("after")
    feed.until("after")
    poller.stop(seconds=10)
    own_emulation.lambdas.close()


def test_a_worker_that_is_killed_costs_no_record(feed: Feed, polling: Poller) -> None:
    feed.put("first")
    feed.until("first")
    for pid in feed.function.pids:
        os.kill(pid, signal.SIGKILL)
    feed.put("second")
    feed.until("second")
    assert polling.drain(seconds=30)
    assert feed.dead() == []
