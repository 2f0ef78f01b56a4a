"""An SQS queue to put messages on."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_CONFIG = Config(retries={"max_attempts": 4, "mode": "standard"}, connect_timeout=5, read_timeout=10)
_LONGEST = 1000


@cache
def client() -> SQSClient:
    return boto3.client("sqs", config=_CONFIG)


def send(url: str, message: str, *, reason: str, delay: int = 0) -> None:
    """The message, with why it came here beside it as the attribute `reason`; nobody sees it for `delay` seconds."""
    client().send_message(
        QueueUrl=url,
        MessageBody=message,
        DelaySeconds=delay,
        MessageAttributes={"reason": {"DataType": "String", "StringValue": reason[:_LONGEST] or "unknown"}},
    )
