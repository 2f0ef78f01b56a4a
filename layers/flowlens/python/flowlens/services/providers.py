"""Identity providers of a tenant: one transaction and one audit line per change, and what a test of one finds."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote_plus, urlencode
from uuid import UUID, uuid4

from flowlens.access import jwts, oidc
from flowlens.access.actor import Actor
from flowlens.access.oidc import Client, Endpoints
from flowlens.access.permissions import Permission
from flowlens.model.errors import Conflict, Forbidden, Invalid, NotFound, Refused, Stale
from flowlens.outbound.client import Answer, Question
from flowlens.outbound.urls import place
from flowlens.services import audit, sealed
from flowlens.services.outside import Outside
from flowlens.store import grants
from flowlens.store import providers as store
from flowlens.store.connection import Connection, actor_transaction
from flowlens.store.providers import Fields, Provider

_WELL_KNOWN = "/.well-known/openid-configuration"
_MAX = {"name": 60, "issuer": 500, "client_id": 300, "secret": 500}
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is said of a provider; `secret` of None leaves the one it has, "" takes it away."""

    name: str
    client_id: str
    secret: str | None
    algorithm: str
    enabled: bool
    shown: bool
    role: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a test looked at; `detail` says what was found."""

    name: str
    detail: str
    right: bool


def every(conn: Connection, actor: Actor) -> list[Provider]:
    with actor_transaction(conn, actor) as conn:
        return store.every(conn, actor.tenant)


def read(conn: Connection, actor: Actor, id: UUID) -> Provider:
    with actor_transaction(conn, actor) as conn:
        return _one(conn, actor, id)


def create(conn: Connection, actor: Actor, sealing: str, issuer: str, wanted: Wanted) -> Provider:
    """Conflict when there is one of this name. Whoever it will vouch for may do here what they are granted."""
    _check_whole(actor)
    id, issuer = uuid4(), _issuer(issuer)
    with actor_transaction(conn, actor) as conn:
        fields = _fields(conn, actor, id, wanted, sealing, kept=None)
        if not store.create(conn, actor.tenant, id, issuer, fields):
            raise Conflict(f"there is a provider called {fields.name} already")
        audit.note(conn, actor, "provider.create", f"provider {id}", {"issuer": issuer, **_said(fields)})
        return _one(conn, actor, id)


def update(conn: Connection, actor: Actor, sealing: str, based: tuple[UUID, int | None], wanted: Wanted) -> Provider:
    """`based` is the provider and the version that was read. What is disabled ends the sessions it vouched for."""
    _check_whole(actor)
    id, version = based
    with actor_transaction(conn, actor) as conn:
        before = _hold(conn, actor, id, version)
        fields = _fields(conn, actor, id, wanted, sealing, kept=before.secret)
        if store.name_taken(conn, actor.tenant, id, fields.name):
            raise Conflict(f"there is a provider called {fields.name} already")
        store.update(conn, actor.tenant, id, fields)
        ended = 0 if fields.enabled else store.end_sessions(conn, actor.tenant, id)
        detail = {**_said(fields), "sessions_ended": ended, "secret_changed": wanted.secret is not None}
        audit.note(conn, actor, "provider.update", f"provider {id}", detail)
        return _one(conn, actor, id)


def delete(conn: Connection, actor: Actor, id: UUID, version: int | None) -> None:
    """Its people stay members; they sign in another way, or with a link."""
    _check_whole(actor)
    with actor_transaction(conn, actor) as conn:
        before = _hold(conn, actor, id, version)
        store.delete(conn, actor.tenant, id)
        detail = {"name": before.name, "issuer": before.issuer, "people": before.people}
        audit.note(conn, actor, "provider.delete", f"provider {id}", detail)


def client_of(provider: Provider, redirect: str) -> Client:
    return Client(provider.issuer, provider.client_id, redirect, provider.algorithm)


def endpoints(outside: Outside, client: Client) -> Endpoints:
    """From its metadata, asked for anew each time: providers move. Invalid says what does not fit."""
    where = client.issuer.rstrip("/") + _WELL_KNOWN
    answer = outside.ask(Question(url=where, headers={"accept": "application/json"}), what="the provider's metadata")
    if answer.status != 200:
        raise Invalid(f"the provider's metadata: {where} answers with status {answer.status}")
    return oidc.endpoints(answer.content, client)


def keys(outside: Outside, where: str) -> bytes:
    answer = outside.ask(Question(url=where, headers={"accept": "application/json"}), what="the provider's keys")
    if answer.status != 200:
        raise Invalid(f"the provider's keys: {where} answers with status {answer.status}")
    return answer.content


def redeem(outside: Outside, provider: Provider, sealing: str, where: str, asked: Mapping[str, str]) -> Answer:
    """The token endpoint's answer to these fields (RFC 6749 4.1.3), with our secret if we have one (2.3.1)."""
    form, headers = dict(asked), dict(FORM)
    if provider.secret is None:
        form["client_id"] = provider.client_id
    else:
        secret = sealed.unseal(sealing, provider.secret, belongs=_belongs(provider.id))
        pair = f"{quote_plus(provider.client_id)}:{quote_plus(secret)}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    question = Question(url=where, method="POST", headers=headers, content=urlencode(form).encode())
    return outside.ask(question, what="the provider's token endpoint")


