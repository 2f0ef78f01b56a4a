"""What Lambda's event source mapping does with one batch of stream records, until every record is dealt with."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from cdk.local.runtime import ACCOUNT, REGION, Outcome, arn
from cdk.manifest import EventSource

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0


@dataclass(frozen=True, slots=True)
class StreamRecord:
    sequence: int
    key: str
    data: bytes
    arrival: float


class Stopping(Protocol):
    """Says when to stop, and is what a pause waits for; a threading.Event is one."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


def stream_arn(stream: str) -> str:
    return f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{stream}"


class Delivery:
    """Delivers batches of one shard: partial failures, bisecting, finite retries, a maximum age, a place for the dead.

    As in AWS, a batch that failed is retried from its first failed record on. A batch of several records is halved
    (which costs no retry), so that what ends at the failure address is the poison alone.
    """

    def __init__(
        self,
        mapping: EventSource,
        shard: str,
        *,
        invoke: Callable[[bytes], Outcome],
        bury: Callable[[str], None],
        stopping: Stopping,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._mapping = mapping
        self._shard = shard
        self._invoke = invoke
        self._bury = bury
        self._stopping = stopping
        self._now = now

    def deliver(self, records: Sequence[StreamRecord]) -> bool:
        """True when every record was processed or buried; False when it was told to stop in between."""
        waiting = [(list(records), 0)]
        while waiting:
            if self._stopping.is_set():
                return False
            batch, attempt = waiting.pop()
            fresh = self._drop_the_old(batch, attempt)
            rest = self._failed(fresh, self._invoke(self._event(fresh))) if fresh else []
            if rest:
                waiting += self._again(rest, attempt, progressed=len(rest) < len(fresh))
        return True

    def _again(
        self, rest: list[StreamRecord], attempt: int, *, progressed: bool
    ) -> list[tuple[list[StreamRecord], int]]:
        """What is still to do after a failure, the last one first."""
        if progressed:
            return [(rest, 0)]
        if self._mapping.bisect and len(rest) > 1:
            half = len(rest) // 2
            return [(rest[half:], 0), (rest[:half], 0)]
        if 0 <= self._mapping.retries <= attempt:
            self._bury(self._obituary(rest, attempt + 1, "RetryAttemptsExhausted"))
            return []
        self._stopping.wait(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt))
        return [(rest, attempt + 1)]

    def _drop_the_old(self, batch: list[StreamRecord], attempt: int) -> list[StreamRecord]:
        if self._mapping.max_age_seconds < 0:
            return batch
        limit = self._now() - self._mapping.max_age_seconds
        old = [record for record in batch if record.arrival < limit]
        if old:
            self._bury(self._obituary(old, attempt, "RecordAgeExceeded"))
        return [record for record in batch if record.arrival >= limit]

    def _failed(self, batch: list[StreamRecord], outcome: Outcome) -> list[StreamRecord]:
        """The batch from its first failed record on; everything when the function itself failed."""
        if outcome.failed:
            return batch
        try:
            answer = json.loads(outcome.payload) or {}
            failures = {item["itemIdentifier"] for item in answer.get("batchItemFailures") or []}
        except (ValueError, TypeError, KeyError, AttributeError):
            return batch  # an answer that makes no sense is a failure of all, as in AWS
        if not failures:
            return []
        firsts = (index for index, record in enumerate(batch) if str(record.sequence) in failures)
        return batch[next(firsts, 0) :]

    def _event(self, batch: list[StreamRecord]) -> bytes:
        source = stream_arn(self._mapping.stream)
        return json.dumps(
            {
                "Records": [
                    {
                        "kinesis": {
                            "kinesisSchemaVersion": "1.0",
                            "partitionKey": record.key,
                            "sequenceNumber": str(record.sequence),
                            "data": base64.b64encode(record.data).decode(),
                            "approximateArrivalTimestamp": record.arrival,
                        },
                        "eventSource": "aws:kinesis",
                        "eventVersion": "1.0",
                        "eventID": f"{self._shard}:{record.sequence}",
                        "eventName": "aws:kinesis:record",
                        "invokeIdentityArn": f"arn:aws:iam::{ACCOUNT}:role/local",
                        "awsRegion": REGION,
                        "eventSourceARN": source,
                    }
                    for record in batch
                ]
            }
        ).encode()

    def _obituary(self, batch: list[StreamRecord], attempts: int, condition: str) -> str:
        """The document Lambda sends to an on-failure destination."""
        return json.dumps(
            {
                "requestContext": {
                    "requestId": str(uuid.uuid4()),
                    "functionArn": arn(self._mapping.function),
                    "condition": condition,
                    "approximateInvokeCount": attempts,
                },
                "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
                "version": "1.0",
                "timestamp": _moment(self._now()),
                "KinesisBatchInfo": {
                    "shardId": self._shard,
                    "startSequenceNumber": str(batch[0].sequence),
                    "endSequenceNumber": str(batch[-1].sequence),
                    "approximateArrivalOfFirstRecord": _moment(batch[0].arrival),
                    "approximateArrivalOfLastRecord": _moment(batch[-1].arrival),
                    "batchSize": len(batch),
                    "streamArn": stream_arn(self._mapping.stream),
                },
            }
        )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
