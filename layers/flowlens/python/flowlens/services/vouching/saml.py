"""SAML 2.0"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flowlens.access import certificates, saml, saml_metadata, sessions
from flowlens.access.oidc import Attempt, Person
from flowlens.access.saml import Party
from flowlens.access.saml_metadata import Described
from flowlens.model.errors import Invalid, Refused, Unauthenticated
from flowlens.outbound.client import Answer, Question
from flowlens.outbound.urls import place
from flowlens.services.outside import Outside
from flowlens.services.vouching import Asked, Noted, Step, Wanted, Ways
from flowlens.store.providers import Provider, Waiting

RECEIVER, LANDING = "/api/v1/session/saml", "/signed-in"
_SITE = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,260}")
_ISSUER = 1024  # characters of an entity id (Core 8.3.6)
_ATTRIBUTE = 300
_LONGEST = 1024  # characters of the query that we ourselves sent the browser back with


def issuer(said: str) -> str:
    """An entity id: a name, which need not be an address."""
    if not 0 < len(said) <= _ISSUER or not said.isprintable() or " " in said:
        raise Invalid(f"issuer: the provider's entity id, 1 to {_ISSUER} characters without spaces")
    return said


def settled(wanted: Wanted) -> tuple[str | None, Mapping[str, Any] | None]:
    said = wanted.saml
    if said is None:
        raise Invalid("saml: say where this provider is asked and with what it signs")
    if wanted.secret:
        raise Invalid("secret: a SAML provider has none")
    if not _SITE.fullmatch(said["site"]):
        raise Invalid("site: the address under which people open FlowLens, such as https://flowlens.example")
    if not 0 < len(said["certificates"]) <= saml_metadata.CERTIFICATES:
        raise Invalid(f"certificates: 1 to {saml_metadata.CERTIFICATES}")
    pinned = {certificates.written(certificates.read(one)): None for one in said["certificates"]}
    kept = {"site": said["site"], "sign_on": _address("sign_on", said["sign_on"]), "certificates": list(pinned)}
    for name in ("email", "name"):
        if len(said[name]) > _ATTRIBUTE or not said[name].isprintable():
            raise Invalid(f"{name}: at most {_ATTRIBUTE} printable characters")
        kept[name] = said[name]
    kept["metadata_url"] = _address("metadata_url", said["metadata_url"]) if said["metadata_url"] else None
    return None, kept


def question(ways: Ways, provider: Provider, redirect: str, attempt: Attempt, *, anew: bool) -> Asked:  # noqa: ARG001
    """Of the page at which the provider's answer will be fetched: its cookie is of that site alone."""
    told = _told(provider)
    if redirect != f"{told['site']}{LANDING}":
        raise Invalid(f"this provider is set up for {told['site']}: open FlowLens there")
    at = saml.question(
        party(provider), told["sign_on"], id=_id(attempt.nonce), relay=attempt.state, now=time.time(), anew=anew
    )
    return Asked(at, relay=sessions.digest(attempt.state))


def judged(provider: Provider, waiting: Waiting, response: str) -> dict[str, Any]:
    """What is kept of an answer: whom the provider vouches for, or why that is not believed."""
    try:
        found = saml.person(response, party(provider), request=_id(waiting.nonce), now=time.time())
    except (Unauthenticated, Invalid) as problem:
        return {"refused": str(problem)}
    return {
        "subject": found.subject, "email": found.email, "name": found.name, "signed_in_at": found.signed_in_at,
    }  # fmt: skip


def fetching(waiting: Waiting) -> str:
    """The query with which the browser that posted the answer fetches it; it wants its own cookie, too."""
    return urlencode({"code": waiting.verifier, "state": waiting.state})


