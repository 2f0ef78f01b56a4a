"""Secrets that people give FlowLens to use: kept sealed, with a key that the database does not hold."""

from __future__ import annotations

from functools import cache

from flowlens.aws import secrets
from flowlens.kit import sealing
from flowlens.model.errors import Invalid


@cache
def _key(secret_id: str) -> str:
    return str(secrets.fetch(secret_id)["key"])


def seal(secret_id: str, plain: str, *, belongs: str) -> bytes:
    """`secret_id` is that of the sealing key; `belongs` names whose secret it is."""
    return sealing.seal(_key(secret_id), plain, belongs=belongs)


def unseal(secret_id: str, kept: bytes, *, belongs: str) -> str:
    """Invalid when the key is another one than that it was sealed with."""
    try:
        return sealing.unseal(_key(secret_id), kept, belongs=belongs)
    except sealing.Broken as error:
        raise Invalid("the secret can no longer be read: enter it again") from error
