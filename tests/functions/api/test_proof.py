"""What is dangerous wants a fresh proof of who asks; what a provider vouches for reaches no further than its tenant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flowlens.access.roles import ADMINISTRATOR
from flowlens.store import passwords as kept
from flowlens.store.connection import Connection, person_transaction

from tests.functions.api import test_factors as factors
from tests.functions.api.gateway import Ask
from tests.functions.api.provider import Provider
from tests.functions.api.test_entering import Browser, ada, grace, hashed, house, provider
from tests.functions.api.test_matrix import CELLS, Cell
from tests.functions.api.test_sessions import MINE, aged, enrolled
from tests.postgres import OTHER

__all__ = ["ada", "grace", "hashed", "house", "provider"]  # fixtures

STALE = "/problems/fresh-sign-in"
# Whatever changes who may what, who vouches for whom, and what opens the door without a person.
_DANGEROUS = (
    "/members", "/roles", "/tenants", "/identity-providers", "/factor-rule", "/session/factor", "/session/identities",
    "/links/first",
)  # fmt: skip
_HARMLESS = {
    ("POST", "/session/factor"),  # shows a code
    ("POST", "/identity-providers/{id}/test"),  # changes nothing, as the next
    ("POST", "/identity-providers/metadata"),
}


def dangerous(cell: Cell) -> bool:
    path = cell.path.replace("00000000-0000-7000-8000-0000000000ff", "{id}")
    changes = cell.method not in ("GET", "HEAD") and (cell.method, path) not in _HARMLESS
    return changes and (path.startswith(_DANGEROUS) or (cell.method, path) == ("POST", "/tokens"))


def test_every_dangerous_act_declares_that_it_wants_a_fresh_sign_in() -> None:
    found = {(cell.method, cell.path) for cell in CELLS if dangerous(cell) and not cell.guard.fresh}
    assert found == set()
    assert len([cell for cell in CELLS if dangerous(cell)]) >= 20


def test_a_stale_session_does_nothing_dangerous_and_is_told_how_to_go_on(ada: Browser, owner: Connection) -> None:
    acts = [cell for cell in CELLS if dangerous(cell) and not cell.path.startswith("/tenants")]
    aged(owner, timedelta(minutes=6))
    assert ada("/members").status == 200
    for cell in acts:
        reply = ada(cell.path, cell.method, {})
        assert (reply.status, reply.json()["type"]) == (403, STALE), cell
    assert ada("/session/proof", "POST", {"password": MINE}).status == 204
    for cell in acts:
        reply = ada(cell.path, cell.method, {})
        assert reply.json().get("type") != STALE, cell


@pytest.mark.usefixtures("grace")
def test_who_shows_once_more_at_a_provider_who_they_are_shows_the_second_factor_again(
    ada: Browser, provider: str, house: Provider, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.person = {"sub": "ada", "email": "ada@example.com", "name": "Ada"}

    def goes(*, connect: bool) -> int:
        sent = ada("/session/provider/again", "POST", {"provider_id": provider, "connect": connect})
        return ada.answer(house.signs_in(sent.json()["location"])).status

    assert goes(connect=True) == 200
    app, _ = factors.enrol(ada, monkeypatch)  # type: ignore[arg-type]  # a browser too
    role = {"name": "Helper", "permissions": ["assets:read"]}
    aged(owner, timedelta(minutes=6))
    assert ada("/roles", "POST", role).json()["type"] == STALE
    assert goes(connect=False) == 200
    assert ada("/me").json()["factor"] == "wanted"
    assert ada("/roles", "POST", role).status == 403
    assert ada("/session/factor", "POST", {"code": app.code()}).status == 204
    assert ada("/roles", "POST", role).status == 201


def test_a_session_of_a_provider_sees_and_ends_sessions_of_its_tenants_providers_alone(
    grace: Browser, provider: str, house: Provider, gateway: Ask, owner: Connection, hashed: str
) -> None:
    """Whoever runs a tenant's provider can be its people there, and must not reach what they do elsewhere."""
    user = enrolled(owner, "grace@example.com", ADMINISTRATOR, OTHER)
    with person_transaction(owner, user=user) as conn:
        kept.keep(conn, user, hashed)
    own = Browser(gateway)
    own("/session", "POST", {"email": "grace@example.com", "password": MINE})
    second = Browser(gateway)
    second.answer(house.signs_in(second.begin(provider).json()["location"]))
    listed = own("/sessions").json()["items"]
    assert len(listed) == 3
    assert {one["method"] for one in grace("/sessions").json()["items"]} == {"Company sign-in"}
    assert len(grace("/sessions").json()["items"]) == 2
    elsewhere = next(one["id"] for one in listed if one["current"])
    assert grace(f"/sessions/{elsewhere}", "DELETE").status == 404
    assert grace("/sessions", "DELETE").status == 204
    assert [one("/me").status for one in (grace, own, second)] == [200, 200, 401]
    assert own("/sessions", "DELETE").status == 204  # the other way round it reaches
    assert grace("/me").status == 401
