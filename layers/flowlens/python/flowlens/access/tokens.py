"""API tokens: `fl_` and a random value; only their SHA-256 is kept."""

from __future__ import annotations

import hashlib
import re
import secrets

from flowlens.model.errors import Invalid, Unauthenticated

PREFIX = "fl_"
# RFC 6750's b64token after the prefix; a shorter one could be guessed, a longer one is no token of ours.
_TOKEN = re.compile(r"fl_[A-Za-z0-9._~+/=-]{32,128}")
_SCHEME = "bearer "


def make() -> str:
    """A new token: 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def adopt(value: str) -> str:
    """The token made of a generated value, which a secret store cannot prefix by itself; a token stays as it is."""
    token = value if value.startswith(PREFIX) else PREFIX + value
    if not _TOKEN.fullmatch(token):
        raise Invalid("a token is fl_ and 32 to 128 letters, digits or . _ ~ + / = -")
    return token


def parse(authorization: str | None) -> str:
    """The token of an Authorization header; Unauthenticated says what to send instead."""
    if not authorization:
        raise Unauthenticated("send a token: Authorization: Bearer fl_…")
    if not authorization.lower().startswith(_SCHEME):
        raise Unauthenticated("only the Bearer scheme is known here: Authorization: Bearer fl_…")
    token = authorization[len(_SCHEME) :].strip()
    if not _TOKEN.fullmatch(token):
        raise Unauthenticated("that is no FlowLens token: it begins with fl_")
    return token


def digest(token: str) -> bytes:
    """What is kept of a token, and what it is found by. The value is random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()
