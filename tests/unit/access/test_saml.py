"""What is believed of a SAML provider: a right assertion, and none of some two hundred that are nearly right."""

from __future__ import annotations

import base64
import subprocess
import sys
import time
import zlib
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flowlens.access import saml, signed
from flowlens.access.oidc import Person
from flowlens.model.errors import Malformed, Unauthenticated
from lxml import etree

from tests.unit.access import hostile_answers
from tests.unit.access.assertions import (
    CERTIFICATE,
    CURVES,
    ENC,
    EXCLUSIVE,
    KEY,
    MORE,
    NOW,
    PARTY,
    REQUEST,
    STRANGERS,
    A,
    P,
    Signer,
    answer,
    assertion,
    at,
    certified,
    encoded,
    instead,
    key_info,
    response,
    whole,
)

ADA = Person(PARTY.issuer, "ada-0815", "Ada@Example.com", "Ada L.", NOW - 10)


def person(text: str, party: saml.Party = PARTY, *, request: str = REQUEST, now: float = NOW) -> Person:
    return saml.person(text, party, request=request, now=now)


def test_nothing_that_is_nearly_right_is_believed() -> None:
    believed = []
    for name, text in hostile_answers.every():
        try:
            believed.append((name, person(text)))
        except Unauthenticated:
            continue
    assert believed == []


def test_there_are_more_than_a_hundred_of_them_and_no_two_alike() -> None:
    names, texts = zip(*hostile_answers.every(), strict=True)
    assert len(set(names)) == len(names)
    assert len(set(texts)) >= 200


_PREFIXES = f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="xs saml"/>'
_PREFIXED = f'<ds:Transform Algorithm="{EXCLUSIVE}">{_PREFIXES}</ds:Transform>'
_TYPED = instead('ID="_a1"', 'xmlns:xs="http://www.w3.org/2001/XMLSchema" ID="_a1"')


@pytest.mark.parametrize(
    "text",
    [
        answer(),
        answer(signer=Signer(information=key_info(CERTIFICATE))),
        answer(signer=Signer(information=key_info(STRANGERS))),  # what it says of keys is not looked at
        answer(signer=Signer(method=f"{MORE}rsa-sha384", hash="sha384")),
        answer(signer=Signer(method=f"{MORE}rsa-sha512", hash="sha512", digest=f"{ENC}sha512", digests="sha512")),
        answer(signer=Signer(digest=f"{MORE}sha384", digests="sha384")),
        answer(_TYPED, signer=Signer(transforms=(Signer().transforms[0], _PREFIXED), prefixes=("xs", "saml"))),
        answer(before=instead("saml:", "s:", ":saml=", ":s=")),
        answer(before=instead("saml:", "", ":saml=", "=")),
        encoded('<?xml version="1.0" encoding="UTF-8"?>\n' + response(whole(assertion()))),
        encoded(response(whole(assertion()), signature=Signer()(response(whole(assertion())), id="_r1"))),
        answer(before=instead("<saml:Audience>", "<saml:Audience>other</saml:Audience><saml:Audience>")),
        answer(before=instead(f'IssueInstant="{at(-2)}"', f'IssueInstant="{at(59)}"')),
        answer(before=instead(f'IssueInstant="{at(-2)}"', f'IssueInstant="{at(-359)}"')),
        answer(before=instead(f'NotOnOrAfter="{at(300)}" Rec', f'NotOnOrAfter="{at(-59)}" Rec')),
        answer(before=instead("</saml:Conditions>", "<saml:OneTimeUse/></saml:Conditions>")),
        answer(before=instead("</saml:Attribute><saml", "</saml:Attribute>\n<saml")),
    ],
)
def test_what_is_right_is_believed(text: str) -> None:
    assert person(text) == ADA


@pytest.mark.parametrize("bits", [256, 384])
def test_keys_on_curves_count_where_their_certificate_is_pinned(bits: int) -> None:
    party = replace(PARTY, certificates=(certified(CURVES[bits]),))
    text = answer(signer=Signer(key=CURVES[bits], method=f"{MORE}ecdsa-sha{bits}", hash=f"sha{bits}"))
    assert person(text, party) == ADA
    with pytest.raises(Unauthenticated):
        person(text)


def test_of_several_certificates_each_counts_and_one_that_ended_does_not() -> None:
    assert person(answer(), replace(PARTY, certificates=(STRANGERS, CERTIFICATE))) == ADA
    for begins, ends in ((NOW - 100, NOW - 1), (NOW + 1, NOW + 100)):
        with pytest.raises(Unauthenticated, match="none of the certificates"):
            person(answer(), replace(PARTY, certificates=(certified(KEY, begins=begins, ends=ends),)))
    with pytest.raises(Unauthenticated):
        person(answer(), replace(PARTY, certificates=()))


def test_a_right_answer_is_right_for_one_question_one_place_one_entity_and_one_provider() -> None:
    for party in (
        replace(PARTY, issuer="https://other.example"),
        replace(PARTY, entity="https://other.example"),
        replace(PARTY, receiver="https://other.example"),
    ):
        with pytest.raises(Unauthenticated):
            person(answer(), party)
    for request in ("_other", "", REQUEST[:-1], REQUEST + "x"):
        with pytest.raises(Unauthenticated):
            person(answer(), request=request)
    for now in (NOW - 400, NOW + 400):
        with pytest.raises(Unauthenticated):
            person(answer(), now=now)


