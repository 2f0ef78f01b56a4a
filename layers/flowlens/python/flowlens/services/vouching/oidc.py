"""OpenID Connect"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode

from flowlens.access import jwts, oidc
from flowlens.access.oidc import Attempt, Client, Endpoints, Person
from flowlens.model.errors import Invalid, Refused, Unauthenticated
from flowlens.outbound.client import Answer, Question
from flowlens.outbound.urls import place
from flowlens.services import published, sealed
from flowlens.services.outside import Outside
from flowlens.services.vouching import Asked, Step, Wanted, Ways, belongs
from flowlens.store.providers import Provider, Waiting

_FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
_LONGEST = 4096  # characters that a provider's answer may have


def issuer(said: str) -> str:
    """As it is written, for tokens carry it to the letter."""
    try:
        place(said)
    except Refused as problem:
        raise Invalid(f"issuer: {str(problem).partition(': ')[2]}") from problem
    if "?" in said:
        raise Invalid("issuer: an address without a question mark")
    return said


def settled(wanted: Wanted) -> tuple[str | None, Mapping[str, Any] | None]:
    if wanted.saml is not None:
        raise Invalid("saml: this is an OpenID provider")
    if wanted.algorithm not in jwts.ALGORITHMS:
        raise Invalid(f"algorithm: one of {', '.join(jwts.ALGORITHMS)}")
    return wanted.algorithm, None


def question(ways: Ways, provider: Provider, redirect: str, attempt: Attempt, *, anew: bool) -> Asked:
    client = _client(provider, redirect)
    where = _endpoints(ways.outside, client)
    kept = {name: str(value) for name, value in asdict(where).items()}
    return Asked(oidc.question(client, where.authorization, attempt, anew=anew), kept)


def person(ways: Ways, provider: Provider, waiting: Waiting, answer: str) -> Person:
    """Whom the ID token names that the answer's code is redeemed for."""
    if len(answer) > _LONGEST:
        raise Unauthenticated("the provider's answer is too long")
    said: Sequence[tuple[str, str]] = parse_qsl(answer.removeprefix("?"), keep_blank_values=True)
    told = waiting.endpoints
    where = Endpoints(told["authorization"], told["token"], told["keys"], told["names_itself"] == "True")
    client = _client(provider, waiting.redirect, names_itself=where.names_itself)
    attempt = Attempt(waiting.state, waiting.nonce, waiting.verifier)
    asked = {
        "grant_type": "authorization_code", "code": oidc.answer(said, client, attempt),
        "redirect_uri": waiting.redirect, "code_verifier": waiting.verifier,
    }  # fmt: skip
    given = _redeem(ways, provider, where.token, asked)
    token, access = _tokens(given.status, given.content)
    keys = published.keys(ways.outside, where.keys)
    return oidc.person(token, keys, client, attempt, now=time.time(), access=access)


def examine(ways: Ways, provider: Provider, redirect: str) -> Iterator[Step]:
    """Its metadata and keys, and whether it knows us."""
    step = "metadata"
    try:
        found = _endpoints(ways.outside, _client(provider, redirect))
        yield Step(step, f"{provider.issuer} says where it is asked, and knows PKCE", right=True)
        step = "keys"
        count = jwts.count_fitting(published.keys(ways.outside, found.keys), provider.algorithm or "")
        yield Step(step, f"{count} of its keys fit {provider.algorithm}", right=count > 0)
        step = "client"
        yield _examine_client(ways, provider, found, redirect)
    except Invalid as problem:
        yield Step(step, str(problem), right=False)


def _client(provider: Provider, redirect: str, *, names_itself: bool = False) -> Client:
    return Client(provider.issuer, provider.client_id, redirect, provider.algorithm or "", names_itself=names_itself)


def _endpoints(outside: Outside, client: Client) -> Endpoints:
    """From its metadata, asked for anew each time: providers move. Invalid says what does not fit."""
    return oidc.endpoints(published.metadata(outside, client.issuer), client)


def _redeem(ways: Ways, provider: Provider, where: str, asked: Mapping[str, str]) -> Answer:
    """The token endpoint's answer to these fields (RFC 6749 4.1.3), with our secret if we have one (2.3.1)."""
    form, headers = dict(asked), dict(_FORM)
    if provider.secret is None:
        form["client_id"] = provider.client_id
    else:
        secret = sealed.unseal(ways.sealing, provider.secret, belongs=belongs(provider.id))
        pair = f"{quote_plus(provider.client_id)}:{quote_plus(secret)}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    question = Question(url=where, method="POST", headers=headers, content=urlencode(form).encode())
    return ways.outside.ask(question, what="the provider's token endpoint")


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


def _examine_client(ways: Ways, provider: Provider, found: Endpoints, redirect: str) -> Step:
    """A code that nobody gave: the provider refuses the code when it knows us, and us when it does not."""
    made_up = {
        "grant_type": "authorization_code", "code": "flowlens-test", "redirect_uri": redirect,
        "code_verifier": "x" * 43,
    }  # fmt: skip
    answer = _redeem(ways, provider, found.token, made_up)
    try:
        error = json.loads(answer.content).get("error")
    except (ValueError, AttributeError):
        error = None
    if error == "invalid_grant":
        return Step("client", "the provider knows this client", right=True)
    if error in ("invalid_client", "unauthorized_client") or answer.status == 401:
        return Step("client", "the provider does not know this client id, or its secret is another one", right=False)
    said = f"the provider answers with status {answer.status}, which says neither yes nor no"
    return Step("client", said, right=False)
