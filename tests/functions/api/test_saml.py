"""People sign in at a SAML provider: through the handler, on a real Postgres, and nobody else does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
from flowlens.access import passwords
from flowlens.access.roles import ADMINISTRATOR, VIEWER
from flowlens.aws import functions
from flowlens.outbound.client import Answer
from flowlens.services import sealed
from flowlens.store import passwords as kept
from flowlens.store.connection import Connection, person_transaction, tenant_transaction

from tests.functions.api.gateway import Ask, Reply
from tests.functions.api.saml_provider import METADATA, SAML, SIGN_ON, SITE, TEXT, Provider, asked, now
from tests.functions.api.test_denials import counted
from tests.functions.api.test_entering import Browser
from tests.functions.api.test_sessions import MINE, aged, enrolled, events
from tests.postgres import OTHER, TENANT
from tests.unit.access.assertions import MORE, PARTY, STRANGER, A, Signer, instead, same

ISSUER = PARTY.issuer
_CROSS = {"sec-fetch-site": "cross-site", "origin": "https://id.example", "x-forwarded-proto": "https"}
_ANY = {"if-match": "*"}


def posted(gateway: Ask, form: bytes, **more: str) -> str:
    """What the browser is sent on with, after the provider's page posted a form: from another site, without cookie."""
    reply = gateway("/session/saml", method="POST", body=form, headers=_CROSS | more)
    assert (reply.status, reply.body) == (303, b"")
    assert "set-cookie" not in reply.headers
    where, _, query = reply.headers["location"].partition("?")
    assert where == "/signed-in"
    return query


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setattr(functions, "call", made.call)
    sealed._key.cache_clear()
    return made


@pytest.fixture(scope="module")
def hashed() -> str:
    return passwords.hashed(MINE)


def administrator(gateway: Ask, owner: Connection, hashed: str, email: str, tenant: object = TENANT) -> Browser:
    user = enrolled(owner, email, ADMINISTRATOR, TENANT if tenant == TENANT else OTHER)
    with person_transaction(owner, user=user) as conn:
        kept.keep(conn, user, hashed)
    browser = Browser(gateway)
    assert browser("/session", "POST", {"email": email, "password": MINE}).status == 200
    return browser


@pytest.fixture
def ada(gateway: Ask, owner: Connection, hashed: str, house: Provider) -> Browser:  # noqa: ARG001 (for its effect)
    return administrator(gateway, owner, hashed, "ada@example.com")


def made(ada: Browser, **changed: object) -> str:
    reply = ada("/identity-providers", "POST", {"kind": "saml", "issuer": ISSUER, **TEXT, **changed})
    assert reply.status == 201, reply.body
    return str(reply.json()["id"])


@pytest.fixture
def provider(ada: Browser) -> str:
    return made(ada)


def come(gateway: Ask, house: Provider, browser: Browser, provider: str, **more: object) -> Reply:
    """The whole way: to the provider, back with its answer, and in."""
    sent = browser.begin(provider, **more)
    assert sent.status == 200, sent.body
    return browser.answer(posted(gateway, house.signs_in(sent.json()["location"])))


@pytest.fixture
def grace(gateway: Ask, owner: Connection, ada: Browser, provider: str, house: Provider) -> Browser:
    """A viewer whom a link connected; she is signed in."""
    user = enrolled(owner, "grace@example.com", VIEWER)
    link = ada(f"/members/{user}/link", "POST").json()["secret"]
    house.person, house.email = "grace", "g.hopper@id.example"
    browser = Browser(gateway)
    reply = come(gateway, house, browser, provider, link=link)
    assert reply.status == 200, reply.body
    return browser