def test_what_is_refused_is_named() -> None:
    told = dict(hostile_answers.every())
    for name, said in (
        ("around: encrypted", "switch off encryption"),
        ("signed_and_wrong: a subject that is passing", "persistent NameID"),
        ("wrapped: only the whole is signed", "sign assertions"),
        ("wrong_signatures: a stranger", "none of the certificates"),
        ("unread: a DTD", "a DTD"),
        ("signed_and_wrong: old", "too old"),
        ("around: refused", "did not sign you in"),
        ("wrapped: ID with another prefix", "names two things"),
        ("wrapped: the same ID in the response", "names two things"),
        ("wrapped: signature within the subject", "is not signed"),
        ("wrapped: XSW 3", "one assertion"),
        ("unread: too long", "too long"),
        ("unread: many attributes", "more than 100 attributes"),
        ("wrong_signatures: of #_r1", "of another element"),
        ("wrong_signatures: transforms: with a child", "first transform"),
        ("wrong_signatures: value: empty", "a value of it"),
    ):
        with pytest.raises(Unauthenticated, match=said):
            person(told[name])


@pytest.mark.parametrize(
    ("mapping", "email", "name"),
    [
        (("mail", "cn"), None, None),
        (("displayName", "email"), "Ada L.", "Ada@Example.com"),
        (("", ""), "Ada@Example.com", "Ada L."),
    ],
)
def test_attributes_say_address_and_name(mapping: tuple[str, str], email: str | None, name: str | None) -> None:
    found = person(answer(), replace(PARTY, email=mapping[0], name=mapping[1]))
    assert (found.subject, found.email, found.name) == ("ada-0815", email, name)


def test_a_name_that_is_an_address_is_shown_as_one() -> None:
    bare = instead("ada-0815", "ada@id.example", 'Name="email"', 'Name="else"')
    assert person(answer(before=bare)).email == "ada@id.example"


def test_a_provider_is_asked_by_redirect_with_what_the_browser_is_bound_to() -> None:
    where = saml.question(PARTY, "https://id.example/sso?x=1", id=REQUEST, relay="r" * 43, now=NOW, anew=True)
    asked = dict(parse_qsl(urlsplit(where).query))
    assert (asked["x"], asked["RelayState"]) == ("1", "r" * 43)
    root = etree.fromstring(zlib.decompress(base64.b64decode(asked["SAMLRequest"]), -15))
    assert root.tag == f"{{{P}}}AuthnRequest"
    assert {str(key): str(value) for key, value in root.attrib.items()} == {
        "ID": REQUEST, "Version": "2.0", "IssueInstant": "2027-01-15T08:00:00Z", "ForceAuthn": "true",
        "Destination": "https://id.example/sso?x=1", "AssertionConsumerServiceURL": PARTY.receiver,
        "ProtocolBinding": saml.POST,
    }  # fmt: skip
    assert root.findtext(f"{{{A}}}Issuer") == PARTY.entity
    odd = saml.question(replace(PARTY, entity='a"<&>'), "https://x/?a=\"&b='", id="_1", relay="r", now=NOW)
    packed = base64.b64decode(dict(parse_qsl(urlsplit(odd).query))["SAMLRequest"])
    assert etree.fromstring(zlib.decompress(packed, -15)).findtext(f"{{{A}}}Issuer") == 'a"<&>'


def test_only_the_octets_that_are_covered_are_read() -> None:
    """What the signature does not cover may say what it likes: nothing of it is in what is read."""
    root = signed.read(base64.b64decode(answer()))
    found = signed.verified(root, f"{{{A}}}Assertion", (CERTIFICATE,), now=NOW)
    assert found.getparent() is None
    assert found.getroottree() is not root.getroottree()
    with pytest.raises(Malformed):
        signed.verified(found, f"{{{A}}}Assertion", (CERTIFICATE,), now=NOW)


def test_a_key_on_a_curve_cannot_be_told_for_one_of_rsa() -> None:
    pinned = replace(PARTY, certificates=(certified(ec.generate_private_key(ec.SECP256R1())), CERTIFICATE))
    with pytest.raises(Unauthenticated):
        person(answer(signer=Signer(method=f"{MORE}ecdsa-sha256")), pinned)


@pytest.mark.parametrize(
    "inside",
    [
        f"<y {' '.join(f'a{n}=_' for n in range(18_000)).replace('_', chr(34) * 2)}/>",
        "<y>" + "<z/>" * 40_000 + "</y>",
        f"<y {' '.join(f'xmlns:n{n}=_u:{n}_' for n in range(2_500)).replace('_', chr(34))}>"
        + "<n0:z/>" * 8_000
        + "</y>",
        "".join(f"<x{n}>" for n in range(240)) + "".join(f"</x{n}>" for n in reversed(range(240))),
    ],
)
def test_what_is_made_to_cost_much_costs_little(inside: str) -> None:
    """Anybody who began to sign in may post one: 192 KB for each of six certificates."""
    many = replace(PARTY, certificates=(STRANGERS,) * 5 + (CERTIFICATE,))
    text = answer(after=lambda xml: xml.replace("<saml:Subject>", f"{inside}<saml:Subject>"))
    began = time.process_time()
    with pytest.raises(Unauthenticated):
        person(text, many)
    assert time.process_time() - began < 1.0  # 0.1 s where it was measured


def test_nothing_of_it_hangs_on_asserts() -> None:
    """PySAML2 took any password under `python -O` (CVE-2017-1000433)."""
    program = (
        "from tests.unit.access import hostile_answers as h\n"
        "from tests.unit.access.test_saml import person, answer, ADA\n"
        "from flowlens.model.errors import Unauthenticated\n"
        "def believed(text):\n"
        "    try: return bool(person(text))\n"
        "    except Unauthenticated: return False\n"
        "raise SystemExit(not (person(answer()) == ADA and not __debug__ and not [n for n, t in h.every()"
        " if believed(t)]))"
    )
    ran = subprocess.run([sys.executable, "-O", "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
