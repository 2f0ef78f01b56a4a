"""Log events of CloudWatch Logs: the latest of a log group, to look at."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from flowlens.model.errors import Malformed

_RECENT = 3 * 3600  # seconds
_CONFIG = Config(retries={"max_attempts": 2, "mode": "standard"}, connect_timeout=5, read_timeout=10)
_NAMED = {
    "ResourceNotFoundException": ("events_gone", "there is no log group"),
    "AccessDeniedException": ("events_denied", "CloudWatch Logs does not let us read"),
}


@cache
def client() -> Any:  # its types are no dependency of ours
    return boto3.client("logs", config=_CONFIG)


def latest(group: str, *, limit: int) -> list[str]:
    """Messages of the last three hours; Malformed by `events_gone` or `events_denied`."""
    since = int((time.time() - _RECENT) * 1000)
    try:
        found = client().filter_log_events(logGroupName=group, startTime=since, limit=limit)
    except ClientError as error:
        named = _NAMED.get(error.response["Error"]["Code"])
        if named is None:
            raise
        raise Malformed(named[0], f"{named[1]} {group}") from error
    return [event["message"] for event in found["events"]]
