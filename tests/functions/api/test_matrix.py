"""Who gets what from every route, generated from the routes: role, tenant and credential; and every guard is needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
from fastapi.routing import APIRoute
from flowlens.access import roles
from flowlens.access.permissions import ALL
from flowlens.access.roles import PLATFORM
from flowlens.services import members, sessions
from flowlens.services.operations import establish
from flowlens.services.sessions import Caller
from flowlens.store.connection import Connection, tenant_transaction

from functions.api.app import OPEN
from functions.api.deps import Guard
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply
from tests.functions.api.test_guards import guards, routes
from tests.postgres import TENANT

_PARAMETER = re.compile(r"\{(\w+)\}")
_ABSENT = "00000000-0000-7000-8000-0000000000ff"  # no user and no tenant
_NUMBER = "987654321"
EVERYBODY = (*roles.OF_TENANTS, *roles.OF_PLATFORM)


@dataclass(frozen=True)
class Cell:
    """One operation, its guard, and a path to something that is not there."""

    method: str
    path: str
    guard: Guard

    @property
    def needed(self) -> frozenset[str]:
        return frozenset(map(str, self.guard.permissions))


def _filled(route: APIRoute) -> str:
    kinds = {parameter.name: parameter.field_info.annotation for parameter in route.dependant.path_params}
    return _PARAMETER.sub(lambda m: _NUMBER if kinds.get(m[1]) is int else _ABSENT, route.path)


def cells() -> Iterator[Cell]:
    for route in routes():
        if route.name not in OPEN:
            (guard,) = guards(route.dependant)
            for method in sorted(route.methods or ()):
                yield Cell(method, _filled(route), guard)


CELLS = list(cells())


@pytest.fixture
def holders(owner: Connection, estate: Estate) -> dict[str, str]:
    """A token with the permissions of each role of the house, in the tenant that has it."""
    establish(owner, PLATFORM, "Platform")
    platform = Estate(owner, PLATFORM)
    made = {role.key: estate.token(*role.permissions, name=role.key) for role in roles.OF_TENANTS}
    return made | {role.key: platform.token(*role.permissions, name=role.key) for role in roles.OF_PLATFORM}


def for_people(reply: Reply) -> bool:
    """What concerns one's own sessions and password has no permission, and tokens have neither."""
    return reply.status == 403 and "not for tokens" in reply.json()["detail"]


def wrong(cell: Cell, role: roles.Role, reply: Reply) -> str | None:
    """What is wrong with an answer; whoever may is told what else is wrong with their request, or answered."""
    if not cell.needed and for_people(reply):
        right = True
    elif cell.needed <= role.permissions:
        right = reply.status not in (401, 403) and reply.status < 500
    else:
        right = reply.status == 403
    return None if right else f"{role.key} {cell.method} {cell.path}: {reply.status} {reply.body[:200]!r}"


def test_no_cell_of_routes_and_roles_is_wrong(gateway: Ask, holders: dict[str, str]) -> None:
    found = [
        wrong(cell, role, gateway.as_(holders[role.key])(cell.path, method=cell.method))
        for role in EVERYBODY
        for cell in CELLS
    ]
    assert len(found) == len(EVERYBODY) * len(CELLS) > 400
    assert [one for one in found if one] == []


@pytest.fixture
def sessions_of(owner: Connection, gateway: Ask) -> Callable[[roles.Role], Ask]:
    """Somebody with a role of the house who has just signed in, as a browser asks for them."""

    def signed_in(role: roles.Role) -> Ask:
        tenant = PLATFORM if role in roles.OF_PLATFORM else TENANT
        if tenant == PLATFORM:
            establish(owner, PLATFORM, "Platform")
        person = members.enrol(
            owner, tenant, email=f"{role.key}@example.com", name="", role=role, by="tests", accepted=True
        )
        secret, _ = sessions.begin(owner, person, "password", Caller("192.0.2.77", "tests"), tenant=tenant)
        return browser(gateway, secret)

    return signed_in


