"""Signing in at another house (SAML 2.0, web browser SSO): what is asked there, what is believed of the answer.

Sections are those of saml-core-2.0 (Core), saml-profiles-2.0 (Profiles) and saml-bindings-2.0 (Bindings).
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit
from xml.sax.saxutils import quoteattr

from cryptography import x509
from lxml import etree

from flowlens.access import envelopes, signed
from flowlens.access.envelopes import ASSERTION, PROTOCOL, same, text
from flowlens.access.oidc import Person
from flowlens.model.errors import Malformed, Unauthenticated

SKEW = 60  # seconds by which clocks may differ
OLDEST = 300  # seconds since an assertion was made
_A = f"{{{ASSERTION}}}"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
_SUBJECT = 255  # characters
_ATTRIBUTES = 200
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z", re.ASCII)
_ADDRESSES = (
    "email", "mail", "emailAddress", "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
)  # fmt: skip
_NAMES = (
    "displayName", "name", "urn:oid:2.16.840.1.113730.3.1.241", "http://schemas.microsoft.com/identity/claims/displayname",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
)  # fmt: skip
# What is said once, and where.
_ONCE = (
    ("", ("Issuer", "Subject", "Conditions")), ("Subject", ("NameID", "SubjectConfirmation")),
    ("Subject/SubjectConfirmation", ("SubjectConfirmationData",)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Party:
    """What was agreed with a provider: who it is, who we are there, whose signatures count."""

    issuer: str  # its entity id
    entity: str  # ours
    receiver: str  # the address that it posts its answer to
    certificates: tuple[x509.Certificate, ...]
    email: str = ""  # the attribute with the address; empty: the usual ones
    name: str = ""


def question(party: Party, at: str, *, id: str, relay: str, now: float, anew: bool = False) -> str:
    """The address that the browser is sent to (Bindings 3.4); `anew`: to show once more who they are."""
    said = {
        "xmlns": PROTOCOL, "ID": id, "Version": "2.0", "IssueInstant": _written(now), "Destination": at,
        "AssertionConsumerServiceURL": party.receiver, "ProtocolBinding": POST,
    } | ({"ForceAuthn": "true"} if anew else {})  # fmt: skip
    attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in said.items())
    issuer = f'<Issuer xmlns="{ASSERTION}">{_escaped(party.entity)}</Issuer>'
    octets = f'<AuthnRequest {attributes}>{issuer}<NameIDPolicy AllowCreate="true"/></AuthnRequest>'.encode()
    packed = zlib.compress(octets, 9)[2:-4]  # DEFLATE without zlib's header and sum
    asked = urlencode({"SAMLRequest": base64.b64encode(packed).decode(), "RelayState": relay})
    return f"{at}{'&' if urlsplit(at).query else '?'}{asked}"


def person(answer: str, party: Party, *, request: str, now: float) -> Person:
    """Whom a SAMLResponse vouches for (Profiles 4.1.4.3); Unauthenticated for anything that is not wholly right.

    `request` is the ID of the question, `now` in Unix seconds.
    """
    try:
        root = envelopes.opened(answer, issuer=party.issuer, receiver=party.receiver, request=request)
        assertion = signed.verified(root, f"{_A}Assertion", party.certificates, now=now)
    except Malformed as problem:
        raise Unauthenticated(f"the provider's answer: {str(problem).partition(': ')[2] or problem}") from problem
    _check_once(assertion)
    _check_assertion(assertion, party, now)
    _check_conditions(assertion, party, now)
    _check_confirmation(assertion, party, request, now)
    subject = _subject(assertion)
    email = _attribute(assertion, (party.email,) if party.email else _ADDRESSES)
    name = _attribute(assertion, (party.name,) if party.name else _NAMES)
    if email is None and "@" in subject and not party.email:
        email = subject
    return Person(party.issuer, subject, email, name, _signed_in_at(assertion, now))


def _check_once(assertion: etree._Element) -> None:
    """What says who and when is said once."""
    for place, names in _ONCE:
        path = "".join(f"/{_A}{step}" for step in place.split("/") if step)
        for name in names:
            if len(assertion.findall(f".{path}/{_A}{name}")) > 1:
                raise Unauthenticated("the assertion says something twice")


def _check_assertion(assertion: etree._Element, party: Party, now: float) -> None:
    issuer = assertion.find(f"./{_A}Issuer")
    if issuer is None or text(issuer) != party.issuer or issuer.get("Format", _ENTITY) != _ENTITY:
        raise Unauthenticated("the assertion is another provider's")
    if assertion.get("Version") != "2.0":
        raise Unauthenticated("the assertion is of another version than 2.0")
    made = _moment(assertion, "IssueInstant")
    if made is None or made > now + SKEW:
        raise Unauthenticated("the assertion is of the future: the clocks differ")
    if now > made + OLDEST + SKEW:
        raise Unauthenticated("the assertion is too old; begin again")


def _check_conditions(assertion: etree._Element, party: Party, now: float) -> None:
    conditions = assertion.find(f"./{_A}Conditions")
    if conditions is None:
        raise Unauthenticated("the assertion does not say whom it is for")
    _check_times(conditions, now)
    known = {f"{_A}AudienceRestriction", f"{_A}OneTimeUse", f"{_A}ProxyRestriction"}
    restrictions = conditions.findall(f"./{_A}AudienceRestriction")
    if not restrictions or not {str(one.tag) for one in conditions} <= known:
        raise Unauthenticated("the assertion does not say whom it is for, or has conditions that are not known")
    for one in restrictions:  # each of them must hold (Core 2.5.1.4)
        if party.entity not in [text(audience) for audience in one.findall(f"./{_A}Audience")]:
            raise Unauthenticated("the assertion is for somebody else")


def _check_confirmation(assertion: etree._Element, party: Party, request: str, now: float) -> None:
    """The bearer's (Profiles 4.1.4.2), all of it."""
    confirmation = assertion.find(f"./{_A}Subject/{_A}SubjectConfirmation")
    data = confirmation.find(f"./{_A}SubjectConfirmationData") if confirmation is not None else None
    if confirmation is None or data is None or confirmation.get("Method") != _BEARER:
        raise Unauthenticated("the assertion is not for whoever brings it")
    if not same(data.get("InResponseTo"), request):
        raise Unauthenticated("the assertion answers another sign-in")
    if data.get("Recipient") != party.receiver:
        raise Unauthenticated("the assertion is for another place")
    if _moment(data, "NotOnOrAfter") is None:
        raise Unauthenticated("the assertion does not say how long it counts")
    _check_times(data, now)


