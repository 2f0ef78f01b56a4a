"""Connections and whose rows they see: nothing else knows how a tenant is chosen."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Protocol
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from flowlens.store.queries import Queries

_SQL = Queries("connection")
_CONNECT_SECONDS = 5  # short, so that a failover is met by a fresh attempt, not by a long wait

Connection = psycopg.Connection[TupleRow]


def connect(secret: Mapping[str, str | int]) -> Connection:
    """A connection from a secret's {host, port, username, password, dbname}; TLS follows PGSSLMODE.

    It is in autocommit, so that transactions are exactly those that the code opens, and never prepares statements on
    the server, so that a proxy can share its sessions.
    """
    return psycopg.connect(
        host=str(secret["host"]),
        port=int(secret["port"]),
        user=str(secret["username"]),
        password=str(secret["password"]),
        dbname=str(secret["dbname"]),
        connect_timeout=_CONNECT_SECONDS,
        application_name="flowlens",
        prepare_threshold=None,
        autocommit=True,
    )


@contextmanager
def tenant_transaction(conn: Connection, tenant: UUID) -> Generator[Connection]:
    """One transaction that sees and writes the rows of one tenant only."""
    with conn.transaction():
        conn.execute(_SQL.choose_tenant, {"tenant": str(tenant)})
        yield conn


class Seer(Protocol):
    """Somebody who sees the rows of a tenant within limits: '' for all of them (access/limits.py writes them)."""

    @property
    def tenant(self) -> UUID: ...

    @property
    def limits(self) -> str: ...


@contextmanager
def actor_transaction(conn: Connection, actor: Seer) -> Generator[Connection]:
    """One transaction that sees and writes what somebody may, of their tenant."""
    with tenant_transaction(conn, actor.tenant):
        if actor.limits:
            conn.execute(_SQL.choose_limits, {"limits": actor.limits})
        yield conn


@contextmanager
def listing_transaction(conn: Connection) -> Generator[Connection]:
    """One transaction that sees the names of all tenants, and nothing of theirs."""
    with conn.transaction():
        conn.execute(_SQL.choose_every_tenant)
        yield conn


@contextmanager
def person_transaction(
    conn: Connection, *, user: UUID | None = None, email: str | None = None
) -> Generator[Connection]:
    """One transaction that sees one person, by id or by address, and the names of the tenants they are a member of."""
    with conn.transaction():
        conn.execute(_SQL.choose_person, {"user": str(user or ""), "email": email or ""})
        yield conn


@contextmanager
def secret_transaction(conn: Connection, digest: bytes) -> Generator[Connection]:
    """One transaction that sees the session or the link of this digest, before anybody is known."""
    with conn.transaction():
        conn.execute(_SQL.choose_secret, {"digest": digest.hex()})
        yield conn


@contextmanager
def door_transaction(conn: Connection, provider: UUID | None = None) -> Generator[Connection]:
    """One transaction that sees the identity providers of a sign-in page, or the one that is named, if enabled."""
    with conn.transaction():
        conn.execute(_SQL.choose_door, {"door": str(provider) if provider else "any"})
        yield conn


@contextmanager
def gate_transaction(conn: Connection, gate: UUID) -> Generator[Connection]:
    """One transaction that sees the push gate of this name, before its tenant is known."""
    with conn.transaction():
        conn.execute(_SQL.choose_gate, {"gate": str(gate)})
        yield conn
