"""SQS: what a queue was told outlives the process, and so do the stream's records that it names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from moto.sqs import models


class Kept:
    """One file for each message, in a directory for each queue."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def add(self, queue: str, message: str, body: str) -> None:
        """On the disk before whoever sent it hears that it was taken."""
        path = self._directory / queue / message
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        with beside.open("w") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    def remove(self, queue: str, message: str) -> None:
        (self._directory / queue / message).unlink(missing_ok=True)

    def messages(self, queue: str) -> dict[str, str]:
        """Bodies by the ids that they had."""
        files = (self._directory / queue).glob("*")
        return {file.name: file.read_text() for file in files if file.suffix != ".new"}

    def first(self, stream: str, shard: str) -> int | None:
        """The first sequence number of a shard that a message names: from there on records are still wanted."""
        named = []
        for queue in self._directory.glob("*"):
            for body in self.messages(queue.name).values():
                info = _batch(body)
                if info.get("shardId") == shard and str(info.get("streamArn")).endswith(f"/{stream}"):
                    named.append(int(info["startSequenceNumber"]))
        return min(named, default=None)


def _batch(body: str) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    info = said.get("KinesisBatchInfo") if isinstance(said, dict) else None
    return info if isinstance(info, dict) else {}


def install(kept: Kept) -> None:
    queue: Any = models.Queue
    backend: Any = models.SQSBackend
    add, delete, create = queue.add_message, queue.delete_message, backend.create_queue

    def add_message(self: Any, message: Any) -> None:
        kept.add(self.name, message.id, message.body)
        add(self, message)

    def delete_message(self: Any, receipt_handle: str) -> None:
        done = [message.id for message in self._messages if message.had_receipt_handle(receipt_handle)]
        delete(self, receipt_handle)
        for message in done:
            kept.remove(self.name, message)

    def create_queue(self: Any, name: str, *args: Any, **named: Any) -> Any:
        known = name in self.queues
        made = create(self, name, *args, **named)
        for message, body in {} if known else kept.messages(name).items():
            self.send_message(name, body)
            kept.remove(name, message)
        return made

    queue.add_message, queue.delete_message, backend.create_queue = add_message, delete_message, create_queue
