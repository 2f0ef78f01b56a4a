"""What an identity provider vouches for: its answer redeemed, and looked at whole before anything is believed."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flowlens.access import oidc
from flowlens.access.oidc import Attempt, Endpoints, Person
from flowlens.model.errors import Unauthenticated
from flowlens.services import providers
from flowlens.services.outside import Outside
from flowlens.store.providers import Provider, Waiting

ENTER, LINK, CONNECT, PROVE = "enter", "link", "connect", "prove"
_LONGEST = 4096  # characters that a provider's answer may have


@dataclass(frozen=True, slots=True)
class Ways:
    """How this deployment asks others: the function that does, the sealing key's secret, the table of tries."""

    outside: Outside
    sealing: str
    throttles: str


def person(ways: Ways, provider: Provider, waiting: Waiting, answer: str) -> Person:
    """Whom the provider vouches for, after all that it and the browser said was looked at."""
    if len(answer) > _LONGEST:
        raise Unauthenticated("the provider's answer is too long")
    said: Sequence[tuple[str, str]] = parse_qsl(answer.removeprefix("?"), keep_blank_values=True)
    told = waiting.endpoints
    where = Endpoints(told["authorization"], told["token"], told["keys"], told["names_itself"] == "True")
    client = oidc.Client(
        provider.issuer, provider.client_id, waiting.redirect, provider.algorithm, names_itself=where.names_itself
    )
    attempt = Attempt(waiting.state, waiting.nonce, waiting.verifier)
    asked = {
        "grant_type": "authorization_code", "code": oidc.answer(said, client, attempt),
        "redirect_uri": waiting.redirect, "code_verifier": waiting.verifier,
    }  # fmt: skip
    given = providers.redeem(ways.outside, provider, ways.sealing, where.token, asked)
    token, access = _tokens(given.status, given.content)
    keys = providers.keys(ways.outside, where.keys)
    found = oidc.person(token, keys, client, attempt, now=time.time(), access=access)
    begun = waiting.begun_at.timestamp() - oidc.SKEW
    # Who asks with max_age is told auth_time (Core 3.1.2.1): a provider that tells none may have asked nothing.
    if waiting.purpose == PROVE and (found.signed_in_at is None or found.signed_in_at < begun):
        raise Unauthenticated("the provider did not ask you again who you are")
    return found


def _tokens(status: int, content: bytes) -> tuple[str, str | None]:
    """The ID token and the access token of a token endpoint's answer (Core 3.1.3.3)."""
    try:
        told = json.loads(content)
    except ValueError:
        told = None
    token = told.get("id_token") if isinstance(told, dict) else None
    if status != 200 or not isinstance(token, str):
        raise Unauthenticated("the provider gave no ID token for the code; begin again")
    access = told.get("access_token")
    return token, access if isinstance(access, str) else None
