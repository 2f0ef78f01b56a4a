"""Kinesis: shards that are fast, safe for threads, bounded in memory, and outlive the process.

moto's own shard looks at every record for each put, loses records under concurrent puts and keeps all of them for ever.
"""

from __future__ import annotations

import bisect
import threading
from collections import OrderedDict
from collections.abc import Callable, ItemsView, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.kinesis import models

from cdk.local.checkpoints import Checkpoints
from cdk.local.emulation.journal import Entry, Journal

KEEP_BYTES = 32 * 2**20  # of processed records, for whoever looks at the stream beside the poller
READ_BYTES = 10 * 2**20  # at most in one answer, as in AWS
FULL_BYTES = 256 * 2**20  # of records that wait; beyond it puts are refused and the collector's spool grows instead


@dataclass(slots=True)
class Storage:
    """Where streams are kept and how far they are processed; without it they live in memory and forget the oldest."""

    directory: Path
    checkpoints: Checkpoints
    wanted: Callable[[str, str], int | None] = lambda _stream, _shard: None

    def processed(self, stream: str, shard: str) -> int:
        """Up to here nobody asks for records any more: neither the poller nor who reads what was given up."""
        done, wanted = self.checkpoints.get(stream, shard), self.wanted(stream, shard)
        return done if wanted is None else min(done, wanted - 1)


class Log:
    """The records of one shard: as much of a dictionary by sequence number as the rest of moto asks for."""

    def __init__(self, journal: Journal | None = None, *, processed: int = 0) -> None:
        self.lock = threading.Lock()
        self.journal = journal
        self._sequences: list[int] = []
        self._records: list[models.Record] = []
        self._bytes = 0
        self._last = processed
        for entry in journal.replay(processed) if journal else ():
            self._remember(_record(entry))

    @property
    def last(self) -> int:
        """The highest sequence number ever given, also when the records are gone."""
        return self._last

    @property
    def bytes(self) -> int:
        return self._bytes

    def put(self, key: str, data: str, explicit_hash_key: str) -> int:
        with self.lock:
            record = models.Record(key, data, self._last + 1, explicit_hash_key)
            self._remember(record)
            if self.journal:
                self.journal.append(Entry(record.sequence_number, record.created_at, key, data))
            return record.sequence_number

    def after(self, sequence: int, limit: int) -> tuple[list[models.Record], int]:
        """Records beyond a sequence number and how far behind the newest they are, in milliseconds."""
        with self.lock:
            start = bisect.bisect_right(self._sequences, sequence)
            found = self._records[start : start + limit]
            total, whole = 0, 0
            while whole < len(found) and (total := total + len(found[whole].data)) <= READ_BYTES:
                whole += 1
            found = found[: max(1, whole)]
            behind = self._records[-1].created_at - found[-1].created_at if found else 0.0
            return found, int(behind * 1000)

    def trim(self, processed: int, keep: int) -> None:
        """Forgets the oldest of the processed records until at most `keep` bytes are left."""
        with self.lock:
            cut, until = 0, bisect.bisect_right(self._sequences, processed)
            while cut < until and self._bytes > keep:
                self._bytes -= len(self._records[cut].data)
                cut += 1
            del self._sequences[:cut], self._records[:cut]

    def _remember(self, record: models.Record) -> None:
        self._sequences.append(record.sequence_number)
        self._records.append(record)
        self._bytes += len(record.data)
        self._last = record.sequence_number

    # --- what moto's other methods ask of a shard's records

    def __len__(self) -> int:
        return len(self._sequences)

    def __bool__(self) -> bool:
        return bool(self._sequences)

    def __iter__(self) -> Iterator[int]:
        return iter(list(self._sequences))

    def __reversed__(self) -> Iterator[int]:
        return reversed(list(self._sequences))

    def __getitem__(self, sequence: int) -> models.Record:
        return self._records[bisect.bisect_left(self._sequences, sequence)]

    def keys(self) -> list[int]:
        return list(self._sequences)

    def values(self) -> list[models.Record]:
        return list(self._records)

    def items(self) -> ItemsView[int, models.Record]:
        return OrderedDict(zip(self._sequences, self._records, strict=True)).items()


