"""Secrets Manager: JSON objects by id."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, cast

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

Secret = dict[str, str | int]
_CONFIG = Config(retries={"max_attempts": 4, "mode": "standard"}, connect_timeout=5, read_timeout=10)


@cache
def client() -> SecretsManagerClient:
    return boto3.client("secretsmanager", config=_CONFIG)


def fetch(secret_id: str) -> Secret:
    return cast(Secret, json.loads(client().get_secret_value(SecretId=secret_id)["SecretString"]))


def put(secret_id: str, secret: Secret) -> None:
    """Makes this the secret's current value."""
    client().put_secret_value(SecretId=secret_id, SecretString=json.dumps(secret))
