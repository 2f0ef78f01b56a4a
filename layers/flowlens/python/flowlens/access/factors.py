"""Second factors: time-based one-time passwords (RFC 6238: SHA-1, 6 digits, 30 seconds) and recovery codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from enum import StrEnum
from urllib.parse import quote

STEP, DIGITS = 30, 6  # seconds, digits: what every authenticator app understands
CODES = 10
_SEED, _SALT, _CODE = 20, 16, 15  # bytes; 15 are 120 bits, in 24 letters and digits
_ROUND = 1  # steps by which a clock may be off


class Factor(StrEnum):
    """What a session shows of its person's second factor."""

    NONE = "none"  # there is none, and nobody wants one
    SHOWN = "shown"
    WANTED = "wanted"  # there is one, and this session has not shown it
    MISSING = "missing"  # the tenant wants one, and there is none


def standing(*, kept: bool, shown: bool, required: bool) -> Factor:
    """Whether there is a factor, this session showed it, and the tenant wants one."""
    if kept:
        return Factor.SHOWN if shown else Factor.WANTED
    return Factor.MISSING if required else Factor.NONE


def salt() -> bytes:
    return secrets.token_bytes(_SALT)


def seed(key: bytes, user: str, salted: bytes) -> bytes:
    """What the authenticator keeps. The database has the salt alone: without the key it tells nothing."""
    return hmac.digest(key, b"flowlens factor\0" + user.encode() + b"\0" + salted, "sha256")[:_SEED]


def address(secret: bytes, *, email: str) -> str:
    """What the QR code says (Google Authenticator's key URI format)."""
    return f"otpauth://totp/FlowLens:{quote(email)}?secret={text(secret)}&issuer=FlowLens&algorithm=SHA1&digits={DIGITS}&period={STEP}"


def text(secret: bytes) -> str:
    """The seed to type in."""
    return base64.b32encode(secret).decode()


def code(secret: bytes, step: int) -> str:
    """RFC 4226 5.3."""
    mac = hmac.digest(secret, step.to_bytes(8), "sha1")
    at = mac[-1] & 15
    number = int.from_bytes(mac[at : at + 4]) & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def matching(secret: bytes, said: str, *, now: float, after: int) -> int | None:
    """The step that a code is of, near now (seconds since 1970) and later than the last one that was taken."""
    said, current, found = _plain(said), int(now // STEP), None
    for step in range(current - _ROUND, current + _ROUND + 1):
        if hmac.compare_digest(code(secret, step).encode(), said.encode()) and step > after:
            found = step
    return found


def codes() -> list[str]:
    """New recovery codes, each of 120 random bits."""
    made = (base64.b32encode(secrets.token_bytes(_CODE)).decode().lower() for _ in range(CODES))
    return ["-".join(one[at : at + 6] for at in range(0, len(one), 6)) for one in made]


def digest(recovery: str) -> bytes:
    """What is kept of a recovery code, however it is typed. It is random, so a plain hash is enough."""
    return hashlib.sha256(_plain(recovery).encode()).digest()


def _plain(said: str) -> str:
    return re.sub(r"[\s-]", "", said).lower()