def _record(entry: Entry) -> models.Record:
    record = models.Record(entry.key, entry.data, entry.sequence, "")
    record.created_at_datetime = datetime.fromtimestamp(entry.arrival, UTC).replace(tzinfo=None)
    record.created_at = entry.arrival
    return record


def install(storage: Storage | None = None) -> None:
    """Puts Log in the place of moto's dictionary."""
    _shards()
    _durability(storage)
    backend: Any = models.KinesisBackend
    backend._send_stream_metrics = lambda *_, **__: None  # two data points a put, kept for ever


def _shards() -> None:
    shard: Any = models.Shard
    make, read, write = shard.__init__, shard.get_records, shard.put_record

    def __init__(self: Any, *args: Any, **named: Any) -> None:  # noqa: N807 (it becomes one)
        make(self, *args, **named)
        self.records = Log()

    def put_record(self: Any, partition_key: str, data: str, explicit_hash_key: str) -> str:
        if not isinstance(self.records, Log):  # a shard that was split away
            return str(write(self, partition_key, data, explicit_hash_key))
        return str(self.records.put(partition_key, data, explicit_hash_key))

    def get_records(self: Any, last_sequence_id: str, limit: int | None) -> Any:
        if not isinstance(self.records, Log):
            return read(self, last_sequence_id, limit)
        found, behind = self.records.after(int(last_sequence_id), limit or 10_000)
        return found, found[-1].sequence_number if found else int(last_sequence_id), behind

    shard.__init__, shard.put_record, shard.get_records = __init__, put_record, get_records
    shard.get_max_sequence_number = lambda self: self.records.last if isinstance(self.records, Log) else 0


def _durability(storage: Storage | None) -> None:
    stream: Any = models.Stream
    backend: Any = models.KinesisBackend
    make, put_one, put_many = stream.init_shards, backend.put_record, backend.put_records

    def init_shards(self: Any, shard_count: int) -> None:
        make(self, shard_count)
        if storage is not None:
            for name, shard in self.shards.items():
                journal = Journal(storage.directory / self.stream_name / name)
                shard.records = Log(journal, processed=storage.processed(self.stream_name, name))

    def put_record(self: Any, stream_arn: str, stream_name: str, *args: Any, **named: Any) -> Any:
        target = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
        make_room(target, storage)
        answer = put_one(self, stream_arn, stream_name, *args, **named)
        _sync(target)
        return answer

    def put_records(self: Any, stream_arn: str, stream_name: str, records: list[dict[str, Any]]) -> Any:
        target = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
        make_room(target, storage)
        answer = put_many(self, stream_arn, stream_name, records)
        _sync(target)
        return answer

    stream.init_shards, backend.put_record, backend.put_records = init_shards, put_record, put_records


def _logs(stream: models.Stream) -> list[tuple[str, Log]]:
    shards: dict[str, Any] = dict(stream.shards)
    return [(name, shard.records) for name, shard in shards.items() if isinstance(shard.records, Log)]


def make_room(stream: models.Stream, storage: Storage | None) -> None:
    """Raises ProvisionedThroughputExceededException when too much waits to be processed."""
    for name, log in _logs(stream):
        if log.bytes <= KEEP_BYTES:
            continue
        processed = storage.processed(stream.stream_name, name) if storage else log.last
        log.trim(processed, KEEP_BYTES)
        if log.journal:
            log.journal.forget(processed)
        if log.bytes > FULL_BYTES:
            raise JsonRESTError("ProvisionedThroughputExceededException", f"{stream.stream_name}/{name} is full")


def _sync(stream: models.Stream) -> None:
    """A put is answered when its records are on the disk."""
    for _, log in _logs(stream):
        if log.journal:
            with log.lock:
                log.journal.sync()
