"""What changed while somebody was at their identity provider counts when they come back."""

from __future__ import annotations

from typing import Any

import pytest
from flowlens.access.roles import ADMINISTRATOR, VIEWER
from flowlens.store.connection import Connection, tenant_transaction

from tests.functions.api.gateway import Ask, Reply
from tests.functions.api.provider import CLIENT, Provider
from tests.functions.api.test_entering import TEXT, Browser, ada, grace, hashed, house, provider
from tests.functions.api.test_sessions import enrolled, events
from tests.postgres import OTHER, TENANT

__all__ = ["ada", "grace", "hashed", "house", "provider"]  # fixtures

ANY = {"if-match": "*"}


def details(owner: Connection, action: str) -> list[dict[str, Any]]:
    with tenant_transaction(owner, TENANT) as conn:
        found = conn.execute("SELECT detail FROM audit_events WHERE action = %s ORDER BY number", [action]).fetchall()
    return [detail for (detail,) in found]


def connected(ada: Browser, provider: str, house: Provider) -> None:
    """From now on Ada's account at the provider is known here as hers."""
    house.person = {"sub": "ada", "email": "ada@id.example", "name": "Ada"}
    assert ada.answer(house.signs_in(sent(ada, provider, connect=True))).json()["purpose"] == "connect"


def sent(browser: Browser, provider: str, *, connect: bool = False) -> str:
    reply = browser("/session/provider/again", "POST", {"provider_id": provider, "connect": connect})
    assert reply.status == 200, reply.body
    return str(reply.json()["location"])


def links_of(ada: Browser, owner: Connection) -> tuple[str, str]:
    """Somebody invited and the secret of their link."""
    user = enrolled(owner, "alan@example.com", VIEWER)
    return str(user), str(ada(f"/members/{user}/link", "POST").json()["secret"])


@pytest.mark.usefixtures("grace")
def test_a_provider_that_was_disabled_meanwhile_lets_nobody_in(
    ada: Browser, provider: str, house: Provider, gateway: Ask
) -> None:
    browser = Browser(gateway)
    query = house.signs_in(browser.begin(provider).json()["location"])
    changed = ada(
        f"/identity-providers/{provider}", "PATCH", {"name": "X", "client_id": CLIENT, "enabled": False}, **ANY
    )
    assert changed.status == 200
    back = browser.answer(query)
    assert (back.status, "not used any longer" in back.json()["detail"]) == (401, True)
    assert browser("/me").status == 401


@pytest.mark.usefixtures("grace")
def test_an_answer_that_is_refused_is_in_the_trail_with_the_reason(
    provider: str, house: Provider, gateway: Ask, owner: Connection
) -> None:
    browser = Browser(gateway)
    house.spoil = lambda claims: claims.update(nonce="another's")
    back = browser.answer(house.signs_in(browser.begin(provider).json()["location"]))
    (refused,) = details(owner, "session.refuse")
    assert (back.status, refused["why"], refused["provider"]) == (401, back.json()["detail"], provider)


def test_nobody_arrives_without_an_address(ada: Browser, provider: str, house: Provider, gateway: Ask) -> None:
    role = next(one["id"] for one in ada("/roles").json()["items"] if one["builtin"] == "viewer")
    assert ada(f"/identity-providers/{provider}", "PATCH", {**TEXT, "role_id": role}, **ANY).status == 200
    house.person = {"sub": "nameless", "name": "N."}
    browser = Browser(gateway)
    back = browser.answer(house.signs_in(browser.begin(provider).json()["location"]))
    assert (back.status, "e-mail address" in back.json()["detail"]) == (403, True)
    assert browser("/me").status == 401