def examine(conn: Connection, actor: Actor, outside: Outside, sealing: str, id: UUID, redirect: str) -> list[Step]:
    """What a test finds, until it meets what is wrong; nobody is signed in."""
    provider = read(conn, actor, id)
    client, steps = client_of(provider, redirect), list[Step]()
    try:
        found = endpoints(outside, client)
        steps.append(Step("metadata", f"{provider.issuer} says where it is asked, and knows PKCE", right=True))
        count = jwts.count_fitting(keys(outside, found.keys), provider.algorithm)
        steps.append(Step("keys", f"{count} of its keys fit {provider.algorithm}", right=count > 0))
        steps.append(_examine_client(outside, provider, sealing, found, redirect))
    except Invalid as problem:
        steps.append(Step(("metadata", "keys", "client")[min(len(steps), 2)], str(problem), right=False))
    with actor_transaction(conn, actor) as conn:
        audit.note(conn, actor, "provider.test", f"provider {id}", {"right": all(step.right for step in steps)})
    return steps


def _examine_client(outside: Outside, provider: Provider, sealing: str, found: Endpoints, redirect: str) -> Step:
    """A code that nobody gave: the provider refuses the code when it knows us, and us when it does not."""
    made_up = {
        "grant_type": "authorization_code", "code": "flowlens-test", "redirect_uri": redirect,
        "code_verifier": "x" * 43,
    }  # fmt: skip
    answer = redeem(outside, provider, sealing, found.token, made_up)
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


def _check_whole(actor: Actor) -> None:
    if not actor.rights.everywhere(Permission.PROVIDERS_WRITE):
        raise Forbidden("a provider vouches for people everywhere, and you may change providers in some places only")


def _fields(conn: Connection, actor: Actor, id: UUID, wanted: Wanted, sealing: str, *, kept: bytes | None) -> Fields:
    if wanted.algorithm not in jwts.ALGORITHMS:
        raise Invalid(f"algorithm: one of {', '.join(jwts.ALGORITHMS)}")
    if wanted.role is not None:
        found = grants.roles(conn, actor.tenant, id=wanted.role)
        if not found:
            raise NotFound(f"role {wanted.role}")
        beyond = sorted(name for name in found[0].permissions if not actor.rights.everywhere(name))
        if beyond:
            raise Forbidden(f"nobody grants what they lack: you do not have {', '.join(beyond)} everywhere")
    secret = kept
    if wanted.secret is not None:
        text = wanted.secret and _text("secret", wanted.secret)
        secret = sealed.seal(sealing, text, belongs=_belongs(id)) if text else None
    return Fields(
        name=_text("name", wanted.name.strip()),
        client_id=_text("client_id", wanted.client_id.strip()),
        secret=secret,
        algorithm=wanted.algorithm,
        enabled=wanted.enabled,
        shown=wanted.shown,
        role=wanted.role,
    )


def _issuer(said: str) -> str:
    """As it is written, for tokens carry it to the letter."""
    issuer = _text("issuer", said.strip())
    try:
        place(issuer)
    except Refused as problem:
        raise Invalid(f"issuer: {str(problem).partition(': ')[2]}") from problem
    if "?" in issuer:
        raise Invalid("issuer: an address without a question mark")
    return issuer


def _belongs(id: UUID) -> str:
    return f"identity provider {id}"


def _text(name: str, text: str) -> str:
    if not 0 < len(text) <= _MAX[name] or not text.isprintable():
        raise Invalid(f"{name}: 1 to {_MAX[name]} printable characters")
    return text


def _one(conn: Connection, actor: Actor, id: UUID) -> Provider:
    found = store.every(conn, actor.tenant, id=id)
    if not found:
        raise NotFound(f"provider {id}")
    return found[0]


def _hold(conn: Connection, actor: Actor, id: UUID, version: int | None) -> Provider:
    now = store.hold(conn, actor.tenant, id)
    if now is None:
        raise NotFound(f"provider {id}")
    if version not in (None, now):
        raise Stale(now)
    return _one(conn, actor, id)


def _said(fields: Fields) -> dict[str, object]:
    """What the trail keeps of it: that there is a secret, and no more of it."""
    kept = replace(fields, secret=None)
    return {
        "name": kept.name, "client_id": kept.client_id, "algorithm": kept.algorithm, "enabled": kept.enabled,
        "shown": kept.shown, "role": kept.role, "has_secret": fields.secret is not None,
    }  # fmt: skip
