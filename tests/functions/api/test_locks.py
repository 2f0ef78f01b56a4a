"""What must not happen twice at once is held until its transaction ends: whoever does the same waits."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from flowlens.access import roles
from flowlens.access.roles import VIEWER
from flowlens.assets.importing import Said
from flowlens.services import accepting, grants, links
from flowlens.services import roles as own_roles
from flowlens.services.grants import Wanted
from flowlens.services.imports import _Plan, _plan_assets
from flowlens.services.sessions import Caller, begin
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.store.grants import RoleText
from psycopg import errors

from tests.functions.api.estate import Estate
from tests.functions.api.test_members import conn, invited, person, role, user, wanted
from tests.functions.api.test_sessions import enrolled
from tests.postgres import OTHER, TENANT, Server

__all__ = ["conn"]  # a fixture

Acts = Callable[[Connection], object]


@pytest.fixture
def held(conn: Connection, postgres: Server) -> Callable[[Acts, str], bool]:
    """Whether what the query finds is held after an act, as long as its transaction goes on."""

    def ask(act: Acts, query: str) -> bool:
        with postgres.admin(conn.info.dbname) as other, conn.transaction():
            other.execute(f"{query} FOR NO KEY UPDATE NOWAIT".encode())  # nobody holds it before
            act(conn)
            try:
                other.execute(f"{query} FOR NO KEY UPDATE NOWAIT".encode())
            except errors.LockNotAvailable:
                return True
            return False

    return ask


GOVERNING = f"SELECT FROM roles WHERE tenant_id = '{TENANT}' AND builtin = 'administrator'"
Held = Callable[[Acts, str], bool]


def known(user: UUID) -> str:
    return f"SELECT FROM users WHERE user_id = '{user}'"


def test_a_grant_is_given_taken_and_ended_by_one_at_a_time(conn: Connection, held: Held) -> None:
    ada = person(conn, "ada", roles.ADMINISTRATOR)
    bob = invited(conn, ada, wanted(conn, "viewer"))
    grant = bob.grants[0].id
    assert held(lambda conn: grants.give(conn, ada(), bob.member.id, wanted(conn, "analyst")), GOVERNING)
    assert held(lambda conn: grants.revoke(conn, ada(), bob.member.id, grant), GOVERNING)
    assert held(lambda conn: grants.shut(conn, ada(), bob.member.id, disabled=True), GOVERNING)
    assert held(lambda conn: grants.remove(conn, ada(), bob.member.id), GOVERNING)


def test_a_role_is_changed_by_one_at_a_time(conn: Connection, held: Held) -> None:
    ada = person(conn, "ada", roles.ADMINISTRATOR)
    made = own_roles.create(conn, ada(), RoleText("Planner", "", ["assets:read"]))
    assert held(lambda conn: own_roles.update(conn, ada(), made.id, None, RoleText("P", "", [])), GOVERNING)


def test_whoever_decides_about_a_person_is_alone(conn: Connection, held: Held) -> None:
    ada = person(conn, "ada", roles.ADMINISTRATOR)
    assert held(lambda conn: accepting.check_alone(conn, user(ada), TENANT), known(user(ada)))


def test_an_invitation_is_accepted_by_one_at_a_time(conn: Connection, held: Held) -> None:
    eve = person(conn, "eve", roles.ADMINISTRATOR, OTHER)
    grace = enrolled(conn, "grace@example.com", VIEWER)
    there = Wanted(role(conn, "viewer", OTHER), {})
    invited_there = grants.invite(conn, eve(), email="grace@example.com", name="", wanted=there)
    assert invited_there.member.id == grace
    secret = links.for_member(conn, eve(), grace).secret
    _, actor = begin(conn, grace, "password", Caller("192.0.2.1", "tests"))
    assert held(lambda conn: accepting.accept(conn, actor, secret), known(grace))


def test_what_is_imported_for_an_asset_is_said_by_one_at_a_time(conn: Connection, held: Held, estate: Estate) -> None:
    asset = estate.asset("10.0.0.1")
    ada = person(conn, "ada", roles.ADMINISTRATOR)
    said = [Said(1, estate.default_space(), "10.0.0.1", name="web")]

    def plan(conn: Connection) -> None:
        with tenant_transaction(conn, TENANT):
            _plan_assets(conn, ada(), _Plan([], 1, []), said, hold=True)

    assert held(plan, f"SELECT FROM assets WHERE asset_id = {asset}")