def _check_times(element: etree._Element, now: float) -> None:
    begins, ends = _moment(element, "NotBefore"), _moment(element, "NotOnOrAfter")
    if begins is not None and now < begins - SKEW:
        raise Unauthenticated("the assertion is of the future: the clocks differ")
    if ends is not None and now >= ends + SKEW:
        raise Unauthenticated("the assertion is too old; begin again")


def _subject(assertion: etree._Element) -> str:
    """Of an identifier that stays (Core 8.3): with the issuer it is the key of a person."""
    name = assertion.find(f"./{_A}Subject/{_A}NameID")
    if name is None:
        raise Unauthenticated("the assertion names nobody")
    if name.get("Format") == _TRANSIENT:
        raise Unauthenticated("the provider names you anew each time; let it send a persistent NameID")
    subject = text(name)
    if not 0 < len(subject) <= _SUBJECT or not subject.isprintable() or subject != subject.strip():
        raise Unauthenticated("the assertion names nobody")
    return subject


def _signed_in_at(assertion: etree._Element, now: float) -> float:
    """When they showed there who they are; such a statement there must be (Profiles 4.1.4.2)."""
    statements = assertion.findall(f"./{_A}AuthnStatement")
    moments = [_moment(one, "AuthnInstant") for one in statements]
    if not moments or any(one is None or one > now + SKEW for one in moments):
        raise Unauthenticated("the assertion does not say when you signed in")
    ends = [_moment(one, "SessionNotOnOrAfter") for one in statements]
    if any(one is not None and now >= one + SKEW for one in ends):
        raise Unauthenticated("your session at the provider has ended; begin again")
    return min(one for one in moments if one is not None)


def _attribute(assertion: etree._Element, names: Sequence[str]) -> str | None:
    """The first value of the first of these attributes that is there; for showing."""
    told = dict(reversed(list(_attributes(assertion))))  # the first of a name wins
    return next((told[name] for name in names if name in told), None)


def _attributes(assertion: etree._Element) -> Iterator[tuple[str, str]]:
    found = assertion.findall(f"./{_A}AttributeStatement/{_A}Attribute")[:_ATTRIBUTES]
    for one in found:
        value = one.find(f"./{_A}AttributeValue")
        said = text(value) if value is not None else ""
        if 0 < len(said) <= 320 and said.isprintable():
            yield str(one.get("Name", "")), said


def _moment(element: etree._Element, name: str) -> float | None:
    """Unix seconds, None where there is none; only UTC is written (Core 1.3.3)."""
    written = element.get(name)
    if written is None:
        return None
    if not _MOMENT.fullmatch(written):
        raise Unauthenticated(f"the assertion's {name} is no time")
    try:
        return datetime.fromisoformat(f"{written[:19]}+00:00").timestamp()
    except ValueError as error:
        raise Unauthenticated(f"the assertion's {name} is no time") from error


def _written(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
