"""Tokens that Google signs for the pushes of a subscription: what is believed of one, and the name of what is wrong.

https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from flowlens.access import jwts
from flowlens.model.errors import Forged, Unauthenticated

ALGORITHM = "RS256"
SKEW = 60  # seconds by which clocks may differ
_LIFE = 3_600  # seconds for which Google gives a token, and pushes with it


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who pushes to a gate, and what the tokens say that are meant for it."""

    issuer: str
    audience: str
    account: str  # the address of a service account


def check(token: str, keys: bytes, bearer: Bearer, *, now: float) -> None:
    """Forged by name unless all of it is right. `keys` is the issuer's JWKS, `now` in Unix seconds."""
    try:
        said = jwts.verified(token, keys, ALGORITHM)
    except Unauthenticated as error:
        raise Forged("push_signature", str(error)) from error
    if not _same(said.get("iss"), bearer.issuer):
        raise Forged("push_issuer", f"the token is not of {bearer.issuer}")
    if not _same(said.get("aud"), bearer.audience):
        raise Forged("push_audience", "the token is for somebody else: give the subscription this feed's audience")
    if not _same(said.get("email"), bearer.account):
        raise Forged("push_account", f"the token is not of {bearer.account}")
    if said.get("email_verified") is not True:
        raise Forged("push_account", "the issuer does not vouch for the token's account")
    _check_times(said, now)


def _check_times(said: Mapping[str, object], now: float) -> None:
    ends, issued = _moment(said, "exp"), _moment(said, "iat")
    begins = _moment(said, "nbf") if "nbf" in said else issued
    if now >= ends + SKEW:
        raise Forged("push_expired", "the token's time is over")
    if max(issued, begins) > now + SKEW:
        raise Forged("push_time", "the token is of the future: the clocks differ")
    if ends - issued > _LIFE + SKEW:
        raise Forged("push_time", "the token is good for longer than Google gives one")


def _moment(said: Mapping[str, object], name: str) -> float:
    """Unix seconds; a truth value is an int to Python, not to us."""
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Forged("push_time", f"the token's {name} is no time")
    return value


def _same(said: object, wanted: str) -> bool:
    return isinstance(said, str) and hmac.compare_digest(said.encode("utf-8", "replace"), wanted.encode())
