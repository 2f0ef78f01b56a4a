"""Lambda: other functions, asked and waited for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# One try: what was asked may have been done though no answer came.
_CONFIG = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=25)


@cache
def client() -> LambdaClient:
    return boto3.client("lambda", config=_CONFIG)


def call(name: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """What the function gave; empty when it failed."""
    reply = client().invoke(FunctionName=name, Payload=json.dumps(event).encode())
    told = json.loads(reply["Payload"].read())
    return told if isinstance(told, dict) and "FunctionError" not in reply else {}
