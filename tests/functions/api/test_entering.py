"""People sign in at an identity provider: through the handler, on a real Postgres, and nobody else does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flowlens.access import passwords
from flowlens.access.roles import ADMINISTRATOR, VIEWER
from flowlens.aws import functions
from flowlens.outbound.client import Answer
from flowlens.services import sealed
from flowlens.store import passwords as kept
from flowlens.store.connection import Connection, person_transaction, tenant_transaction

from tests.functions.api import provider as stand_in
from tests.functions.api.gateway import Ask, Reply
from tests.functions.api.provider import CLIENT, ISSUER, METADATA, SECRET, Provider
from tests.functions.api.test_sessions import MINE, aged, enrolled, events
from tests.postgres import OTHER, TENANT

SITE = "https://flowlens.example"
TEXT = {"name": "Company sign-in", "client_id": CLIENT, "secret": SECRET}


@dataclass(slots=True)
class Browser:
    """Keeps each cookie, and says where its page is from."""

    ask: Ask
    jar: dict[str, str] = field(default_factory=dict)
    origin: str = SITE

    def __call__(self, path: str, method: str = "GET", body: object = None, **more: str) -> Reply:
        sent = {"sec-fetch-site": "same-origin", "x-forwarded-proto": "https", **more}
        if method != "GET":
            sent["origin"] = self.origin
        if self.jar:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        reply = self.ask(path, method=method, body=body, headers=sent)
        for one in filter(None, reply.headers.get("set-cookie", "").split(", ")):
            name, _, value = one.partition(";")[0].partition("=")
            self.jar.pop(name, None) if not value else self.jar.update({name: value})
        return reply

    def begin(self, provider: str, **more: object) -> Reply:
        return self("/session/provider", "POST", {"provider_id": provider, **more})

    def answer(self, query: str) -> Reply:
        return self("/session/provider/answer", "POST", {"answer": query})


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setattr(functions, "call", made.call)
    sealed._key.cache_clear()
    return made


@pytest.fixture(scope="module")
def hashed() -> str:
    return passwords.hashed(MINE)


@pytest.fixture
def ada(gateway: Ask, owner: Connection, hashed: str, house: Provider) -> Browser:  # noqa: ARG001 (for its effect)
    """The administrator, signed in with a password."""
    user = enrolled(owner, "ada@example.com", ADMINISTRATOR)
    with person_transaction(owner, user=user) as conn:
        kept.keep(conn, user, hashed)
    browser = Browser(gateway)
    assert browser("/session", "POST", {"email": "ada@example.com", "password": MINE}).status == 200
    return browser


@pytest.fixture
def provider(ada: Browser) -> str:
    made = ada("/identity-providers", "POST", {"issuer": ISSUER, **TEXT})
    assert made.status == 201, made.body
    return str(made.json()["id"])


@pytest.fixture
def grace(gateway: Ask, owner: Connection, ada: Browser, provider: str, house: Provider) -> Browser:
    """A viewer whom a link connected; she is signed in."""
    user = enrolled(owner, "grace@example.com", VIEWER)
    link = ada(f"/members/{user}/link", "POST").json()["secret"]
    house.person = {"sub": "grace", "email": "g.hopper@id.example", "name": "Grace"}
    browser = Browser(gateway)
    reply = browser.answer(house.signs_in(browser.begin(provider, link=link).json()["location"]))
    assert reply.status == 200, reply.body
    return browser


def test_a_link_connects_a_member_who_from_then_on_signs_in_at_the_provider(
    grace: Browser, provider: str, house: Provider, gateway: Ask, owner: Connection
) -> None:
    me = grace("/me").json()
    assert (me["name"], me["at_provider"]) == ("grace@example.com", True)
    assert grace("/assets").status == 200
    assert grace("/members").status == 403
    later = Browser(gateway)
    assert later("/session/providers").json() == {"items": [{"id": provider, "name": "Company sign-in"}]}
    sent = later.begin(provider)
    assert sent.json()["location"].startswith(f"{ISSUER}/authorize?")
    back = later.answer(house.signs_in(sent.json()["location"]))
    assert (back.json()["purpose"], back.json()["me"]["name"]) == ("enter", "grace@example.com")
    assert later("/sessions").json()["items"][0]["method"] == "Company sign-in"
    assert "link.use" in events(owner)
    assert [one["known_as"] for one in later("/session/identities").json()["items"]] == ["g.hopper@id.example"]


@pytest.mark.usefixtures("grace")
def test_both_cookies_are_bound_and_the_way_is_forgotten(provider: str, house: Provider, gateway: Ask) -> None:
    browser = Browser(gateway)
    sent = browser.begin(provider)
    assert sent.headers["set-cookie"].startswith("__Host-flowlens-way=")
    assert sent.headers["set-cookie"].endswith("; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=600")
    browser.answer(house.signs_in(sent.json()["location"]))
    assert set(browser.jar) == {"__Host-flowlens"}


def test_whom_nobody_connected_stays_outside_even_with_a_known_address(
    provider: str, house: Provider, gateway: Ask, owner: Connection
) -> None:
    """The address of a provider is for showing: it makes nobody of anybody."""
    house.person = {"sub": "stranger", "email": "ada@example.com", "email_verified": True, "name": "Ada"}
    browser = Browser(gateway)
    reply = browser.answer(house.signs_in(browser.begin(provider).json()["location"]))
    assert (reply.status, "ask whoever administers" in reply.json()["detail"]) == (403, True)
    assert browser("/me").status == 401
    assert events(owner)[-1] == "session.refuse"


def test_a_provider_may_bring_new_people_with_a_role(
    ada: Browser, provider: str, house: Provider, gateway: Ask, owner: Connection
) -> None:
    roles = {one["builtin"]: one["id"] for one in ada("/roles").json()["items"]}
    changed = ada(
        f"/identity-providers/{provider}", "PATCH", {**TEXT, "role_id": roles["analyst"]}, **{"if-match": "*"}
    )
    assert changed.status == 200
    house.person = {"sub": "new", "email": "New@Example.com", "name": "New"}
    browser = Browser(gateway)
    reply = browser.answer(house.signs_in(browser.begin(provider).json()["location"]))
    assert reply.json()["me"]["name"] == "new@example.com"
    assert "data:export" in reply.json()["me"]["permissions"]
    assert "member.arrive" in events(owner)
    # An address that somebody has stays theirs.
    house.person = {"sub": "another", "email": "ada@example.com"}
    taken = Browser(gateway)
    assert taken.answer(house.signs_in(taken.begin(provider).json()["location"])).status == 409
    # Nobody lets others in with a role that they lack.
    beyond = ada(
        f"/identity-providers/{provider}", "PATCH", {**TEXT, "role_id": roles["credential-custodian"]},
        **{"if-match": "*"},
    )  # fmt: skip
    assert beyond.status in (200, 403)
    assert (beyond.status == 200) == ("credentials:write" in ada("/me").json()["permissions"])


def test_whoever_is_signed_in_connects_their_account_and_shows_once_more_who_they_are(
    ada: Browser, provider: str, house: Provider, owner: Connection
) -> None:
    def again(*, connect: bool) -> Reply:
        sent = ada("/session/provider/again", "POST", {"provider_id": provider, "connect": connect})
        return ada.answer(house.signs_in(sent.json()["location"])) if sent.status == 200 else sent

    assert again(connect=False).status == 404  # not connected yet
    assert again(connect=True).json()["purpose"] == "connect"
    aged(owner, timedelta(minutes=6))
    assert again(connect=True).status == 403
    before = dict(ada.jar)
    sent = ada("/session/provider/again", "POST", {"provider_id": provider, "connect": False})
    assert "prompt=login" in sent.json()["location"]
    assert ada.answer(house.signs_in(sent.json()["location"])).json()["purpose"] == "prove"
    assert ada.jar != before  # under another secret
    assert ada("/identity-providers", "POST", {"issuer": ISSUER, **TEXT, "name": "Another"}).status == 201
    house.spoil = lambda claims: claims.update(auth_time=claims["iat"] - 3600)
    assert again(connect=False).status == 401  # the provider did not ask
    house.spoil = lambda claims: claims.pop("auth_time", None)
    assert again(connect=False).status == 401  # or does not say that it did
    house.spoil = Provider().spoil
    (identity,) = ada("/session/identities").json()["items"]
    assert ada(f"/session/identities/{identity['id']}", "DELETE").status == 204
    assert again(connect=False).status == 404
    assert [one for one in events(owner) if one.startswith("identity.")] == ["identity.connect", "identity.disconnect"]


@pytest.mark.usefixtures("grace")
def test_an_account_of_somebody_else_connects_nobody(ada: Browser, provider: str, house: Provider) -> None:
    sent = ada("/session/provider/again", "POST", {"provider_id": provider, "connect": True})
    assert ada.answer(house.signs_in(sent.json()["location"])).status == 409  # still signed in there as Grace


@pytest.mark.usefixtures("provider")
def test_what_a_provider_vouches_for_counts_in_its_tenant_alone(grace: Browser, owner: Connection) -> None:
    assert grace("/me").json()["tenant"]["id"] == str(TENANT)
    enrolled(owner, "grace@example.com", ADMINISTRATOR, OTHER)
    assert grace("/session/factor/seed", "POST").status == 403  # it would count there too
    assert [one["id"] for one in grace("/session/tenants").json()["items"]] == [str(TENANT)]
    assert grace("/session/tenant", "PUT", {"tenant_id": str(OTHER)}).status == 404


@pytest.mark.parametrize("how", ["disable", "delete"])
def test_a_provider_that_goes_takes_its_sessions_along(grace: Browser, ada: Browser, provider: str, how: str) -> None:
    path = f"/identity-providers/{provider}"
    any_version = {"if-match": "*"}
    if how == "delete":
        assert ada(path, "DELETE", **any_version).status == 204
    else:
        assert ada(path, "PATCH", {"name": "X", "client_id": CLIENT, "enabled": False}, **any_version).status == 200
    assert grace("/me").status == 401
    assert grace.begin(provider).status == 404
    assert grace("/session/providers").json() == {"items": []}
    assert ada("/me").status == 200


def test_the_secret_is_kept_sealed_and_told_to_nobody(ada: Browser, provider: str, owner: Connection) -> None:
    told = ada(f"/identity-providers/{provider}")
    assert told.json()["has_secret"] is True
    assert SECRET.encode() not in told.body
    with tenant_transaction(owner, TENANT) as conn:
        ((secret,),) = conn.execute("SELECT secret FROM identity_providers").fetchall()
        trail = conn.execute("SELECT string_agg(detail::text, '') FROM audit_events").fetchall()
    assert SECRET.encode() not in bytes(secret)
    assert SECRET not in trail[0][0]
    ada(f"/identity-providers/{provider}", "PATCH", {"name": "X", "client_id": CLIENT}, **{"if-match": "*"})
    assert ada(f"/identity-providers/{provider}").json()["has_secret"] is True
    ada(f"/identity-providers/{provider}", "PATCH", {**TEXT, "secret": ""}, **{"if-match": "*"})
    assert ada(f"/identity-providers/{provider}").json()["has_secret"] is False


def test_a_test_says_what_is_wrong_in_words(ada: Browser, provider: str, house: Provider) -> None:
    def test() -> list[tuple[str, bool]]:
        reply = ada(f"/identity-providers/{provider}/test", "POST")
        return [(step["name"], step["right"]) for step in reply.json()["steps"]]

    assert test() == [("metadata", True), ("keys", True), ("client", True)]
    ada(f"/identity-providers/{provider}", "PATCH", {**TEXT, "secret": "another"}, **{"if-match": "*"})
    assert test()[-1] == ("client", False)
    house.answers["/keys"] = Answer(200, {}, b'{"keys": []}')
    assert test()[1:2] == [("keys", False)]
    house.answers["/.well-known/openid-configuration"] = Answer(404, {}, b"")
    assert test() == [("metadata", False)]


def test_issuers_that_are_none_are_refused(ada: Browser) -> None:
    for issuer in (
        "http://id.example",
        "https://a@id.example",
        "https://id.example?x",
        "ftp://id.example/x",
        "id.example",
    ):
        reply = ada("/identity-providers", "POST", {"issuer": issuer, **TEXT, "name": issuer})
        assert reply.status == 422, issuer


# --- whatever else a browser brings back

_Q = "code=code0&state={state}&iss=https%3A%2F%2Fid.example"
_WRONG_QUERIES = [
    "", "?", "code=code0", "state={state}", "code=&state={state}&iss=https%3A%2F%2Fid.example",
    "code=code0&state=&iss=https%3A%2F%2Fid.example", "code=code0&state={state}x&iss=https%3A%2F%2Fid.example",
    "code=code0&state={State}&iss=https%3A%2F%2Fid.example", "code=code0&state={state}",
    "code=code0&state={state}&iss=", "code=code0&state={state}&iss=https%3A%2F%2Fevil.example",
    "code=code0&state={state}&iss=https%3A%2F%2Fid.example%2F", _Q + "&error=access_denied", _Q + "&state={state}",
    _Q + "&code=code0", "code=code1&code=code0&state={state}&iss=https%3A%2F%2Fid.example",
    "code=code9&state={state}&iss=https%3A%2F%2Fid.example", "code=%00&state={state}&iss=https%3A%2F%2Fid.example",
    "error=login_required&state={state}&iss=https%3A%2F%2Fid.example", _Q + "&iss=https%3A%2F%2Fid.example",
    "code=code0#&state={state}", "code=code0;state={state}", "x" * 4000,
    "code=code0&state=%ED%A0%80&iss=https%3A%2F%2Fid.example",
]  # fmt: skip


def _claims(**changed: object) -> Callable[[dict[str, Any]], None]:
    def spoil(claims: dict[str, Any]) -> None:
        for name, value in changed.items():
            claims.pop(name, None) if value is ... else claims.update({name: value})

    return spoil


def _each(name: str, values: Iterable[object]) -> Iterator[Callable[[dict[str, Any]], None]]:
    return (_claims(**{name: value}) for value in values)


_WRONG_CLAIMS: list[Callable[[dict[str, Any]], None]] = [
    *_each("iss", (..., "", "https://evil.example", f"{ISSUER}/", ISSUER.upper(), [ISSUER], None, 1)),
    *(
        _claims(aud=one)
        for one in (..., "", "other", [], ["other"], [CLIENT, "other"], {CLIENT: 1}, None, CLIENT + " ", 1)
    ),
    *_each("azp", ("", "other", None, [CLIENT], 1)),
    *_each("nonce", (..., "", "n" * 43, None, 1, [], True)),
    *_each("sub", (..., "", None, 1, "a" * 256, "Ä", "a\x00", ["0815"], True, {})),
    *_each("exp", (..., 0, 1, -1, None, "soon", True, [1], {})),
    *_each("iat", (..., 0, 1, 32503680000, None, "now", True)),
    *_each("nbf", (32503680000, "now", None, True)),
    *_each("at_hash", ("", "x", None, 1, "a" * 22)),
    *_each("auth_time", ("", "now", None, True, [])),
]
_WRONG_TOKENS = [
    b"", b"{}", b"[]", b"null", b"{", b'{"id_token": null}', b'{"id_token": 1}', b'{"id_token": ""}',
    b'{"id_token": "a.b.c"}', b'{"id_token": ["a.b.c"]}', b'{"access_token": "x"}', b'{"error": "invalid_grant"}',
    b"\xff\xfe", b'{"id_token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiIwODE1In0."}', b'"a.b.c"', b"<html>",
]  # fmt: skip
_WRONG_KEYS = [
    b"", b"{}", b"[]", b'{"keys": null}', b'{"keys": {}}', b'{"keys": []}', b'{"keys": [1]}', b"{", b"\xff",
    json.dumps({"keys": [{**stand_in.STRANGER.as_dict(private=False), "kid": "one"}]}).encode(),
    json.dumps({"keys": [{**stand_in.KEY.as_dict(private=False), "kid": "two"}]}).encode(),
    json.dumps({"keys": [{**stand_in.KEY.as_dict(private=False), "kid": "one", "use": "enc"}]}).encode(),
    json.dumps({"keys": [{**stand_in.KEY.as_dict(private=False), "kid": "one", "alg": "RS512"}]}).encode(),
    json.dumps({"keys": [{**stand_in.KEY.as_dict(private=False), "kid": "one"}] * 2}).encode(),
]  # fmt: skip


@pytest.mark.usefixtures("grace")
def test_of_more_than_a_hundred_answers_that_are_nearly_right_none_lets_anybody_in(
    gateway: Ask, provider: str, house: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Grace could come in with each of them, if one thing were not wrong with it."""
    monkeypatch.setattr("flowlens.tables.throttles.count", lambda *_: 0)
    tried = 0

    def come(query: str | None = None) -> Reply:
        nonlocal tried
        tried += 1
        browser = Browser(gateway)
        location = browser.begin(provider).json()["location"]
        right = house.signs_in(location)
        state = right.partition("state=")[2].partition("&")[0]
        code = right.partition("code=")[2].partition("&")[0]
        said = right if query is None else query.replace("code0", code).format(state=state, State=state.swapcase())
        reply = browser.answer(said)
        assert (reply.status == 200) == (browser("/me").status == 200)
        return reply

    assert come().status == 200
    statuses = [come(query).status for query in _WRONG_QUERIES]
    for spoil in _WRONG_CLAIMS:
        house.spoil = spoil
        statuses.append(come().status)
    house.spoil = Provider().spoil
    for path, bodies in (("/token", _WRONG_TOKENS), ("/keys", _WRONG_KEYS)):
        for body in bodies:
            house.answers[path] = Answer(200, {}, body)
            statuses.append(come().status)
        for status in (301, 302, 400, 401, 403, 404, 500, 503):
            house.answers[path] = Answer(status, {"location": f"{ISSUER}{path}"}, b"{}")
            statuses.append(come().status)
        del house.answers[path]
    house.key = stand_in.STRANGER
    house.answers["/keys"] = Answer(
        200, {}, json.dumps({"keys": [{**stand_in.KEY.as_dict(private=False), "kid": "one"}]}).encode()
    )
    statuses.append(come().status)
    del house.answers["/keys"]
    house.key = stand_in.KEY
    assert come().status == 200
    assert tried > 125
    assert {status for status in statuses if status != 401} <= {422}, statuses


