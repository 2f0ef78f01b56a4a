"""Signatures by a KMS key that never leaves it: RSASSA-PKCS1-v1_5 with SHA-256, which Python alone can check."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(retries={"max_attempts": 4, "mode": "standard"}, connect_timeout=5, read_timeout=10)
_COLUMNS = 64


@cache
def client() -> Any:
    make: Any = boto3.client  # typed for services whose types are installed
    return make("kms", config=_CONFIG)


def sign(key: str, message: bytes) -> bytes:
    """Of at most 4,096 octets."""
    asked = client().sign(KeyId=key, Message=message, MessageType="RAW", SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256")
    return bytes(asked["Signature"])


@cache
def public_key(key: str) -> str:
    """As PEM (SubjectPublicKeyInfo)."""
    text = base64.b64encode(client().get_public_key(KeyId=key)["PublicKey"]).decode()
    lines = [text[at : at + _COLUMNS] for at in range(0, len(text), _COLUMNS)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])
