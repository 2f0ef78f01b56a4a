"""The emulated shard stays within its bounds, in memory and on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from moto.core.exceptions import JsonRESTError
from moto.kinesis import models

from cdk.local.checkpoints import Checkpoints
from cdk.local.emulation import streams
from cdk.local.emulation.journal import Entry, Journal
from cdk.local.emulation.streams import READ_BYTES, Log, Storage, make_room

SHARD = "shardId-000000000000"


def test_processed_records_are_forgotten_down_to_the_bound() -> None:
    log = Log()
    for _ in range(10):
        log.put("key", "x" * 100, "")
    log.trim(processed=6, keep=0)
    assert log.keys() == [7, 8, 9, 10]
    assert (log.bytes, log.last) == (400, 10)


def test_what_was_not_processed_is_never_forgotten() -> None:
    log = Log()
    log.put("key", "x" * 100, "")
    log.trim(processed=0, keep=0)
    assert log.keys() == [1]


def test_one_answer_is_bounded_by_bytes_but_never_empty() -> None:
    log = Log()
    for _ in range(3):
        log.put("key", "x" * (READ_BYTES // 2 + 1), "")
    assert [record.sequence_number for record in log.after(0, 100)[0]] == [1]
    assert [record.sequence_number for record in log.after(1, 100)[0]] == [2]


def test_numbers_go_on_after_the_last_even_when_no_record_is_left(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert Log(journal, processed=41).put("key", "x", "") == 42
    journal.close()


def test_segments_that_were_processed_are_deleted(tmp_path: Path) -> None:
    journal = Journal(tmp_path, segment_bytes=50)
    for number in range(1, 7):
        journal.append(Entry(number, 1.5, "key", "data" * 10))
    journal.sync()
    assert len(list(tmp_path.iterdir())) == 6
    journal.forget(processed=4)
    assert [entry.sequence for entry in Journal(tmp_path).replay(after=0)] == [5, 6]
    journal.close()


def test_a_journal_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(Entry(7, 1_700_000_000.25, "kéy", "ZGF0YQ=="))
    journal.sync()
    journal.close()
    assert list(Journal(tmp_path).replay(after=6)) == [Entry(7, 1_700_000_000.25, "kéy", "ZGF0YQ==")]
    assert list(Journal(tmp_path).replay(after=7)) == []


def _stream(name: str) -> Any:
    make: Any = models.Stream  # abstract by its types, but moto makes them all the same
    return make(name, 1, None, None, "123456789012", "us-east-1")


def test_a_shard_full_of_unprocessed_records_refuses_puts_until_they_are_processed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "KEEP_BYTES", 0)
    monkeypatch.setattr(streams, "FULL_BYTES", 150)
    stream = _stream("flows")
    log: Any = Log()
    stream.shards[SHARD].records = log
    storage = Storage(tmp_path, Checkpoints(tmp_path / "checkpoints.json"))
    log.put("key", "x" * 100, "")
    make_room(stream, storage)
    log.put("key", "x" * 100, "")
    with pytest.raises(JsonRESTError) as refused:
        make_room(stream, storage)
    assert refused.value.error_type == "ProvisionedThroughputExceededException"
    storage.checkpoints.set("flows", SHARD, 1)
    make_room(stream, storage)
    assert log.keys() == [2]


def test_a_stream_nobody_keeps_forgets_its_oldest_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "KEEP_BYTES", 150)
    stream = _stream("memory")
    log: Any = Log()
    stream.shards[SHARD].records = log
    for _ in range(5):
        log.put("key", "x" * 100, "")
    make_room(stream, None)
    assert log.keys() == [5]