def test_a_link_that_was_used_meanwhile_connects_nobody(
    ada: Browser, provider: str, house: Provider, gateway: Ask, owner: Connection
) -> None:
    _, link = links_of(ada, owner)
    browser = Browser(gateway)
    query = house.signs_in(browser.begin(provider, link=link).json()["location"])
    chosen = {"link": link, "password": "a lighthouse keeper's forgotten kettle"}
    assert Browser(gateway)("/links/use", "POST", chosen).status == 200
    assert browser.answer(query).status == 404
    assert browser("/me").status == 401


def test_a_link_connects_nobody_whom_another_tenant_knows(
    ada: Browser, provider: str, house: Provider, gateway: Ask, owner: Connection
) -> None:
    """Or whoever runs the provider would be them in that tenant too."""
    _, link = links_of(ada, owner)
    house.person = {"sub": "alan", "email": "alan@id.example"}
    browser = Browser(gateway)
    query = house.signs_in(browser.begin(provider, link=link).json()["location"])
    enrolled(owner, "alan@example.com", ADMINISTRATOR, OTHER)  # the other tenant takes them in meanwhile
    back = browser.answer(query)
    assert (back.status, "other tenants know them" in back.json()["detail"]) == (409, True)
    assert browser("/me").status == 401
    later = Browser(gateway)
    assert later.answer(house.signs_in(later.begin(provider).json()["location"])).status == 403  # nothing is linked
    assert "link.use" not in events(owner)


def test_whoever_signed_out_meanwhile_comes_back_as_nobody(ada: Browser, provider: str, house: Provider) -> None:
    connected(ada, provider, house)
    query = house.signs_in(sent(ada, provider))
    assert ada("/session", "DELETE").status == 204
    back = ada.answer(query)
    assert (back.status, "ended meanwhile" in back.json()["detail"]) == (401, True)


def test_a_second_factor_that_is_wanted_meanwhile_comes_before_the_provider(
    ada: Browser, provider: str, house: Provider, owner: Connection
) -> None:
    connected(ada, provider, house)
    query = house.signs_in(sent(ada, provider))
    with tenant_transaction(owner, TENANT) as conn:
        conn.execute("UPDATE tenants SET factor_required = true")
    assert ada.answer(query).status == 403


def test_somebody_elses_account_proves_nothing(
    ada: Browser, grace: Browser, provider: str, house: Provider, owner: Connection
) -> None:
    hers = house.person
    connected(ada, provider, house)
    house.person, before = hers, dict(ada.jar)
    back = ada.answer(house.signs_in(sent(ada, provider)))
    assert (back.status, "somebody else's" in back.json()["detail"]) == (401, True)
    assert ada.jar["__Host-flowlens"] == before["__Host-flowlens"]
    assert grace("/me").status == 200
    assert details(owner, "session.prove") == []


def test_a_proof_at_a_tenants_provider_counts_in_that_tenant_alone(
    ada: Browser, provider: str, house: Provider, owner: Connection
) -> None:
    """Whoever runs one tenant's provider could say there that a stolen session is fresh, and act in another tenant."""

    def dangerous() -> Reply:
        return ada("/factor-rule", "PUT", {"required": False})

    def turn(tenant: object) -> None:
        assert ada("/session/tenant", "PUT", {"tenant_id": str(tenant)}).status == 200

    enrolled(owner, "ada@example.com", ADMINISTRATOR, OTHER)
    connected(ada, provider, house)
    turn(OTHER)
    assert dangerous().status == 200  # her password was fresh, and counts in both
    turn(TENANT)
    with tenant_transaction(owner, TENANT) as conn:
        conn.execute("UPDATE sessions SET proven_at = proven_at - interval '6 minutes'")
    assert dangerous().status == 403
    assert ada.answer(house.signs_in(sent(ada, provider))).json()["purpose"] == "prove"
    assert [one["provider"] for one in details(owner, "session.prove")] == [provider]
    assert dangerous().status == 200
    turn(OTHER)
    stale = dangerous()
    assert (stale.status, stale.json()["type"]) == (403, "/problems/fresh-sign-in")
    turn(TENANT)
    assert dangerous().status == 200
