"""A second factor: through the handler, on a real Postgres, with an authenticator of our own."""

from __future__ import annotations

import base64
import time
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from flowlens.access import factors
from flowlens.access.roles import ADMINISTRATOR, PLATFORM, PLATFORM_ADMINISTRATOR
from flowlens.model.errors import NotFound
from flowlens.services import links
from flowlens.services.operations import establish
from flowlens.store import passwords as kept
from flowlens.store.connection import Connection, person_transaction

from tests.functions.api.gateway import Ask
from tests.functions.api.test_sessions import MINE, OTHERS, Browser, aged, browser, enrolled, events, hashed, person
from tests.postgres import OTHER, TENANT

__all__ = ["browser", "hashed", "person"]  # fixtures


class Authenticator:
    """As an app on a telephone: it has the seed, and a clock that tests move on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
        self._seed, self._now = base64.b32decode(secret), time.time()
        self._monkeypatch = monkeypatch

    def later(self, steps: int = 1) -> None:
        self._now += steps * factors.STEP
        clock = SimpleNamespace(time=lambda: self._now)
        self._monkeypatch.setattr("flowlens.services.factors.time", clock)

    def code(self, ahead: int = 0) -> str:
        return factors.code(self._seed, int(self._now // factors.STEP) + ahead)


def enrol(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> tuple[Authenticator, list[str]]:
    begun = browser("/session/factor/seed", "POST").json()
    assert begun["secret"] in begun["address"]
    app = Authenticator(monkeypatch, begun["secret"])
    app.later(0)
    confirmed = browser("/session/factor/confirmation", "POST", {"code": app.code()})
    assert confirmed.status == 200
    app.later(2)
    return app, confirmed.json()["codes"]


def shows(browser: Browser, code: str) -> int:
    return browser("/session/factor", "POST", {"code": code}).status


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, the last six digits."""
    assert factors.code(b"12345678901234567890", seconds // factors.STEP) == code


def test_a_code_holds_one_step_to_either_side_and_never_again() -> None:
    seed, now = b"12345678901234567890", 1_000_000.0
    step = int(now // factors.STEP)
    found = [factors.matching(seed, factors.code(seed, step + off), now=now, after=0) for off in range(-3, 4)]
    assert found == [None, None, step - 1, step, step + 1, None, None]
    assert factors.matching(seed, factors.code(seed, step), now=now, after=step) is None


def test_half_a_session_sees_nothing_until_a_code_was_shown(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, owner: Connection
) -> None:
    browser.sign_in()
    assert browser("/me").json()["factor"] == "none"
    app, _ = enrol(browser, monkeypatch)
    assert browser("/me").json()["factor"] == "shown"
    assert browser("/assets").status == 200
    again = Browser(browser.ask)
    assert again.sign_in().json()["factor"] == "wanted"
    for path, method in (
        ("/assets", "GET"),
        ("/sessions", "GET"),
        ("/sessions", "DELETE"),
        ("/session/factor", "DELETE"),
    ):
        assert again(path, method).status == 403, path
    assert again("/session/password", "PUT", {"old": MINE, "new": OTHERS}).status == 403
    assert again("/session/factor/seed", "POST").status == 409  # nobody puts another in its place
    before, code = Browser(browser.ask, again.cookie), app.code()
    assert shows(again, code) == 204
    assert again("/assets").status == 200
    assert before("/me").status == 401  # the half session's secret is worth nothing
    third = Browser(browser.ask)
    third.sign_in()
    assert shows(third, code) == 403  # taken once
    assert {"factor.enrol", "factor.show", "factor.refuse"} <= set(events(owner))


def test_codes_are_limited_before_they_are_looked_at(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    browser.sign_in()
    app, codes = enrol(browser, monkeypatch)  # one try
    again = Browser(browser.ask)
    again.sign_in()
    assert [shows(again, f"{n:06d}") for n in range(4)] == [403] * 4
    assert (shows(again, app.code()), shows(again, codes[0])) == (429, 429)


def test_a_recovery_code_works_once_however_it_is_typed(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    browser.sign_in()
    _, codes = enrol(browser, monkeypatch)
    assert len(set(codes)) == 10
    again = Browser(browser.ask)
    again.sign_in()
    assert shows(again, codes[3].upper().replace("-", " ")) == 204
    assert again("/session/factor").json() == {"factor": "shown", "codes_left": 9}
    third = Browser(browser.ask)
    third.sign_in()
    assert shows(third, codes[3]) == 403
    new = again("/session/factor/codes", "POST").json()["codes"]
    assert shows(third, codes[4]) == 403
    assert shows(third, new[0]) == 204


def test_what_is_dangerous_wants_both_factors(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, owner: Connection
) -> None:
    browser.sign_in()
    app, _ = enrol(browser, monkeypatch)
    aged(owner, timedelta(minutes=6))
    assert browser("/session/factor", "DELETE").status == 403
    assert browser("/session/proof", "POST", {"password": MINE}).status == 403
    assert browser("/session/factor", "DELETE").status == 403
    assert browser("/session/proof", "POST", {"password": MINE, "code": app.code()}).status == 204
    assert browser("/session/factor", "DELETE").status == 204
    assert browser("/me").json()["factor"] == "none"


def test_a_new_password_alone_makes_nothing_fresh(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, owner: Connection
) -> None:
    browser.sign_in()
    enrol(browser, monkeypatch)
    aged(owner, timedelta(minutes=6))
    assert browser("/session/password", "PUT", {"old": MINE, "new": OTHERS}).status == 204
    assert browser("/session/factor", "DELETE").status == 403


def test_a_tenant_may_want_one_of_everybody(
    browser: Browser, gateway: Ask, monkeypatch: pytest.MonkeyPatch, owner: Connection, hashed: str
) -> None:
    grace = enrolled(owner, "grace@example.com", ADMINISTRATOR)
    with person_transaction(owner, user=grace) as conn:
        kept.keep(conn, grace, hashed)
    other = Browser(gateway)
    other.sign_in("grace@example.com")
    browser.sign_in()
    assert browser("/factor-rule", "PUT", {"required": True}).status == 409  # it would shut oneself out
    enrol(browser, monkeypatch)
    assert browser("/factor-rule", "PUT", {"required": True}).status == 200
    assert other("/me").json()["factor"] == "missing"
    assert other("/assets").status == 403
    enrol(other, monkeypatch)
    assert other("/assets").status == 200
    assert browser("/factor-rule").json() == {"required": True}


def test_an_administrator_takes_the_factor_of_a_member_who_lost_it(
    browser: Browser, gateway: Ask, monkeypatch: pytest.MonkeyPatch, owner: Connection, hashed: str
) -> None:
    grace = enrolled(owner, "grace@example.com", ADMINISTRATOR)
    with person_transaction(owner, user=grace) as conn:
        kept.keep(conn, grace, hashed)
    other = Browser(gateway)
    other.sign_in("grace@example.com")
    enrol(other, monkeypatch)
    browser.sign_in()
    assert browser(f"/members/{grace}/factor", "DELETE").status == 204
    assert other("/me").status == 401
    assert other.sign_in("grace@example.com").json()["factor"] == "none"
    assert browser(f"/members/{grace}/factor", "DELETE").status == 404
    establish(owner, OTHER, "Other")
    enrolled(owner, "grace@example.com", ADMINISTRATOR, OTHER)
    enrol(other, monkeypatch)
    assert browser(f"/members/{grace}/factor", "DELETE").status == 409  # another tenant relies on it too
    assert "factor.reset" in events(owner)


def test_a_link_gives_a_password_and_leaves_the_factor(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, person: UUID
) -> None:
    browser.sign_in()
    enrol(browser, monkeypatch)
    made = browser(f"/members/{person}/link", "POST").json()["secret"]
    thief = Browser(browser.ask)
    assert thief("/links/use", "POST", {"link": made, "password": OTHERS}).json()["factor"] == "wanted"
    assert thief("/assets").status == 403


def test_whoever_runs_the_installation_gives_an_account_back(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, owner: Connection
) -> None:
    establish(owner, PLATFORM, "Platform")
    enrolled(owner, "ada@example.com", PLATFORM_ADMINISTRATOR, PLATFORM)
    browser.sign_in()
    enrol(browser, monkeypatch)
    made = links.to_regain(owner, "Ada@example.com")
    back = Browser(browser.ask)
    reply = back("/links/use", "POST", {"link": made.secret, "password": OTHERS})
    assert (reply.status, reply.json()["factor"]) == (200, "none")
    assert browser("/me").status == 401
    assert back("/links/use", "POST", {"link": made.secret, "password": MINE}).status == 404
    assert "link.regain" in events(owner, TENANT)
    assert "link.regain" in events(owner, PLATFORM)
    with pytest.raises(NotFound):
        links.to_regain(owner, "nobody@example.com")