def browser(gateway: Ask, secret: str) -> Ask:
    def transport(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Reply:
        ours = {"cookie": f"flowlens-session={secret}", "sec-fetch-site": "same-origin"}
        return gateway.transport(method, path, query, headers | ours, body)

    return Ask(transport=transport)


def test_no_cell_of_routes_and_roles_is_wrong_for_whoever_is_signed_in(
    sessions_of: Callable[[roles.Role], Ask],
) -> None:
    """But for what needs no permission: that is one's own, and may end the session."""
    found = []
    for role in EVERYBODY:
        ask = sessions_of(role)
        found += [wrong(cell, holding(role), ask(cell.path, method=cell.method)) for cell in CELLS if cell.needed]
    assert len(found) > 400
    assert [one for one in found if one] == []


def holding(role: roles.Role) -> roles.Role:
    """A tenant's first administrator keeps its credentials too."""
    more = roles.CUSTODIAN.permissions if role is roles.ADMINISTRATOR else frozenset()
    return replace(role, permissions=role.permissions | more)


def test_no_credential_and_none_that_has_ended_gets_anything(
    gateway: Ask, estate: Estate, sessions_of: Callable[[roles.Role], Ask]
) -> None:
    """Tokens that were revoked, are over, or are made up; sessions that were ended, and that idled too long."""
    revoked, over = estate.administrator(), estate.token(*ALL, name="over")
    ended, idle = sessions_of(roles.ADMINISTRATOR), sessions_of(roles.OPERATOR)
    assert ended("/session", method="DELETE").status == 204
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        conn.execute("DELETE FROM api_tokens WHERE name = 'administrator'")
        conn.execute("UPDATE api_tokens SET expires_at = now() WHERE name = 'over'")
        conn.execute("UPDATE sessions SET last_used_at = now() - interval '31 minutes'")
    dead = [gateway.as_(token) for token in (None, revoked, over, "fl_" + "a" * 43, "")]
    for ask in [*dead, ended, idle]:
        for cell in CELLS:
            assert ask(cell.path, method=cell.method).status == 401, cell


def test_whoever_is_no_longer_a_member_gets_nothing_that_needs_a_permission(
    estate: Estate, sessions_of: Callable[[roles.Role], Ask]
) -> None:
    ask = sessions_of(roles.ADMINISTRATOR)
    assert ask("/assets").status == 200
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        conn.execute("DELETE FROM grants")
    for cell in CELLS:
        if cell.needed:
            assert ask(cell.path, method=cell.method).status == 403, cell


def test_a_token_without_any_permission_gets_what_asks_for_none(gateway: Ask, estate: Estate) -> None:
    nobody = gateway.as_(estate.token())
    for cell in CELLS:
        reply = nobody(cell.path, method=cell.method)
        assert (reply.status != 403 or for_people(reply)) is (not cell.needed), cell


def test_what_is_another_tenants_is_answered_as_what_is_not_there(
    gateway: Ask, estate: Estate, foreign: Estate
) -> None:
    """Everything has the same small numbers in both tenants' views; only the other tenant's is asked for."""
    asked = gateway.as_(estate.administrator())
    theirs = {
        "assets": foreign.asset("10.0.0.1"),
        "dependencies": foreign.depends("10.0.0.1 > 10.0.0.2"),
        "sources": foreign.source("192.0.2.1"),
    }
    with tenant_transaction(foreign.conn, foreign.tenant) as conn:
        row = conn.execute("SELECT role_id FROM roles WHERE builtin = 'viewer'").fetchone()
    theirs["roles"] = int(row[0]) if row else 0
    compared, missed = 0, 0
    for cell in CELLS:
        thing = cell.path.split("/")[1]
        if thing in theirs and _NUMBER in cell.path:
            foreign_ = replace(cell, path=cell.path.replace(_NUMBER, str(theirs[thing])))
            asked(cell.path, method=cell.method, headers={"if-match": "*"})  # the first of its kind is an event
            (missing, looked), (other, looked_alike) = (questions(asked, one) for one in (cell, foreign_))
            assert plain(other, str(theirs[thing])) == plain(missing, _NUMBER), cell
            assert looked == looked_alike, cell
            compared, missed = compared + 1, missed + (missing.status == 404)
    assert compared > 12
    noted = asked("/audit", "action=denied.unknown&limit=500").json()["items"]
    assert len(noted) == missed > 8


def questions(asked: Ask, cell: Cell) -> tuple[Reply, list[str]]:
    """The answer, and what the database was asked for it: what is asked alike takes as long."""
    found: list[str] = []
    execute: Callable[..., Any] = psycopg.Cursor.execute

    def noting(self: psycopg.Cursor[Any], query: str, *given: object, **named: object) -> object:
        found.append(query)
        return execute(self, query, *given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", noting)
        reply = asked(cell.path, method=cell.method, headers={"if-match": "*"})
    assert found
    return reply, found


def plain(reply: Reply, number: str) -> tuple[int, object]:
    """What was said, but for the number itself and the request's own id."""
    said = reply.json() if reply.body else {}
    return reply.status, {
        name: re.sub(rf"\b{number}\b", "#", str(value)) for name, value in said.items() if name != "request_id"
    }


def test_every_single_guard_is_needed(
    gateway: Ask, estate: Estate, record_property: Callable[[str, object], None]
) -> None:
    """Each permission of each route is taken away in turn: the matrix must show it."""
    lacking = {name: gateway.as_(estate.token(*(p for p in ALL if p != name), name=name)) for name in ALL}
    unseen, tried = [], 0
    for cell in CELLS:
        for permission in cell.guard.permissions:
            kept = cell.guard.permissions
            object.__setattr__(cell.guard, "permissions", tuple(p for p in kept if p != permission))
            try:
                reply = lacking[permission](cell.path, method=cell.method)
            finally:
                object.__setattr__(cell.guard, "permissions", kept)
            tried += 1
            if reply.status == 403 and permission in reply.json()["detail"]:
                unseen.append((cell, permission))
            assert lacking[permission](cell.path, method=cell.method).status == 403
    assert tried > 70
    assert unseen == []
    record_property("taken away: permissions of routes", tried)


@pytest.mark.parametrize("query", ["page", "one"])
def test_without_the_tenant_clause_row_security_still_shows_no_foreign_row(
    estate: Estate, foreign: Estate, query: str
) -> None:
    from flowlens.store.queries import Queries

    foreign.asset("10.0.0.1")
    text = getattr(Queries("assets"), query)
    mutated = re.sub(r"(a\.)?tenant_id = %\(tenant\)s", "true", text)
    assert mutated != text
    names = re.findall(r"%\((\w+)\)s", mutated)
    values = dict.fromkeys(names) | {"limit": 10, "internal": [], "internet": False, "id": foreign.asset("10.0.0.1")}
    with tenant_transaction(estate.conn, TENANT) as conn:
        assert conn.execute(mutated.encode(), values).fetchall() == []
    with tenant_transaction(foreign.conn, foreign.tenant) as conn:
        assert conn.execute(mutated.encode(), values).fetchall() != []
