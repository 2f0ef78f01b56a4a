"""The schema: what is written down is what the migrations make, and row security has no gap."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from flowlens.store import partitions
from flowlens.store.connection import Connection, listing_transaction, tenant_transaction
from flowlens.store.partitions import existing
from psycopg import sql

from tests.postgres import APP, OTHER, TENANT, Server
from tests.store.schema import SCHEMA, dumped


def test_schema_sql_is_what_the_migrations_make(postgres: Server) -> None:
    assert SCHEMA.read_text() == dumped(postgres), "run `make schema` and read the difference"


def test_every_table_of_tenants_has_row_security_forced_and_a_policy(owner: Connection) -> None:
    tables = owner.execute(
        """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
                  EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
                  OR c.relispartition AND NOT has_table_privilege('flowlens_app', c.oid, 'SELECT')
             FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"""
    ).fetchall()
    assert len(tables) > 12
    assert [name for name, forced, policy in tables if not (forced and policy)] == []


def test_views_are_as_blind_as_whoever_looks_through_them(owner: Connection) -> None:
    blind = owner.execute(
        """SELECT relname FROM pg_class
            WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
              AND NOT coalesce(reloptions, '{}') @> '{security_invoker=true}'"""
    ).fetchall()
    assert blind == []


def test_the_application_owns_nothing_and_passes_no_row_security_by(owner: Connection) -> None:
    (owned,) = (
        owner.execute("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = %s", [APP]).fetchone() or ()
    )
    role = owner.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = %s", [APP]
    )
    assert owned == 0
    assert role.fetchone() == (False, False, False, False)


def test_the_owner_is_bound_too(owner: Connection) -> None:
    assert owner.execute("SELECT count(*) FROM tenants").fetchone() == (0,)


@pytest.mark.parametrize("table", ["address_spaces", "tenants"])
def test_a_query_that_forgets_the_tenant_shows_no_row_outside_a_tenant(app: Connection, table: str) -> None:
    assert app.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone() == (0,)


def test_a_query_that_forgets_the_tenant_shows_no_foreign_row(app: Connection) -> None:
    with tenant_transaction(app, TENANT):
        assert app.execute("SELECT tenant_id FROM tenants").fetchall() == [(TENANT,)]
        assert {tenant for (tenant,) in app.execute("SELECT tenant_id FROM address_spaces")} == {TENANT}


def test_no_row_can_be_written_for_another_tenant(app: Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), tenant_transaction(app, TENANT):
        app.execute("INSERT INTO ledger (tenant_id, source, epoch) VALUES (%s, %s, 1)", [OTHER, uuid4()])


def test_a_partition_is_not_reached_around_its_table(app: Connection, owner: Connection) -> None:
    partition = existing(owner, partitions.MINUTES)[0]
    with pytest.raises(psycopg.errors.InsufficientPrivilege), tenant_transaction(app, TENANT):
        app.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(partition)))


def test_the_tenant_ends_with_the_transaction(app: Connection) -> None:
    with tenant_transaction(app, TENANT):
        pass
    assert app.execute("SELECT nullif(current_setting('app.tenant', true), '')").fetchone() == (None,)


def test_listing_tenants_shows_nothing_else_of_them(app: Connection) -> None:
    with listing_transaction(app):
        assert app.execute("SELECT tenant_id FROM tenants ORDER BY tenant_id").fetchall() == [(TENANT,), (OTHER,)]
        assert app.execute("SELECT count(*) FROM address_spaces").fetchone() == (0,)


def test_the_application_changes_neither_tenants_nor_the_audit_log(app: Connection) -> None:
    for statement in ("UPDATE tenants SET name = 'x'", "DELETE FROM audit_events", "DELETE FROM schema_migrations"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), tenant_transaction(app, TENANT):
            app.execute(statement)
