"""What Lambda would hand a handler."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True, slots=True)
class _Context:
    function_name: str = "test"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:test"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"
    left_ms: int = 300_000

    def get_remaining_time_in_millis(self) -> int:
        return self.left_ms


def context(*, left_ms: int = 300_000) -> LambdaContext:
    return cast(LambdaContext, _Context(left_ms=left_ms))


def kinesis(payloads: Sequence[bytes]) -> dict[str, Any]:
    """An event of a Kinesis event source mapping; record i has the sequence number str(i)."""
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": "0",
                    "sequenceNumber": str(number),
                    "data": b64encode(payload).decode(),
                    "approximateArrivalTimestamp": 1_790_000_000.0,
                },
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"shardId-000000000000:{number}",
                "eventName": "aws:kinesis:record",
                "awsRegion": "us-east-1",
                "eventSourceARN": "arn:aws:kinesis:us-east-1:000000000000:stream/flows",
            }
            for number, payload in enumerate(payloads)
        ]
    }


def failed(answer: object) -> list[int]:
    """The numbers of the records that a handler reported as failed."""
    failures = cast("dict[str, list[dict[str, str]]]", answer)["batchItemFailures"]
    return [int(failure["itemIdentifier"]) for failure in failures]