@pytest.mark.usefixtures("grace")
def test_an_answer_counts_once_and_in_the_browser_that_was_sent(gateway: Ask, provider: str, house: Provider) -> None:
    victim, thief = Browser(gateway), Browser(gateway)
    query = house.signs_in(victim.begin(provider).json()["location"])
    thief.begin(provider)
    assert thief.answer(query).status == 401  # another's answer in one's own browser
    assert Browser(gateway).answer(query).status == 401  # no way was begun there
    way = dict(victim.jar)
    assert victim.answer(query).status == 200
    again = Browser(gateway, way)
    assert again.answer(query).status == 401  # it was used


@pytest.mark.usefixtures("grace")
def test_a_way_ends_after_ten_minutes(gateway: Ask, provider: str, house: Provider, owner: Connection) -> None:
    browser = Browser(gateway)
    query = house.signs_in(browser.begin(provider).json()["location"])
    with tenant_transaction(owner, TENANT) as conn:
        conn.execute("UPDATE sign_ins SET ends_at = ends_at - interval '10 minutes'")
    assert browser.answer(query).status == 401


def test_another_sites_page_begins_and_ends_nothing(gateway: Ask, provider: str) -> None:
    for path, body in (
        ("/session/provider", {"provider_id": provider}),
        ("/session/provider/answer", {"answer": "code=1"}),
    ):
        headers = {"sec-fetch-site": "cross-site", "origin": SITE}
        assert gateway(path, method="POST", body=body, headers=headers).status == 403