def test_a_link_connects_a_member_who_from_then_on_signs_in_at_the_provider(
    grace: Browser, provider: str, house: Provider, gateway: Ask, owner: Connection
) -> None:
    assert grace("/me").json()["name"] == "grace@example.com"
    assert grace("/members").status == 403
    later = Browser(gateway)
    assert later("/session/providers").json() == {"items": [{"id": provider, "name": "Company sign-in"}]}
    sent = later.begin(provider)
    location = sent.json()["location"]
    assert location.startswith(f"{SIGN_ON}?SAMLRequest=")
    question = asked(location)
    assert question.attrib["AssertionConsumerServiceURL"] == f"{SITE}/api/v1/session/saml"
    assert question.findtext(f"{{{A}}}Issuer") == PARTY.entity
    back = later.answer(posted(gateway, house.signs_in(location)))
    assert (back.json()["purpose"], back.json()["me"]["name"]) == ("enter", "grace@example.com")
    assert set(later.jar) == {"__Host-flowlens"}
    assert later("/sessions").json()["items"][0]["method"] == "Company sign-in"
    assert {"link.use", "session.begin"} <= set(events(owner))
    assert [one["known_as"] for one in later("/session/identities").json()["items"]] == ["g.hopper@id.example"]


def test_whom_nobody_connected_stays_outside_even_with_a_known_address(
    provider: str, house: Provider, gateway: Ask, owner: Connection
) -> None:
    """A person is issuer and NameID, never an address."""
    browser = Browser(gateway)
    reply = come(gateway, house, browser, provider)
    assert (reply.status, "ask whoever administers" in reply.json()["detail"]) == (403, True)
    assert browser("/me").status == 401
    assert events(owner)[-1] == "session.refuse"


def test_a_provider_may_bring_new_people_with_a_role(
    ada: Browser, provider: str, house: Provider, gateway: Ask
) -> None:
    roles = {one["builtin"]: one["id"] for one in ada("/roles").json()["items"]}
    changed = ada(f"/identity-providers/{provider}", "PATCH", {**TEXT, "role_id": roles["analyst"]}, **_ANY)
    assert changed.status == 200, changed.body
    house.person, house.email = "new", "New@Example.com"
    assert come(gateway, house, Browser(gateway), provider).json()["me"]["name"] == "new@example.com"
    house.person, house.email = "another", "ada@example.com"
    assert come(gateway, house, Browser(gateway), provider).status == 409  # an address that somebody has stays theirs
    mapped = {**TEXT, "role_id": roles["analyst"], "saml": {**SAML, "email": "displayName"}}
    assert ada(f"/identity-providers/{provider}", "PATCH", mapped, **_ANY).status == 200
    house.before = instead("Ada L.", "mapped@example.com")
    house.person = "third"
    assert come(gateway, house, Browser(gateway), provider).json()["me"]["name"] == "mapped@example.com"


def test_whoever_is_signed_in_connects_their_account_and_shows_once_more_who_they_are(
    ada: Browser, provider: str, house: Provider, gateway: Ask, owner: Connection
) -> None:
    def again(*, connect: bool) -> Reply:
        sent = ada("/session/provider/again", "POST", {"provider_id": provider, "connect": connect})
        if sent.status != 200:
            return sent
        assert asked(sent.json()["location"]).attrib.get("ForceAuthn") == (None if connect else "true")
        return ada.answer(posted(gateway, house.signs_in(sent.json()["location"])))

    assert again(connect=False).status == 404  # not connected yet
    assert again(connect=True).json()["purpose"] == "connect"
    aged(owner, timedelta(minutes=6))
    assert again(connect=True).status == 403
    before = dict(ada.jar)
    assert again(connect=False).json()["purpose"] == "prove"
    assert ada.jar != before  # under another secret

    def long_ago(text: str) -> str:
        start = text.index('AuthnInstant="') + 14
        return text[:start] + now(-3600) + text[text.index('"', start) :]

    house.before = long_ago
    refused = again(connect=False)
    assert (refused.status, "did not ask you again" in refused.json()["detail"]) == (401, True)


def test_a_provider_that_is_switched_off_takes_its_sessions_along(
    grace: Browser, ada: Browser, provider: str, house: Provider, gateway: Ask
) -> None:
    under_way = Browser(gateway)
    form = house.signs_in(under_way.begin(provider).json()["location"])
    assert ada(f"/identity-providers/{provider}", "PATCH", {**TEXT, "enabled": False}, **_ANY).status == 200
    assert grace("/me").status == 401
    assert under_way.answer(posted(gateway, form)).status == 401
    assert grace.begin(provider).status == 404
    assert gateway(f"/session/saml/{provider}/metadata").status == 404


# --- whatever else comes


