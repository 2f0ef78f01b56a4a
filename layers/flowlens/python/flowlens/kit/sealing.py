"""Small secrets, sealed before they are kept: AES-256-GCM (NIST SP 800-38D), bound to what they belong to."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE, _VERSION = 12, b"\x01"


class Broken(ValueError):
    """What was sealed under another key, for something else, or was changed since."""


def seal(key: str, plain: str, *, belongs: str) -> bytes:
    """`key` is a random text of 256 bits or more; `belongs` names whose secret it is, and opens it too."""
    nonce = secrets.token_bytes(_NONCE)
    return _VERSION + nonce + _cipher(key).encrypt(nonce, plain.encode(), belongs.encode())


def unseal(key: str, sealed: bytes, *, belongs: str) -> str:
    """Broken unless it was sealed with this key for this."""
    if sealed[:1] != _VERSION:
        raise Broken("sealed in another way")
    nonce, rest = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        return _cipher(key).decrypt(nonce, rest, belongs.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise Broken("not sealed with this key for this") from error


def _cipher(key: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, b"flowlens sealing 1").derive(key.encode()))
