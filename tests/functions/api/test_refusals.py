"""What is refused in places that few come by: by somebody who may some of it, or at a second look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flowlens.access import limits, passwords, rights, roles
from flowlens.access.actor import Actor
from flowlens.access.permissions import ALL
from flowlens.access.roles import ADMINISTRATOR, PLATFORM, PLATFORM_ADMINISTRATOR, VIEWER, Role
from flowlens.model.errors import Forbidden, NotFound
from flowlens.services import links, members, providers, sessions, tenants, tokens
from flowlens.services import roles as own_roles
from flowlens.services.outside import Outside
from flowlens.services.vouching import Wanted
from flowlens.store import passwords as kept
from flowlens.store import tokens as kept_tokens
from flowlens.store.connection import Connection, person_transaction, tenant_transaction
from flowlens.store.grants import RoleText
from flowlens.tables.throttles import Allowance

from tests.functions.api.gateway import Ask
from tests.functions.api.provider import CLIENT, ISSUER, Provider
from tests.functions.api.test_entering import Browser, ada, grace, hashed, house, provider
from tests.functions.api.test_members import NOBODY, conn, person
from tests.functions.api.test_members import role as number
from tests.functions.api.test_sessions import MINE, enrolled, in_days
from tests.postgres import OTHER, TENANT

__all__ = ["ada", "conn", "grace", "hashed", "house", "provider"]  # fixtures

ANY = {"if-match": "*"}


@pytest.fixture
def somewhere(conn: Connection) -> Actor:
    """Who may everything, in one network."""
    whole = person(conn, "ada", ADMINISTRATOR)()
    there = rights.of([(ALL, limits.read({"networks": ["10.0.0.0/8"]}))])
    return Actor(TENANT, whole.name, there.permissions, whole.principal, whole.user, there)


WANTED = Wanted(name="Company", client_id=CLIENT, secret=None, algorithm="RS256", enabled=True, shown=True, role=None)


def test_who_may_in_some_places_changes_nothing_that_holds_everywhere(conn: Connection, somewhere: Actor) -> None:
    acts: list[Callable[[], object]] = [
        lambda: providers.create(conn, somewhere, "sealing", ("oidc", ISSUER), WANTED),
        lambda: providers.update(conn, somewhere, "sealing", (NOBODY, None), WANTED),
        lambda: providers.delete(conn, somewhere, NOBODY, None),
        lambda: providers.describe(conn, somewhere, Outside("none"), url=None, xml="<x/>"),
        lambda: own_roles.create(conn, somewhere, RoleText("Planner", "", [])),
    ]
    for act in acts:
        with pytest.raises(Forbidden, match="in some places only"):
            act()


def test_a_provider_gives_no_role_that_is_none_or_beyond_whoever_says_so(conn: Connection) -> None:
    whole = person(conn, "ada", ADMINISTRATOR)()
    held = rights.unlimited(("providers:write", "users:read"))
    little = Actor(TENANT, "bob", held.permissions, whole.principal, whole.user, held)
    with pytest.raises(NotFound, match="role 987654"):
        providers.create(conn, whole, "sealing", ("oidc", ISSUER), replace(WANTED, role=987_654))
    with pytest.raises(Forbidden, match="nobody grants what they lack"):
        providers.create(conn, little, "sealing", ("oidc", ISSUER), replace(WANTED, role=number(conn, "viewer")))


def test_a_provider_is_changed_as_it_was_read_or_not_at_all(
    conn: Connection,
    ada: Browser,
    provider: str,
    house: Provider,  # noqa: ARG001 (for its effect)
) -> None:
    whole = person(conn, "root", ADMINISTRATOR)()
    with pytest.raises(NotFound):
        providers.delete(conn, whole, NOBODY, None)
    assert ada(f"/identity-providers/{NOBODY}", "DELETE", **{"if-match": '"1"'}).status == 404
    path = f"/identity-providers/{provider}"
    assert ada(path, "DELETE", **{"if-match": '"99"'}).status == 412
    assert ada(path).status == 200


def test_what_a_provider_vouches_for_accepts_no_other_tenants_invitation(
    grace: Browser, owner: Connection, gateway: Ask, hashed: str
) -> None:
    eve = enrolled(owner, "eve@example.com", ADMINISTRATOR, OTHER)
    with person_transaction(owner, user=eve) as conn:
        kept.keep(conn, eve, hashed)
    hers = Browser(gateway)
    assert hers("/session", "POST", {"email": "eve@example.com", "password": MINE}).status == 200
    role = next(one["id"] for one in hers("/roles").json()["items"] if one["builtin"] == "viewer")
    made = hers("/members", "POST", {"email": "grace@example.com", "name": "G.", "role_id": role})
    link = hers(f"/members/{made.json()['id']}/link", "POST").json()["secret"]
    said = grace("/links/accept", "POST", {"link": link})
    assert (said.status, "sign in with your password" in said.json()["detail"]) == (403, True)
    assert Browser(gateway)("/links/purpose", "POST", {"link": link}).json()["accept"] is True  # it still waits


def test_a_house_has_its_own_roles(conn: Connection) -> None:
    with pytest.raises(NotFound):
        members.enrol(conn, TENANT, email="ada@example.com", name="", role=PLATFORM_ADMINISTRATOR, by="test")


def test_tenants_are_made_and_entered_from_the_platform_with_a_role_of_theirs(conn: Connection) -> None:
    with pytest.raises(Forbidden, match="the platform's to make"):
        tenants.create(conn, person(conn, "ada", ADMINISTRATOR)(), name="North", administrator="noor@example.com")
    root = person(conn, "root", PLATFORM_ADMINISTRATOR, PLATFORM)()
    foreign: Role = roles.PLATFORM_ADMINISTRATOR
    with pytest.raises(NotFound, match="the role"):
        tenants.enter(conn, root, TENANT, role=foreign, reason="to look", minutes=5)


def test_who_belongs_nowhere_any_longer_signs_in_nowhere(
    ada: Browser, owner: Connection, gateway: Ask, hashed: str
) -> None:
    user = enrolled(owner, "alan@example.com", VIEWER)
    with person_transaction(owner, user=user) as conn:
        kept.keep(conn, user, hashed)
    assert ada(f"/members/{user}", "DELETE").status == 204
    said = Browser(gateway)("/session", "POST", {"email": "alan@example.com", "password": MINE})
    assert (said.status, "member of no tenant" in said.json()["detail"]) == (403, True)


def test_whoever_is_signed_in_guesses_no_password_without_end(ada: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_OF_ACCOUNT", Allowance(1, 300))
    for path, method, body in (
        ("/session/proof", "POST", {"password": "wrong" * 4}),
        ("/session/password", "PUT", {"old": "wrong" * 4, "new": MINE}),
    ):
        monkeypatch.setattr(passwords, "holds", lambda *_: False)
        first = ada(path, method, body).status
        assert first in (403, 422, 429)
        again = ada(path, method, body)
        assert (again.status, "retry-after" in again.headers) == (429, True)


def test_links_are_not_guessed_without_end(gateway: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_TRIES", Allowance(2, 300))
    browser = Browser(gateway)
    statuses = [browser("/links/purpose", "POST", {"link": "x" * 43}).status for _ in range(3)]
    assert statuses == [404, 404, 429]


def test_a_token_is_no_wider_than_its_owner_and_revoked_by_nobody_else(
    ada: Browser, conn: Connection, owner: Connection
) -> None:
    wide = {"name": "wide", "permissions": ["tenants:write"], "expires_at": in_days(1)}
    assert "tenants:write" not in ada("/me").json()["permissions"]
    said = ada("/tokens", "POST", wide)
    assert (said.status, "never wider than its owner" in said.json()["detail"]) == (403, True)
    assert ada("/tokens/987654", "DELETE").status == 404
    mine = ada("/tokens", "POST", {**wide, "permissions": ["assets:read"]}).json()["id"]
    with pytest.raises(NotFound):
        tokens.revoke(conn, person(conn, "eve", ADMINISTRATOR)(), mine)
    with tenant_transaction(owner, TENANT) as inside:
        assert len(kept_tokens.of_user(inside, TENANT, enrolled(owner, "ada@example.com", VIEWER))) == 1


@pytest.mark.parametrize("what", ["assets", "dependencies"])
def test_what_is_not_there_was_seen_by_nobody(ask: Ask, what: str) -> None:
    assert ask(f"/{what}/987654/sightings").status == 404


def test_a_link_for_whoever_may_more_is_refused(conn: Connection) -> None:
    """Or whoever uses it would be them."""
    chief = person(conn, "chief", ADMINISTRATOR)
    viewer = person(conn, "viewer", VIEWER)()
    with pytest.raises(Forbidden, match="they may do what you may not"):
        links.for_member(conn, viewer, chief().user or NOBODY)
    with pytest.raises(Forbidden, match="they may do what you may not"):
        links.check_theirs(conn, viewer, chief().user or NOBODY)