@pytest.mark.usefixtures("grace")
def test_an_answer_counts_once_and_in_the_browser_that_was_sent(
    gateway: Ask, provider: str, house: Provider, owner: Connection
) -> None:
    victim, thief = Browser(gateway), Browser(gateway)
    form = house.signs_in(victim.begin(provider).json()["location"])
    query = posted(gateway, form)
    thief.begin(provider)
    assert thief.answer(query).status == 401  # another's answer in one's own browser
    assert Browser(gateway).answer(query).status == 401  # no way was begun there
    assert posted(gateway, form) == ""  # the same assertion again
    assert events(owner)[-1] == "session.refuse"
    way = dict(victim.jar)
    assert victim.answer(query).status == 200
    assert Browser(gateway, way).answer(query).status == 401  # it was used
    assert posted(gateway, form) == ""  # and again, after it was


@pytest.mark.usefixtures("grace")
def test_what_is_fetched_wants_code_state_and_cookie(
    gateway: Ask, provider: str, house: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowlens.tables.throttles.count", lambda *_: 0)

    def one() -> tuple[Browser, dict[str, str]]:
        browser = Browser(gateway)
        return browser, dict(parse_qsl(posted(gateway, house.signs_in(browser.begin(provider).json()["location"]))))

    for spoil in ({"code": "x" * 43}, {"state": "x" * 43}, {"code": ""}, {"more": "1"}, {"code": "Ã"}):
        browser, query = one()
        assert browser.answer(urlencode({**query, **spoil})).status == 401, spoil
    for twice in ("{0}&code=x", "{0}&{0}", "", "code="):
        browser, query = one()
        assert browser.answer(twice.format(urlencode(query))).status == 401, twice
    browser = Browser(gateway)
    browser.begin(provider)
    assert browser.answer("code=&state=").status == 401  # before the provider has answered
    browser, query = one()
    assert browser.answer(urlencode(query)).status == 200


@pytest.mark.usefixtures("grace")
def test_one_sign_in_is_not_answered_with_anothers_answer(gateway: Ask, provider: str, house: Provider) -> None:
    mine, other = Browser(gateway), Browser(gateway)
    relay = dict(parse_qsl(mine.begin(provider).json()["location"].partition("?")[2]))["RelayState"]
    form = dict(parse_qsl(house.signs_in(other.begin(provider).json()["location"]).decode()))
    query = posted(gateway, urlencode({**form, "RelayState": relay}).encode())
    assert mine.answer(query).status == 401


@pytest.mark.usefixtures("ada")
def test_the_same_provider_of_another_tenant_lets_nobody_in_here(
    gateway: Ask, grace: Browser, provider: str, house: Provider, owner: Connection, hashed: str
) -> None:
    """Both tenants use one house with one entity id; its answer to the one is none to the other."""
    eve = administrator(gateway, owner, hashed, "eve@example.com", OTHER)
    theirs = made(eve)
    assert eve("/identity-providers").json()["items"][0]["id"] == theirs
    assert eve(f"/identity-providers/{provider}").status == 404
    assert eve(f"/identity-providers/{provider}/test", "POST").status == 404
    browser, other = Browser(gateway), Browser(gateway)
    form = dict(parse_qsl(house.signs_in(browser.begin(theirs).json()["location"]).decode()))
    relay = dict(parse_qsl(other.begin(provider).json()["location"].partition("?")[2]))["RelayState"]
    assert other.answer(posted(gateway, urlencode({**form, "RelayState": relay}).encode())).status == 401
    reply = browser.answer(posted(gateway, urlencode(form).encode()))
    assert reply.status == 403  # Grace is nobody there
    assert grace("/me").status == 200


@pytest.mark.usefixtures("grace")
def test_a_way_ends_after_ten_minutes(gateway: Ask, provider: str, house: Provider, owner: Connection) -> None:
    for fetched in (False, True):
        browser = Browser(gateway)
        form = house.signs_in(browser.begin(provider).json()["location"])
        query = posted(gateway, form) if fetched else ""
        with tenant_transaction(owner, TENANT) as conn:
            conn.execute("UPDATE sign_ins SET ends_at = ends_at - interval '10 minutes'")
        assert fetched or posted(gateway, form) == ""
        assert browser.answer(query).status == 401


_SPOILT: list[tuple[str, Callable[[str], str], Callable[[str], str], Signer]] = [
    ("too old", lambda text: text.replace(now(0)[:10], "2020-01-01"), same, Signer()),
    ("for somebody else", instead(PARTY.entity, "https://other.example"), same, Signer()),
    ("another place", instead(PARTY.receiver, "https://other.example"), same, Signer()),
    ("another provider", instead(ISSUER, "https://other.example"), same, Signer()),
    ("none of the certificates", same, same, Signer(key=STRANGER)),
    ("none of the certificates", same, same, Signer(key=b"", method=f"{MORE}hmac-sha256")),
    ("none of the certificates", same, instead(">grace<", ">root<"), Signer()),
    ("a DTD", same, lambda text: "<!DOCTYPE r>" + text, Signer()),
    ("a comment", same, instead(">grace<", ">grace<!-- -->.evil<"), Signer()),
    ("one assertion", same, instead("</samlp:Status>", f'</samlp:Status><x:Assertion xmlns:x="{A}"/>'), Signer()),
    ("did not sign you in", same, instead("status:Success", "status:Responder"), Signer()),
    ("switch off encryption", same, instead("</samlp:Response>", "<EncryptedAssertion/></samlp:Response>"), Signer()),
]  # fmt: skip


@pytest.mark.usefixtures("grace")
def test_what_is_wrong_is_said_to_whoever_was_sent_and_noted_once(
    gateway: Ask, provider: str, house: Provider, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowlens.tables.throttles.count", lambda *_: 0)
    for said, before, after, signer in _SPOILT:
        house.before, house.after, house.signer = before, after, replace(signer)
        count = events(owner).count("session.refuse") + counted(owner)
        browser = Browser(gateway)
        reply = come(gateway, house, browser, provider)
        assert (reply.status, said in reply.json()["detail"]) == (401, True), reply.body
        assert browser("/me").status == 401
        assert events(owner).count("session.refuse") + counted(owner) == count + 1
    house.before, house.after, house.signer = same, same, Signer()
    assert come(gateway, house, Browser(gateway), provider).status == 200


def test_what_nobody_waits_for_leads_to_a_page_that_says_so(gateway: Ask, provider: str, house: Provider) -> None:
    location = Browser(gateway).begin(provider).json()["location"]
    form = dict(parse_qsl(house.signs_in(location).decode()))
    for wrong in (
        b"", b"x", b"\xff\xfe", b"RelayState=", urlencode({"SAMLResponse": form["SAMLResponse"]}).encode(),
        urlencode({**form, "RelayState": "x" * 43}).encode(), urlencode(form).encode() * 2, b"a=1&" * 20,
        urlencode([*form.items(), ("RelayState", form["RelayState"])]).encode(), b'{"SAMLResponse": "x"}',
        urlencode({**form, "RelayState": "%00"}).encode(), b"RelayState=%ED%A0%80&SAMLResponse=x",
    ):  # fmt: skip
        assert posted(gateway, wrong) == "", wrong
    assert posted(gateway, urlencode(form).encode()) != ""
    large = gateway("/session/saml", method="POST", body=b"SAMLResponse=" + b"A" * 262_144, headers=_CROSS)
    assert large.status == 413
    for _ in range(120):
        reply = gateway("/session/saml", method="POST", body=b"x", headers=_CROSS)
    assert reply.status == 429


@pytest.mark.usefixtures("house")
def test_openid_answers_are_none_of_saml_and_the_other_way_round(ada: Browser, provider: str, gateway: Ask) -> None:
    assert ada(f"/identity-providers/{provider}", "PATCH", {"name": "X", "client_id": "x"}, **_ANY).status == 422
    assert ada(f"/identity-providers/{provider}", "PATCH", {**TEXT, "secret": "x"}, **_ANY).status == 422
    new = {"issuer": "https://id.example", "name": "O", "client_id": "x"}
    assert ada("/identity-providers", "POST", {**new, "saml": SAML}).status == 422
    assert ada("/identity-providers", "POST", {**new, "kind": "saml"}).status == 422
    assert ada("/identity-providers", "POST", {**new, "kind": "ldap"}).status == 422
    other = ada("/identity-providers", "POST", new)
    assert gateway(f"/session/saml/{other.json()['id']}/metadata").status == 404


# --- what is agreed


@pytest.mark.parametrize(
    "changed",
    [
        {"site": "flowlens.example"},
        {"site": "https://flowlens.example/"},
        {"site": "javascript:alert(1)"},
        {"sign_on": "http://id.example/sso"},
        {"sign_on": "javascript:alert(1)"},
        {"sign_on": "https://a@id.example/sso"},
        {"sign_on": "https://id.example/sso#x"},
        {"metadata_url": "ftp://id.example"},
        {"certificates": []},
        {"certificates": ["x"]},
        {"certificates": SAML["certificates"] * 7},
        {"email": "x" * 301},
        {"more": 1},
    ],
)
def test_settings_that_are_none_are_refused(ada: Browser, changed: dict[str, object]) -> None:
    body = {"kind": "saml", "issuer": ISSUER, **TEXT, "saml": {**SAML, **changed}}
    assert ada("/identity-providers", "POST", body).status == 422
    assert ada("/identity-providers", "POST", {**body, "saml": SAML, "issuer": "an id"}).status == 422


def test_an_address_that_is_another_than_the_providers_sends_nobody(gateway: Ask, provider: str) -> None:
    """The cookie would be of one site and the answer of another."""
    reply = Browser(gateway, origin="https://other.example").begin(provider)
    assert (reply.status, SITE in reply.json()["detail"]) == (422, True)


def test_metadata_fill_a_form_and_pin_nothing(ada: Browser, house: Provider, owner: Connection) -> None:
    by_address = ada("/identity-providers/metadata", "POST", {"url": METADATA})
    pasted = ada("/identity-providers/metadata", "POST", {"xml": house.metadata()})
    assert by_address.status == 200, by_address.body
    assert by_address.json() == pasted.json()
    found = pasted.json()
    assert (found["issuer"], found["sign_on"]) == (ISSUER, SIGN_ON)
    assert [one["pem"] for one in found["certificates"]] == SAML["certificates"]
    assert ada("/identity-providers").json() == {"items": []}
    assert events(owner)[-1] == "provider.describe"
    for body in ({}, {"url": METADATA, "xml": "<x/>"}, {"xml": "<!DOCTYPE x><x/>"}, {"url": "http://id.example/"}):
        assert ada("/identity-providers/metadata", "POST", body).status == 422, body


def test_ours_are_served_to_anybody_who_knows_the_provider(gateway: Ask, provider: str) -> None:
    reply = gateway(f"/session/saml/{provider}/metadata")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/samlmetadata+xml")
    assert f'entityID="{PARTY.entity}"'.encode() in reply.body
    assert f'Location="{SITE}/api/v1/session/saml"'.encode() in reply.body


def test_a_test_says_what_is_wrong_in_words(ada: Browser, house: Provider) -> None:
    provider = made(ada, saml={**SAML, "metadata_url": METADATA})

    def test() -> list[tuple[str, bool]]:
        reply = ada(f"/identity-providers/{provider}/test", "POST")
        return [(step["name"], step["right"]) for step in reply.json()["steps"]]

    assert test() == [("metadata", True), ("keys", True), ("client", True)]
    assert "SAMLRequest=" in house.asked[-1].url
    house.answers["/sso"] = Answer(400, {}, b"")
    assert test()[-1] == ("client", False)
    for wrong in (
        instead(ISSUER, "https://other.example"),
        instead("/sso", "/other"),
        instead("<EntityD", "<!DOCTYPE x><EntityD"),
    ):
        house.answers["/metadata"] = Answer(200, {}, wrong(house.metadata()).encode())
        assert test()[0] == ("metadata", False)
    house.answers["/metadata"] = Answer(404, {}, b"")
    assert test() == [("metadata", False)]


def test_certificates_are_told_and_kept_in_the_trail_by_their_digest(
    ada: Browser, provider: str, owner: Connection
) -> None:
    (pin,) = ada(f"/identity-providers/{provider}").json()["saml"]["certificates"]
    assert pin["pem"] == SAML["certificates"][0]
    with tenant_transaction(owner, TENANT) as conn:
        ((trail,),) = conn.execute("SELECT string_agg(detail::text, '') FROM audit_events").fetchall()
    assert pin["sha256"] in trail
    assert "BEGIN CERTIFICATE" not in trail
