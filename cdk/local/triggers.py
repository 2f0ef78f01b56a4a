"""Polls the emulated streams and hands their records to functions, as Lambda's event source mappings do."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cdk.local.checkpoints import Checkpoints
from cdk.local.delivery import Delivery, StreamRecord
from cdk.local.runtime import Outcome
from cdk.manifest import EventSource

_BATCH_BYTES = 4_400_000  # Lambda takes 6 MB, and base64 adds a third
_IDLE_SECONDS = 0.25
_TROUBLE_SECONDS = 1.0  # between tries while the emulation is away


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a poller needs of the world: AWS clients, the function, and whether it is a good moment to call it."""

    kinesis: Any
    sqs: Any
    invoke: Callable[[bytes], Outcome]
    checkpoints: Checkpoints
    ready: Callable[[], bool] = lambda: True


class Poller:
    """One event source mapping. A shard is checkpointed when every lane of a round is done, never before."""

    def __init__(self, mapping: EventSource, surroundings: Surroundings) -> None:
        self.mapping = mapping
        self.oldest_arrival: float | None = None  # of the records in work; None when there is nothing to do
        self.buried = 0
        self._around = surroundings
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._empty_reads = 0

    @property
    def behind_seconds(self) -> float:
        oldest = self.oldest_arrival
        return 0.0 if oldest is None else max(0.0, time.time() - oldest)

    def start(self) -> None:
        shards = self._around.kinesis.list_shards(StreamName=self.mapping.stream)["Shards"]
        for shard in shards:
            thread = threading.Thread(target=self._run, args=(shard["ShardId"],), daemon=True)
            thread.start()
            self._threads.append(thread)

    def drain(self, *, seconds: float) -> bool:
        """Waits until the stream was found empty; False when that took too long."""
        deadline, enough = time.monotonic() + seconds, self._empty_reads + 2 * len(self._threads)
        while time.monotonic() < deadline:
            if self._empty_reads >= enough:
                return True
            time.sleep(0.05)
        return False

    def stop(self, *, seconds: float) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(seconds)

    def _run(self, shard: str) -> None:
        while not self._stopping.is_set():
            try:
                self._follow(shard)
            except (BotoCoreError, ClientError):  # it restarts, and the stream comes back with it
                self._stopping.wait(_TROUBLE_SECONDS)

    def _follow(self, shard: str) -> None:
        iterator = self._iterator(shard)
        delivery = Delivery(self.mapping, shard, invoke=self._around.invoke, bury=self._bury, stopping=self._stopping)
        with ThreadPoolExecutor(self.mapping.parallel) as lanes:
            while not self._stopping.is_set():
                records, iterator = self._gather(iterator)
                if not records:
                    self._empty_reads += 1
                    continue
                self.oldest_arrival = records[0].arrival
                if not self._round(records, delivery, lanes):
                    return
                self.oldest_arrival = None
                self._around.checkpoints.set(self.mapping.stream, shard, records[-1].sequence)

    def _iterator(self, shard: str) -> str:
        done = self._around.checkpoints.get(self.mapping.stream, shard)
        start = {"ShardIteratorType": "TRIM_HORIZON"}
        if done:
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": str(done)}
        found = self._around.kinesis.get_shard_iterator(StreamName=self.mapping.stream, ShardId=shard, **start)
        return str(found["ShardIterator"])

    def _gather(self, iterator: str) -> tuple[list[StreamRecord], str]:
        """Reads until a round is full or its window is over; an empty stream is asked again after a pause."""
        wanted = self.mapping.batch_size * self.mapping.parallel
        room = _BATCH_BYTES * self.mapping.parallel
        records: list[StreamRecord] = []
        until = 0.0
        while not self._stopping.is_set():
            answer = self._around.kinesis.get_records(ShardIterator=iterator, Limit=wanted - len(records))
            iterator = answer["NextShardIterator"]
            until = until or time.monotonic() + self.mapping.window_seconds
            records += [_record(found) for found in answer["Records"]]
            room -= sum(len(found["Data"]) for found in answer["Records"])
            full = len(records) >= wanted or room <= 0
            if full or (records and time.monotonic() >= until):
                break
            self._stopping.wait(_IDLE_SECONDS)
            if not records:
                break
        while records and not self._around.ready() and not self._stopping.is_set():
            self._stopping.wait(_IDLE_SECONDS)
        return records, iterator

    def _round(self, records: list[StreamRecord], delivery: Delivery, lanes: ThreadPoolExecutor) -> bool:
        """Records of one key stay in order: each key has its lane."""
        split: list[list[StreamRecord]] = [[] for _ in range(self.mapping.parallel)]
        for record in records:
            split[zlib.crc32(record.key.encode()) % self.mapping.parallel].append(record)

        def work(lane: list[StreamRecord]) -> bool:
            return all(delivery.deliver(batch) for batch in batches(lane, self.mapping.batch_size))

        return all(list(lanes.map(work, split)))

    def _bury(self, obituary: str) -> None:
        """Puts it on the failure queue, however long that takes: the record is not passed over before."""
        while not self._stopping.is_set():
            try:
                url = self._around.sqs.get_queue_url(QueueName=self.mapping.on_failure)["QueueUrl"]
                self._around.sqs.send_message(QueueUrl=url, MessageBody=obituary)
            except (BotoCoreError, ClientError):
                self._stopping.wait(_TROUBLE_SECONDS)
            else:
                self.buried += 1
                return


def batches(records: Sequence[StreamRecord], size: int, limit: int = _BATCH_BYTES) -> Iterator[list[StreamRecord]]:
    """At most `size` records and `limit` bytes in each; a single record may be larger."""
    batch: list[StreamRecord] = []
    octets = 0
    for record in records:
        if batch and (len(batch) == size or octets + len(record.data) > limit):
            yield batch
            batch, octets = [], 0
        batch.append(record)
        octets += len(record.data)
    if batch:
        yield batch


def _record(found: dict[str, Any]) -> StreamRecord:
    return StreamRecord(
        int(found["SequenceNumber"]),
        found["PartitionKey"],
        found["Data"],
        found["ApproximateArrivalTimestamp"].timestamp(),
    )
