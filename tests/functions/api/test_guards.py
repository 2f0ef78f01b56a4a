"""Who may call what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from flowlens.access import tokens
from flowlens.access.permissions import ALL
from flowlens.store.connection import tenant_transaction

from functions.api.app import OPEN, ROUTERS, build
from functions.api.deps import Guard
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask


def routes() -> Iterator[APIRoute]:
    """FastAPI nests included routers, so the routers are walked, not the app's list."""
    for module in ROUTERS:
        for route in module.router.routes:
            assert isinstance(route, APIRoute)
            yield route


def guards(dependant: Dependant) -> Iterator[Guard]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Guard):
            yield inner.call
        yield from guards(inner)


def calls(*, guarded: bool = False) -> list[tuple[str, str]]:
    """Method and path of every route but the open ones, with an id that could exist."""
    return [
        (method, route.path.replace("{" + _param(route) + "}", "1"))
        for route in routes()
        if route.name not in OPEN
        for method in sorted(route.methods or ())
        if not guarded or any(g.permissions for g in guards(route.dependant))
    ]


def _param(route: APIRoute) -> str:
    return route.path.partition("{")[2].partition("}")[0] or "\0"


@pytest.mark.parametrize("route", list(routes()), ids=lambda route: route.name)
def test_a_route_declares_who_may_call_it(route: APIRoute) -> None:
    assert route.name in OPEN or len(list(guards(route.dependant))) == 1


# Who leaves their place for a minute must not find a token made, a factor gone, a provider or a role changed.
FRESH = frozenset(
    {"begin_factor", "confirm_factor", "remove_factor", "renew_recovery_codes", "reset_factor", "set_factor_rule"}
    | {"create_member_link", "create_first_link", "create_token", "disconnect_identity"}
    | {"create_provider", "update_provider", "delete_provider"}
    | {"create_member", "shut_member", "remove_member", "create_grant", "revoke_grant"}
    | {"create_role", "update_role", "delete_role", "create_tenant", "enter_tenant"}
)


def test_what_is_dangerous_and_nothing_else_wants_a_fresh_sign_in() -> None:
    wanting = {route.name for route in routes() if any(guard.fresh for guard in guards(route.dependant))}
    assert wanting == FRESH


def test_only_these_routes_are_open_to_anyone() -> None:
    described = {"read_health", "read_openapi", "read_docs"}
    doors = {"sign_in", "read_link", "use_link", "list_doors", "begin_at_provider", "finish_at_provider"}
    doors |= {"receive_saml_answer", "read_saml_metadata", "receive_pubsub", "receive_events", "allow_events"}
    assert described | doors == OPEN
    assert {p for p in build().openapi()["paths"] if p.endswith("/health")} == {"/api/v1/health"}


def test_without_a_token_nothing_is_answered(gateway: Ask, client: Ask) -> None:
    """All in one test: emptying the database for each would take ten times as long as asking."""
    for method, path in calls():
        for ask in (gateway, client):
            reply = ask(path, method=method)
            assert (reply.status, reply.json()["type"]) == (401, "/problems/unauthenticated"), (method, path)
            assert reply.headers["www-authenticate"].startswith("Bearer"), (method, path)


def test_a_token_without_the_permission_is_refused(gateway: Ask, estate: Estate) -> None:
    ask = gateway.as_(estate.token())
    for method, path in calls(guarded=True):
        reply = ask(path, method=method)
        assert (reply.status, reply.json()["type"]) == (403, "/problems/forbidden"), (method, path)
        assert any(permission in reply.json()["detail"] for permission in ALL), (method, path)


def test_reading_sources_does_not_allow_changing_them(gateway: Ask, estate: Estate) -> None:
    source = estate.source("192.0.2.1")
    reader = gateway.as_(estate.token("sources:read"))
    assert reader(f"/sources/{source}").status == 200
    refused = reader(f"/sources/{source}", method="PATCH", body={"name": "mine"}, headers={"if-match": '"1"'})
    assert refused.status == 403


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer fl_",
        "Basic Zm9vOmJhcg==",
        "Bearer xx_" + "a" * 43,
        "fl_" + "a" * 43,
        "Bearer fl_" + "a" * 5000,
    ],
)
def test_what_is_no_token_is_told_what_one_is(gateway: Ask, authorization: str) -> None:
    reply = gateway("/me", headers={"authorization": authorization})
    assert reply.status == 401
    assert "fl_" in reply.json()["detail"]


def test_a_revoked_token_is_refused_at_once(gateway: Ask, estate: Estate) -> None:
    ask = gateway.as_(estate.administrator())
    assert ask("/me").status == 200
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        conn.execute("DELETE FROM api_tokens")
    assert ask("/me").status == 401


def test_the_use_of_a_token_is_noted_at_most_once_a_minute(gateway: Ask, estate: Estate) -> None:
    ask = gateway.as_(estate.administrator())
    uses = []
    for _ in range(2):
        ask("/me")
        with tenant_transaction(estate.conn, estate.tenant) as conn:
            uses += conn.execute("SELECT last_used_at FROM api_tokens").fetchall()
    assert uses[0][0] is not None
    assert uses[0] == uses[1]


def test_the_token_itself_is_kept_nowhere(estate: Estate) -> None:
    token = estate.administrator()
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        rows = conn.execute("SELECT api_tokens::text FROM api_tokens").fetchall()
    assert tokens.digest(token).hex() in str(rows)
    assert token[3:] not in str(rows)


def test_a_generated_value_becomes_a_token_once() -> None:
    token = tokens.adopt("x" * 43)
    assert token == "fl_" + "x" * 43
    assert tokens.adopt(token) == token
    assert tokens.parse(f"Bearer {tokens.make()}")