def test_metadata_that_do_not_fit_send_nobody_anywhere(gateway: Ask, provider: str, house: Provider) -> None:
    where = "/.well-known/openid-configuration"
    wrong: list[dict[str, object]] = [
        {"issuer": f"{ISSUER}/"}, {"issuer": None}, {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://id.example/authorize"}, {"token_endpoint": None}, {"jwks_uri": "x"},
        {"code_challenge_methods_supported": ["plain"]}, {"id_token_signing_alg_values_supported": ["HS256", "none"]},
    ]  # fmt: skip
    for change in wrong:
        house.answers[where] = Answer(200, {}, json.dumps(METADATA | change).encode())
        assert Browser(gateway).begin(provider).status == 422, change


@pytest.mark.usefixtures("house")
@pytest.mark.usefixtures("ada")
def test_one_tenant_neither_sees_nor_uses_anothers_providers(
    gateway: Ask, owner: Connection, provider: str, hashed: str
) -> None:
    user = enrolled(owner, "eve@example.com", ADMINISTRATOR, OTHER)
    with person_transaction(owner, user=user) as conn:
        kept.keep(conn, user, hashed)
    eve = Browser(gateway)
    eve("/session", "POST", {"email": "eve@example.com", "password": MINE})
    assert eve("/identity-providers").json() == {"items": []}
    assert eve(f"/identity-providers/{provider}").status == 404
    assert eve(f"/identity-providers/{provider}/test", "POST").status == 404
    assert eve("/session/provider/again", "POST", {"provider_id": provider, "connect": True}).status == 404
    link = eve(f"/members/{enrolled(owner, 'mallory@example.com', VIEWER, OTHER)}/link", "POST").json()["secret"]
    assert eve.begin(provider, link=link).status == 404  # a link of one tenant, a provider of another
