"""Polls an emulated queue and hands its messages to a function, as Lambda's event source mapping of a queue does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cdk.local.runtime import ACCOUNT, REGION, Outcome
from cdk.manifest import QueueSource

_WAIT_SECONDS = 2  # a long poll; stopping waits as long
_TROUBLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is needed of the world."""

    sqs: Any
    invoke: Callable[[bytes], Outcome]


class Errands:
    """One mapping. What the function does not name as failed is deleted; the rest comes again when its time is over."""

    def __init__(self, source: QueueSource, around: Surroundings) -> None:
        self.source = source
        self._around = around
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, seconds: float) -> None:
        self._stopping.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
            except (BotoCoreError, ClientError):  # the emulation restarts
                self._stopping.wait(_TROUBLE_SECONDS)

    def _look(self) -> None:
        sqs = self._around.sqs
        url = sqs.get_queue_url(QueueName=self.source.queue)["QueueUrl"]
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(self.source.batch_size, 10),
            WaitTimeSeconds=_WAIT_SECONDS,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        if not messages or self._stopping.is_set():
            return
        outcome = self._around.invoke(event(self.source.queue, messages))
        if outcome.failed:
            return  # all of them come again
        failed = {one["itemIdentifier"] for one in (json.loads(outcome.payload) or {}).get("batchItemFailures", [])}
        for message in messages:
            if message["MessageId"] not in failed:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def event(queue: str, messages: Sequence[dict[str, Any]]) -> bytes:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    records = [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {},
            "md5OfBody": message.get("MD5OfBody", ""),
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
            "awsRegion": REGION,
        }
        for message in messages
    ]
    return json.dumps({"Records": records}).encode()
