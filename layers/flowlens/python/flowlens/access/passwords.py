"""Passwords: which are good enough, and how they are kept (NIST SP 800-63B, OWASP ASVS 5.0 V6.2 and V11.4)."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from flowlens.model.errors import Invalid

SHORTEST, LONGEST = 15, 128  # characters, of any kind
_GUESSES = 4  # of zxcvbn's 0 to 4: more than 10^10 guesses
_LOOKED_AT = 72  # characters that are judged: what comes after them only adds
# argon2id: 64 MiB, 3 passes, 1 lane.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)


def check(password: str, *, about: tuple[str, ...]) -> None:
    """Invalid says why a new password is not taken. `about`: what others know of the person, such as their address."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"password: {SHORTEST} to {LONGEST} characters; a sentence is easy to keep in mind")
    # Lists of words and of common and breached passwords, 2 MB of them: only whoever sets a password waits for them.
    from zxcvbn import zxcvbn

    judged = zxcvbn(password[:_LOOKED_AT], user_inputs=[part for one in about for part in (one, *one.split("@"))])
    if judged["score"] < _GUESSES:
        why = judged["feedback"]["warning"] or "Others use it, or it is made of what they use"
        raise Invalid(f"password: it is easily guessed. {why}")


def hashed(password: str) -> str:
    """What is kept, with its own salt and the parameters in it."""
    return _HASHER.hash(password)


def holds(kept: str | None, password: str) -> bool:
    """Costs the same where nothing is kept, so that nobody learns from the time whom we know."""
    try:
        return _HASHER.verify(kept or _nobody(), password[:LONGEST]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def ages(kept: str) -> bool:
    """Whether it was made with other parameters than those of now."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobody() -> str:
    return hashed("nobody's")
