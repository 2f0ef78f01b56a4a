"""Row security is needed, policy by policy: each is opened or switched off in turn, and foreign rows appear.

The rows are bare: every constraint is dropped first, so that each table can hold one row of each tenant and person.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
import pytest
from flowlens.store.connection import Connection
from psycopg import sql

from tests.postgres import APP, OTHER, OWNER, TENANT, Server

# The person of the one tenant and the person of the other; a digest for each.
MINE, THEIRS = "00000000-0000-7000-8000-0000000000a1", "00000000-0000-7000-8000-0000000000b1"
DIGESTS = {MINE: "aa" * 32, THEIRS: "bb" * 32}
WITHIN, BEYOND = "10.1.0.1", "10.2.0.1"
LIMITS = json.dumps({"clauses": 1, "limits": [{"clause": 0, "networks": ["10.1.0.0/16"]}]})
_TABLES = """
SELECT c.relname, array_agg(a.attname::text) FILTER (WHERE a.attname <> 'digest' OR a.atttypid = 'bytea'::regtype)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND NOT c.relispartition
 GROUP BY c.relname ORDER BY c.relname
"""
# Where limits hold: the column with the address, or what names the asset that has it.
_ADDRESSES = {"assets": "address", "attempts": "client", "flow_sources": "exporter", "sightings": "address"}
_OF_ASSETS = {"asset_descriptions": ("asset_id",), "dependencies": ("client_id", "server_id")}


@dataclass(frozen=True)
class Table:
    name: str
    columns: frozenset[str]

    @property
    def of_tenants(self) -> bool:
        return "tenant_id" in self.columns


@dataclass(frozen=True)
class Mutant:
    """One guard that is gone."""

    table: str
    what: str
    statement: str = field(repr=False)


@pytest.fixture(scope="module")
def bare(postgres: Server) -> Generator[Connection]:
    """A superuser in a database with one row of each tenant, and of each person, in every table."""
    with postgres.admin(postgres.migrated()) as conn:
        _undress(conn)
        for table in tables(conn):
            _fill(conn, table)
        yield conn


def tables(conn: Connection) -> list[Table]:
    return [Table(name, frozenset(columns)) for name, columns in conn.execute(_TABLES).fetchall()]


def _undress(conn: Connection) -> None:
    conn.execute("SET session_replication_role = replica")
    conn.execute(
        """DO $$ DECLARE one record; BEGIN
        FOR one IN SELECT conrelid::regclass AS t, conname FROM pg_constraint
                    WHERE connamespace = 'public'::regnamespace AND conparentid = 0 AND conrelid <> 0
                    ORDER BY contype = 'p', contype = 'u' LOOP
          BEGIN EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', one.t, one.conname);
          EXCEPTION WHEN undefined_table OR undefined_object THEN NULL; END;
        END LOOP;
        FOR one IN SELECT indexrelid::regclass AS t FROM pg_index WHERE indisunique
                      AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
                                         AND NOT relispartition) LOOP
          EXECUTE format('DROP INDEX IF EXISTS %s', one.t);
        END LOOP;
        FOR one IN SELECT attrelid::regclass AS t, attname FROM pg_attribute
                    WHERE attnotnull AND attnum > 0 AND attidentity = '' AND NOT attisdropped AND attrelid IN
                          (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
                              AND relkind IN ('r', 'p') AND NOT relispartition) LOOP
          EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', one.t, one.attname);
        END LOOP;
        FOR one IN SELECT oid::regclass AS t, relname FROM pg_class WHERE relkind = 'p' AND NOT relispartition LOOP
          EXECUTE format('CREATE TABLE %I PARTITION OF %s DEFAULT', one.relname || '_rest', one.t);
        END LOOP; END $$"""
    )


def _fill(conn: Connection, table: Table) -> None:
    conn.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
    for tenant, person in ((TENANT, MINE), (OTHER, THEIRS)):
        values: dict[str, object] = {"tenant_id": tenant, "user_id": person, "digest": bytes.fromhex(DIGESTS[person])}
        values |= {"email": f"{person}@example.com"} if table.name == "users" else {}
        _insert(conn, table.name, {name: value for name, value in values.items() if name in table.columns})
    for address, number in ((WITHIN, 1), (BEYOND, 2)):
        placed: dict[str, object] = {"tenant_id": TENANT, "address_space_id": 1}
        if table.name in _ADDRESSES:
            placed |= {_ADDRESSES[table.name]: address}
        elif table.name in _OF_ASSETS:
            placed |= dict.fromkeys(_OF_ASSETS[table.name], number)
        else:
            return
        if table.name == "assets":
            placed["asset_id"] = number
        _insert(conn, table.name, {name: value for name, value in placed.items() if name in table.columns})


def _insert(conn: Connection, table: str, values: dict[str, object]) -> None:
    query = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join([sql.Placeholder()] * len(values)),
    )
    conn.execute(query, list(values.values()))


@contextmanager
def undone(conn: Connection) -> Iterator[None]:
    """Whatever is done inside never happened."""
    with conn.transaction(force_rollback=True):
        yield


@contextmanager
def seeing(conn: Connection, role: str = APP, **settings: str) -> Iterator[None]:
    with undone(conn):
        for name, value in settings.items():
            conn.execute("SELECT set_config(%s, %s, true)", [f"app.{name}", value])
        conn.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        yield


def breaches(conn: Connection, table: Table) -> list[str]:
    """What can be seen or done that nobody should, by whoever is in the one tenant, or nobody at all."""
    return [*_seen(conn, table), *_done(conn, table), *_beyond(conn, table)]


def _count(conn: Connection, table: str, which: str) -> int:
    row = conn.execute(f"SELECT count(*) FROM {table} WHERE {which}".encode()).fetchone()  # noqa: S608
    return int(row[0]) if row else 0


def _seen(conn: Connection, table: Table) -> Iterator[str]:
    theirs = f"tenant_id = '{OTHER}'" if table.of_tenants else f"user_id = '{THEIRS}'"
    for role in (APP, OWNER):
        for settings in ({}, {"tenant": str(TENANT)}, {"user": MINE}, {"secret_digest": DIGESTS[MINE]}):
            with seeing(conn, role, **settings):
                if _count(conn, table.name, theirs):
                    yield f"{role} with {sorted(settings)} sees what is not theirs"
    if "user_id" in table.columns:
        with seeing(conn, tenant=str(OTHER), user=""):
            if _count(conn, table.name, f"user_id = '{MINE}'"):
                yield "a tenant sees who is none of its members"


def _done(conn: Connection, table: Table) -> Iterator[str]:
    if not table.of_tenants:
        with seeing(conn, user=MINE):
            if _allowed(conn, f"UPDATE {table.name} SET user_id = '{THEIRS}'"):  # noqa: S608
                yield "a person makes a row another's"
        return
    with seeing(conn, tenant=str(TENANT)):
        if _allowed(conn, f"INSERT INTO {table.name} (tenant_id) VALUES ('{OTHER}')"):  # noqa: S608
            yield "a row is written for another tenant"
        if _allowed(conn, f"UPDATE {table.name} SET tenant_id = '{OTHER}'"):  # noqa: S608
            yield "a row is given to another tenant"


def _allowed(conn: Connection, statement: str) -> bool:
    """False too where the application has no right to it at all."""
    try:
        with conn.transaction():
            return conn.execute(statement.encode()).rowcount > 0
    except psycopg.errors.InsufficientPrivilege:
        return False


def _beyond(conn: Connection, table: Table) -> Iterator[str]:
    columns = (_ADDRESSES[table.name],) if table.name in _ADDRESSES else _OF_ASSETS.get(table.name, ())
    with seeing(conn, tenant=str(TENANT), limits=LIMITS):
        if columns:
            value = f"'{BEYOND}'" if table.name in _ADDRESSES else "2"
            if _count(conn, table.name, f"{columns[0]} = {value}"):
                yield "limits show what lies beyond"
            named = ", ".join(("tenant_id", *columns))
            values = ", ".join((f"'{TENANT}'", *[value] * len(columns)))
            if _allowed(conn, f"INSERT INTO {table.name} ({named}) VALUES ({values})"):  # noqa: S608
                yield "a row is written beyond the limits"
        if table.name == "classification_rules":
            values = f"VALUES ('{TENANT}', 1, '10.2.0.0/16')"
            if _allowed(conn, f"INSERT INTO classification_rules (tenant_id, address_space_id, network) {values}"):
                yield "a rule is written beyond the limits"
            if _allowed(conn, "UPDATE classification_rules SET network = network"):
                yield "a rule beyond the limits is changed"


def mutants(conn: Connection) -> Iterator[Mutant]:
    for table in tables(conn):
        yield Mutant(table.name, "no row security", f"ALTER TABLE {table.name} DISABLE ROW LEVEL SECURITY")
        yield Mutant(table.name, "not forced", f"ALTER TABLE {table.name} NO FORCE ROW LEVEL SECURITY")
    for table_name, policy, command in conn.execute("SELECT tablename, policyname, cmd FROM pg_policies").fetchall():
        alter = f"ALTER POLICY {policy} ON {table_name}"
        if command != "INSERT":
            yield Mutant(table_name, f"{policy} shows everything", f"{alter} USING (true)")
        if command in ("ALL", "INSERT"):
            yield Mutant(table_name, f"{policy} lets everything in", f"{alter} WITH CHECK (true)")


def test_row_security_lets_nobody_see_or_change_what_is_not_theirs(bare: Connection) -> None:
    assert {table.name: found for table in tables(bare) if (found := breaches(bare, table))} == {}


def test_rows_of_ones_own_are_seen(bare: Connection) -> None:
    """Or the test before would say nothing."""
    with seeing(bare, tenant=str(TENANT)):
        unseen = [t.name for t in tables(bare) if t.of_tenants and not _count(bare, t.name, f"tenant_id = '{TENANT}'")]
    assert unseen == []


def test_every_policy_is_needed(bare: Connection, record_property: Callable[[str, object], None]) -> None:
    known = {table.name: table for table in tables(bare)}
    survivors, tried = [], 0
    for mutant in mutants(bare):
        with undone(bare):
            bare.execute(mutant.statement.encode())
            tried += 1
            if not breaches(bare, known[mutant.table]):
                survivors.append((mutant.table, mutant.what))
    assert tried > 150
    assert survivors == []
    record_property("taken away: row security and its policies", tried)
