"""People, members and their rights, on a real Postgres."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from flowlens.access import roles
from flowlens.access.permissions import Permission
from flowlens.model.errors import Invalid
from flowlens.services import members as service
from flowlens.services.operations import establish
from flowlens.store import grants, members
from flowlens.store.connection import Connection, person_transaction, tenant_transaction
from flowlens.store.grants import Given

from tests.postgres import OTHER, TENANT

ADA = "ada@example.com"


@pytest.fixture
def ada(app: Connection) -> UUID:
    return service.enrol(app, TENANT, email=ADA, name="Ada", role=roles.VIEWER, by="test", accepted=True)


def test_a_tenant_begins_with_the_roles_of_the_house(app: Connection) -> None:
    with tenant_transaction(app, TENANT):
        found = {key: set(may) for key, may in app.execute("SELECT builtin, permissions FROM roles").fetchall()}
    assert found == {role.key: set(map(str, role.permissions)) for role in roles.OF_TENANTS}


def test_a_deployment_says_anew_what_a_role_of_the_house_permits(owner: Connection) -> None:
    with tenant_transaction(owner, TENANT):
        owner.execute("UPDATE roles SET permissions = '{}' WHERE builtin = 'viewer'")
    establish(owner, TENANT, "Default")
    with tenant_transaction(owner, TENANT):
        rows = owner.execute("SELECT permissions, version FROM roles WHERE builtin = 'viewer'").fetchall()
    assert [(set(may), version) for may, version in rows] == [(set(roles.VIEWER.permissions), 2)]


def test_a_member_may_what_their_roles_permit_and_nothing_elsewhere(app: Connection, ada: UUID) -> None:
    assert service.rights_of(app, TENANT, ada).permissions == roles.VIEWER.permissions
    assert service.rights_of(app, OTHER, ada).permissions == frozenset()
    assert service.rights_of(app, TENANT, uuid4()).permissions == frozenset()


def test_a_person_is_one_in_all_tenants(app: Connection, ada: UUID) -> None:
    again = service.enrol(app, OTHER, email=" ADA@Example.com ", name="", role=roles.OPERATOR, by="test", accepted=True)
    assert again == ada
    assert [tenant.name for tenant in service.tenants_of(app, ada)] == ["Default", "Other"]
    assert service.rights_of(app, OTHER, ada).permissions == roles.OPERATOR.permissions


def test_a_tenant_sees_its_members_and_no_one_elses(app: Connection, ada: UUID) -> None:
    service.enrol(app, OTHER, email="grace@example.com", name="Grace", role=roles.VIEWER, by="test", accepted=True)
    assert [member.id for member in service.page(app, TENANT, limit=10).items] == [ada]
    with tenant_transaction(app, TENANT):
        assert app.execute("SELECT email FROM users").fetchall() == [(ADA,)]
    assert app.execute("SELECT count(*) FROM users").fetchone() == (0,)


def test_a_person_is_found_by_their_address_alone(app: Connection, ada: UUID) -> None:
    found = service.person(app, email=ADA)
    assert found is not None
    assert found.id == ada
    assert service.person(app, email="nobody@example.com") is None
    with person_transaction(app, user=ada):
        assert members.person(app, email="nobody@example.com") is None


def test_nobody_is_written_but_the_person_that_the_transaction_named(app: Connection, ada: UUID) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), person_transaction(app, email=ADA):
        members.create_person(app, uuid4(), email="other@example.com", name="")
    with tenant_transaction(app, TENANT):
        assert app.execute("UPDATE users SET name = 'x' WHERE user_id = %s", [ada]).rowcount == 0


@pytest.mark.parametrize("shut", ["members", "users"])
def test_whoever_is_disabled_may_nothing_from_that_moment(app: Connection, ada: UUID, shut: str) -> None:
    with tenant_transaction(app, TENANT), person_transaction(app, user=ada):
        app.execute(f"UPDATE {shut} SET disabled_at = now() WHERE user_id = %s".encode(), [ada])  # noqa: S608
    assert service.rights_of(app, TENANT, ada).permissions == frozenset()


def test_a_grant_ends_by_itself_and_another_holds_only_within_its_limits(app: Connection, ada: UUID) -> None:
    with tenant_transaction(app, TENANT):
        operator = grants.role_of_house(app, TENANT, "operator") or 0
        auditor = grants.role_of_house(app, TENANT, "auditor") or 0
        past = datetime.now(UTC) - timedelta(seconds=1)
        grants.give(app, TENANT, Given(ada, auditor, "test", {}, until=past))
        grants.give(app, TENANT, Given(ada, operator, "test", {"networks": ["10.0.0.0/8"]}))
    rights = service.rights_of(app, TENANT, ada)
    assert Permission.AUDIT_READ not in rights.permissions
    assert rights.everywhere(Permission.ASSETS_READ)
    assert [limit.networks for limit in rights.limits[Permission.ASSETS_WRITE]] == [("10.0.0.0/8",)]


def test_what_is_no_address_is_refused(app: Connection) -> None:
    for text in ("", "ada", "@example.com", "ada@", "a da@example.com", "a\n@example.com", "a" * 250 + "@example.com"):
        with pytest.raises(Invalid):
            service.enrol(app, TENANT, email=text, name="", role=roles.VIEWER, by="test", accepted=True)
