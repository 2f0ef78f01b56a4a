"""People sign in, change who they are known to be, and leave: through the handler, on a real Postgres."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flowlens.access import passwords
from flowlens.access.roles import ADMINISTRATOR, PLATFORM, VIEWER, Role
from flowlens.services import members
from flowlens.services.operations import establish
from flowlens.store import passwords as kept
from flowlens.store.connection import Connection, person_transaction, tenant_transaction

from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply
from tests.postgres import OTHER, TENANT

MINE = "seven purple herons at the weir"
OTHERS = "a lighthouse keeper's forgotten kettle"
OWN = {"sec-fetch-site": "same-origin"}


@dataclass(slots=True)
class Browser:
    """Keeps the cookie, and says like a browser from where a request comes."""

    ask: Ask
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=lambda: dict(OWN))

    def __call__(self, path: str, method: str = "GET", body: object = None) -> Reply:
        sent = {**self.headers, **({"cookie": self.cookie} if self.cookie else {})}
        reply = self.ask(path, method=method, body=body, headers=sent)
        if "set-cookie" in reply.headers:
            self.cookie = reply.headers["set-cookie"].partition(";")[0]
        return reply

    def sign_in(self, email: str = "ada@example.com", password: str = MINE) -> Reply:
        return self("/session", "POST", {"email": email, "password": password})


@pytest.fixture
def person(owner: Connection) -> UUID:
    return enrolled(owner, "ada@example.com", ADMINISTRATOR)


@pytest.fixture(scope="module")
def hashed() -> str:
    """A hash costs 64 MiB and a fifth of a second: one is enough."""
    return passwords.hashed(MINE)


@pytest.fixture
def browser(gateway: Ask, owner: Connection, person: UUID, hashed: str) -> Browser:
    with person_transaction(owner, user=person) as conn:
        kept.keep(conn, person, hashed)
    return Browser(gateway)


def enrolled(conn: Connection, email: str, role: Role, tenant: UUID = TENANT) -> UUID:
    return members.enrol(conn, tenant, email=email, name="", role=role, by="tests", accepted=True)


def aged(owner: Connection, by: timedelta) -> None:
    """As if all that happened to sessions had happened so much earlier."""
    with tenant_transaction(owner, TENANT) as conn:
        conn.execute(
            "UPDATE sessions SET last_used_at = last_used_at - %(by)s, proven_at = proven_at - %(by)s", {"by": by}
        )


def ended(owner: Connection) -> None:
    with tenant_transaction(owner, TENANT) as conn:
        conn.execute("UPDATE sessions SET ends_at = now()")


def events(owner: Connection, tenant: UUID = TENANT) -> list[str]:
    with tenant_transaction(owner, tenant) as conn:
        return [a for (a,) in conn.execute("SELECT action FROM audit_events WHERE number > 0 ORDER BY number")]


def test_a_person_signs_in_and_sees_what_they_may(browser: Browser, owner: Connection) -> None:
    assert browser("/me").status == 401
    reply = browser.sign_in()
    assert reply.status == 200
    me = reply.json()
    assert (me["name"], me["signed_in"], me["at_provider"]) == ("ada@example.com", True, False)
    assert set(reply.json()["permissions"]) >= set(ADMINISTRATOR.permissions)
    assert browser("/assets").status == 200
    assert events(owner)[-1] == "session.begin"


def test_the_cookie_is_bound_as_tightly_as_the_transport_allows(browser: Browser) -> None:
    plain = browser.sign_in().headers["set-cookie"]
    assert plain.startswith("flowlens-session=")
    assert plain.endswith("; Path=/; HttpOnly; SameSite=Strict")
    tls = Browser(browser.ask, headers={**OWN, "x-forwarded-proto": "https"})
    bound = tls.sign_in().headers["set-cookie"]
    assert bound.startswith("__Host-flowlens=")
    assert bound.endswith("; Path=/; HttpOnly; SameSite=Strict; Secure")
    assert tls("/me").status == 200
    tls.headers.pop("x-forwarded-proto")
    assert tls("/me").status == 401  # by plain HTTP, a bound cookie is none


def test_nobody_learns_whether_an_address_is_known(browser: Browser) -> None:
    wrong, unknown = browser.sign_in(password=OTHERS), browser.sign_in("nobody@example.com")
    assert wrong.status == unknown.status == 401
    told = [{**reply.json(), "request_id": ""} for reply in (wrong, unknown)]
    assert told[0] == told[1]
    assert browser.cookie == ""


def test_whom_nobody_knows_costs_as_much_as_who_is_known(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """One hash of the same parameters each: nobody learns from the time whom we know. Counted, for clocks are noisy."""
    made: list[str] = []
    verify = passwords._HASHER.verify

    class Counting:
        @staticmethod
        def verify(kept: str, password: str) -> bool:
            made.append(kept.rpartition("$")[0].rpartition("$")[0])
            return verify(kept, password)

    passwords.holds(None, "x")  # what stands in for nobody's hash is made once
    monkeypatch.setattr(passwords, "_HASHER", Counting)
    for asked in ({"password": OTHERS}, {"email": "nobody@example.com"}):
        made.clear()
        assert browser.sign_in(**asked).status == 401
        assert made == ["$argon2id$v=19$m=65536,t=3,p=1"]


def test_tries_are_limited_before_they_cost_anything(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    costly: list[str] = []
    monkeypatch.setattr("flowlens.access.passwords.holds", lambda _kept, password: costly.append(password))
    replies = [browser.sign_in(password=f"guess {n}") for n in range(13)]
    assert [reply.status for reply in replies] == [401] * 10 + [429] * 3
    assert len(costly) == 10
    assert 0 < int(replies[-1].headers["retry-after"]) <= 300


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {}, {"origin": "https://evil.test"}]
)
def test_a_change_from_another_sites_page_is_refused(browser: Browser, headers: dict[str, str]) -> None:
    browser.sign_in()
    foreign = Browser(browser.ask, browser.cookie, headers)
    assert foreign("/sessions", "DELETE").status == 403
    assert foreign("/session", "POST", {"email": "ada@example.com", "password": MINE}).status == 403
    assert foreign("/me").status == 200  # what changes nothing is not asked for its origin
    assert Browser(browser.ask, browser.cookie, {"origin": "http://api.test"})("/sessions", "DELETE").status == 204


def test_every_copy_of_a_cookie_is_worth_nothing_after_signing_out(browser: Browser) -> None:
    browser.sign_in()
    copy = Browser(browser.ask, browser.cookie)
    assert copy("/me").status == 200
    assert browser("/session", "DELETE").status == 204
    assert copy("/me").status == 401


def test_a_session_ends_when_idle_and_at_the_latest_after_eight_hours(browser: Browser, owner: Connection) -> None:
    browser.sign_in()
    aged(owner, timedelta(minutes=29))
    assert browser("/me").status == 200
    aged(owner, timedelta(minutes=31))
    assert browser("/me").status == 401
    browser.sign_in()
    ended(owner)
    assert browser("/me").status == 401


def test_who_is_shut_out_is_out_with_the_next_request(browser: Browser, owner: Connection, person: UUID) -> None:
    browser.sign_in()
    with tenant_transaction(owner, TENANT) as conn:
        conn.execute("UPDATE members SET disabled_at = now() WHERE user_id = %s", [person])
    assert browser("/assets").status == 403
    with person_transaction(owner, user=person) as conn:
        conn.execute("UPDATE users SET disabled_at = now() WHERE user_id = %s", [person])
    assert browser("/me").status == 401
    assert browser.sign_in().status == 401


def test_people_see_and_end_their_own_sessions_and_no_others(
    browser: Browser, gateway: Ask, owner: Connection, hashed: str
) -> None:
    browser.sign_in()
    second = Browser(gateway)
    second.sign_in()
    grace = enrolled(owner, "grace@example.com", VIEWER)
    with person_transaction(owner, user=grace) as conn:
        kept.keep(conn, grace, hashed)
    other = Browser(gateway)
    other.sign_in("grace@example.com")
    listed = browser("/sessions").json()["items"]
    assert [one["current"] for one in listed].count(True) == 1
    assert len(listed) == 2
    foreign = other("/sessions").json()["items"][0]["id"]
    assert browser(f"/sessions/{foreign}", "DELETE").status == 404
    assert browser("/sessions", "DELETE").status == 204
    assert (second("/me").status, other("/me").status, browser("/me").status) == (401, 200, 200)


def test_a_password_change_ends_other_sessions_and_turns_the_cookie(browser: Browser, gateway: Ask) -> None:
    browser.sign_in()
    second, copy = Browser(gateway), Browser(gateway, browser.cookie)
    second.sign_in()
    assert browser("/session/password", "PUT", {"old": OTHERS, "new": OTHERS}).status == 422
    weak = browser("/session/password", "PUT", {"old": MINE, "new": "passwordpassword1"})
    assert (weak.status, "guessed" in weak.json()["detail"]) == (422, True)
    assert browser("/session/password", "PUT", {"old": MINE, "new": OTHERS}).status == 204
    assert [one("/me").status for one in (browser, second, copy)] == [200, 401, 401]
    assert browser.sign_in().status == 401
    assert browser.sign_in(password=OTHERS).status == 200


def test_what_is_dangerous_wants_a_fresh_sign_in(browser: Browser, owner: Connection) -> None:
    browser.sign_in()
    wanted = {"name": "probe", "permissions": ["assets:read"], "expires_at": in_days(30)}
    aged(owner, timedelta(minutes=6))
    assert browser("/tokens", "POST", wanted).status == 403
    before = browser.cookie
    assert browser("/session/proof", "POST", {"password": OTHERS}).status == 403
    assert browser("/session/proof", "POST", {"password": MINE}).status == 204
    assert browser.cookie != before
    assert browser("/tokens", "POST", wanted).status == 201


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def test_a_token_is_told_once_and_never_wider_than_its_owner(
    browser: Browser, gateway: Ask, owner: Connection, person: UUID
) -> None:
    browser.sign_in()
    wanted = {"name": "probe", "permissions": ["assets:read", "users:write"], "expires_at": in_days(30)}
    made = browser("/tokens", "POST", wanted).json()
    assert made["token"] not in browser("/tokens").body.decode()
    program = gateway.as_(made["token"])
    assert program("/assets").status == 200
    assert program("/sources").status == 403
    with tenant_transaction(owner, TENANT) as conn:
        conn.execute(
            "UPDATE grants SET role_id = (SELECT role_id FROM roles WHERE tenant_id = %s AND builtin = 'monitor')"
            " WHERE user_id = %s",
            [TENANT, person],
        )
    assert program("/assets").status == 403  # its owner may no longer either
    beyond = browser("/tokens", "POST", wanted)
    assert beyond.status == 403


def test_a_token_ends_by_itself_is_bound_to_a_place_and_can_be_revoked(
    browser: Browser, gateway: Ask, owner: Connection
) -> None:
    browser.sign_in()
    wanted = {"name": "here", "permissions": ["assets:read"], "expires_at": in_days(30), "networks": ["192.0.2.0/24"]}
    here = browser("/tokens", "POST", wanted).json()
    elsewhere = browser("/tokens", "POST", {**wanted, "networks": ["198.51.100.0/24"]}).json()
    assert gateway.as_(here["token"])("/assets").status == 200  # the gateway says 192.0.2.77
    assert gateway.as_(elsewhere["token"])("/assets", headers={"x-forwarded-for": "198.51.100.9"}).status == 401
    with tenant_transaction(owner, TENANT) as conn:
        conn.execute("UPDATE api_tokens SET expires_at = now() WHERE api_token_id = %s", [here["id"]])
    assert gateway.as_(here["token"])("/assets").status == 401
    another = browser("/tokens", "POST", {**wanted, "networks": []}).json()
    assert browser(f"/tokens/{another['id']}", "DELETE").status == 204
    assert gateway.as_(another["token"])("/assets").status == 401
    for bad in ({"expires_at": in_days(400)}, {"expires_at": in_days(-1)}, {"networks": ["10.0.0.1/8"]}):
        assert browser("/tokens", "POST", {**wanted, **bad}).status == 422


def test_a_token_makes_no_other_token_and_has_no_sessions(ask: Ask) -> None:
    wanted = {"name": "probe", "permissions": ["assets:read"], "expires_at": in_days(30)}
    assert ask("/tokens", method="POST", body=wanted).status == 403
    assert ask("/sessions").status == 403
    assert ask("/tokens").json() == {"items": []}


def test_the_first_administrator_is_made_by_a_link_that_works_once(ask: Ask, gateway: Ask, owner: Connection) -> None:
    establish(owner, PLATFORM, "Platform")
    made = ask("/links/first", method="POST").json()
    browser = Browser(gateway)
    opened = {"link": made["secret"]}
    assert browser("/links/purpose", "POST", opened).json()["email"] is None
    said = {**opened, "email": "Ada@Example.com", "name": "Ada", "password": "too short"}
    assert browser("/links/use", "POST", said).status == 422
    reply = browser("/links/use", "POST", {**said, "password": MINE})
    assert (reply.status, reply.json()["name"]) == (200, "ada@example.com")
    assert browser("/me").json()["tenant"]["name"] == "Default"
    assert {one["name"] for one in browser("/session/tenants").json()["items"]} == {"Default", "Platform"}
    turned = browser("/session/tenant", "PUT", {"tenant_id": str(PLATFORM)})
    assert "tenants:write" in turned.json()["permissions"]
    again = Browser(gateway)("/links/use", "POST", {**said, "password": MINE})
    assert (again.status, again.json()["type"]) == (404, "/problems/not-found")
    assert ask("/links/first", method="POST").status == 409
    assert {"link.make", "link.use", "members.enrol", "session.begin"} <= set(events(owner))
    assert made["secret"] not in str(events(owner))


def test_a_link_ends_and_a_newer_one_takes_its_place(ask: Ask, gateway: Ask, owner: Connection) -> None:
    older, newer = (ask("/links/first", method="POST").json()["secret"] for _ in range(2))
    browser = Browser(gateway)
    assert browser("/links/purpose", "POST", {"link": older}).status == 404
    assert browser("/links/purpose", "POST", {"link": newer}).status == 200
    with tenant_transaction(owner, TENANT) as conn:
        conn.execute("UPDATE links SET expires_at = now()")
    assert browser("/links/purpose", "POST", {"link": newer}).status == 404


def test_a_member_without_a_password_gets_one_by_a_link(browser: Browser, gateway: Ask, owner: Connection) -> None:
    grace = enrolled(owner, "grace@example.com", VIEWER)
    browser.sign_in()
    link = browser(f"/members/{grace}/link", "POST").json()["secret"]
    hers = Browser(gateway)
    assert hers("/links/purpose", "POST", {"link": link}).json()["email"] == "grace@example.com"
    assert hers("/links/use", "POST", {"link": link, "password": OTHERS}).json()["name"] == "grace@example.com"
    assert hers(f"/members/{grace}/link", "POST").status == 403


def test_a_link_gives_nobody_more_than_they_have(browser: Browser, owner: Connection, hashed: str) -> None:
    """An administrator of one tenant must not become somebody in another by replacing a password."""
    shared = enrolled(owner, "grace@example.com", VIEWER)
    browser.sign_in()
    early = browser(f"/members/{shared}/link", "POST").json()["secret"]
    enrolled(owner, "grace@example.com", ADMINISTRATOR, OTHER)
    used = Browser(browser.ask)("/links/use", "POST", {"link": early, "password": OTHERS})
    assert used.status == 409  # made before the other tenant took them in, used after
    assert browser(f"/members/{shared}/link", "POST").status == 409  # nor while they have no password yet
    with person_transaction(owner, user=shared) as conn:
        kept.keep(conn, shared, hashed)
    assert browser(f"/members/{shared}/link", "POST").status == 409
    assert browser("/members/00000000-0000-4000-8000-000000000009/link", "POST").status == 404
    foreign = enrolled(owner, "alan@example.com", VIEWER, OTHER)
    assert browser(f"/members/{foreign}/link", "POST").status == 404


def test_a_person_turns_to_another_of_their_tenants_and_to_none_else(
    browser: Browser, owner: Connection, person: UUID, foreign: Estate
) -> None:
    browser.sign_in()
    assert browser("/session/tenant", "PUT", {"tenant_id": str(OTHER)}).status == 404
    assert enrolled(owner, "ada@example.com", VIEWER, OTHER) == person
    foreign.asset("198.51.100.7")
    assert {one["name"] for one in browser("/session/tenants").json()["items"]} == {"Default", "Other"}
    turned = browser("/session/tenant", "PUT", {"tenant_id": str(OTHER)})
    assert (turned.json()["tenant"]["name"], set(turned.json()["permissions"])) == ("Other", set(VIEWER.permissions))
    assert [one["address"] for one in browser("/assets").json()["items"]] == ["198.51.100.7"]
    assert events(owner, OTHER)[-1] == "session.enter"


def test_an_old_hash_is_made_anew_at_the_next_sign_in(browser: Browser, owner: Connection, person: UUID) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(MINE)
    with person_transaction(owner, user=person) as conn:
        kept.keep(conn, person, weak)
    assert browser.sign_in().status == 200
    with person_transaction(owner, user=person) as conn:
        now = kept.kept(conn, person)
    assert now is not None
    assert now.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "aaaaaaaaaaaaaaaaaaaa",
        "passwordpassword1",
        "password password",
        "ada@example.com ada",
        "qwertyuiopasdfgh",
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    from flowlens.model.errors import Invalid

    with pytest.raises(Invalid, match="password"):
        passwords.check(password, about=("ada@example.com", "Ada"))


def test_a_long_password_of_any_characters_is_taken() -> None:
    passwords.check("früh am Morgen 🦉 ruft die Eule: huhu", about=("ada@example.com",))