def person(ways: Ways, provider: Provider, waiting: Waiting, answer: str) -> Person:  # noqa: ARG001
    """Whom the answer named that is kept; the browser shows that it both was sent and came back with it."""
    said = parse_qsl(answer[:_LONGEST].removeprefix("?"), keep_blank_values=True)
    told = dict(said)
    right = [hmac.compare_digest(told.get(name, "").encode(), kept.encode()) for name, kept in (
        ("code", waiting.verifier), ("state", waiting.state))]  # fmt: skip
    if len(said) != 2 or not all(right) or waiting.vouched is None:
        raise Unauthenticated("this sign-in was not begun in this browser; begin again")
    found = waiting.vouched
    if "refused" in found:
        raise Noted(str(found["refused"]))
    return Person(provider.issuer, found["subject"], found["email"], found["name"], found["signed_in_at"])


def examine(ways: Ways, provider: Provider, redirect: str) -> Iterator[Step]:
    """Whether its metadata still say what was agreed, its certificates still count, it takes a question."""
    told = _told(provider)
    step = "metadata"
    try:
        if told["metadata_url"]:
            yield _compared(provider, metadata(ways.outside, told["metadata_url"]))
        step = "keys"
        yield _lasting(provider)
        step = "client"
        attempt = Attempt("flowlens-test", "flowlens-test", "")
        asked = question(ways, provider, redirect, attempt, anew=False)
        answer = ways.outside.ask(Question(url=asked.location), what="the provider's sign-on address")
        yield _examine_client(answer)
    except Invalid as problem:
        also = "; browsers may reach it though FlowLens does not: try to sign in" if step == "client" else ""
        yield Step(step, f"{problem}{also}", right=False)


def metadata(outside: Outside, where: str) -> Described:
    """A provider's, asked for now; Invalid says what is wrong with them."""
    answer = outside.ask(Question(url=where), what="the provider's metadata")
    if answer.status != 200:
        raise Invalid(f"the provider's metadata: {where} answers with status {answer.status}")
    return saml_metadata.read(answer.content)


def party(provider: Provider) -> Party:
    """What was agreed with it."""
    told = _told(provider)
    pinned = tuple(certificates.read(one) for one in told["certificates"])
    receiver = f"{told['site']}{RECEIVER}"
    return Party(provider.issuer, provider.client_id, receiver, pinned, told["email"], told["name"])


def _told(provider: Provider) -> Mapping[str, Any]:
    if provider.saml is None:
        raise Invalid(f"provider {provider.id} speaks no SAML")
    return provider.saml


def _id(nonce: str) -> str:
    """An xs:ID, which begins with no digit."""
    return f"_{nonce}"


def _compared(provider: Provider, found: Described) -> Step:
    told = _told(provider)
    if found.issuer != provider.issuer:
        return Step("metadata", f"its metadata are of another provider, {found.issuer}", right=False)
    if found.sign_on != told["sign_on"]:
        return Step("metadata", f"its metadata name another sign-on address, {found.sign_on}", right=False)
    new = {certificates.written(one) for one in found.certificates} - set(told["certificates"])
    if new:
        said = f"its metadata name {len(new)} certificates that are not pinned: read them again, compare, save"
        return Step("metadata", said, right=False)
    return Step("metadata", f"{provider.issuer} says what was agreed", right=True)


def _lasting(provider: Provider) -> Step:
    pins = [certificates.pin(one) for one in party(provider).certificates]
    lasting = [one for one in pins if one.begins.timestamp() <= time.time() < one.ends.timestamp()]
    if not lasting:
        return Step("keys", "none of its pinned certificates counts now: pin the one that it signs with", right=False)
    ends = max(one.ends for one in lasting)
    return Step(
        "keys", f"{len(lasting)} of {len(pins)} pinned certificates count, the last until {ends:%Y-%m-%d}", right=True
    )


def _examine_client(answer: Answer) -> Step:
    """Nobody can know more without signing in: a page or a way to one says that the question was understood."""
    if answer.status < 400:
        return Step("client", f"its sign-on address takes a question (status {answer.status})", right=True)
    said = f"its sign-on address answers a question with status {answer.status}: does it know this entity id?"
    return Step("client", said, right=False)


def _address(name: str, said: str) -> str:
    try:
        place(said)
    except Refused as problem:
        raise Invalid(f"{name}: {str(problem).partition(': ')[2]}") from problem
    return said
