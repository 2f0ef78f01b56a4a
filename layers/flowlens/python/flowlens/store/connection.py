"""Connections and whose rows they see: nothing else knows how a tenant is chosen."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg import IsolationLevel
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


@contextmanager
def snapshot_transaction(conn: Connection, tenant: UUID) -> Generator[Connection]:
    """As tenant_transaction, but all see one moment; writing what changed since is a SerializationFailure."""
    conn.isolation_level = IsolationLevel.REPEATABLE_READ  # said with BEGIN, so that the session keeps its default
    try:
        with tenant_transaction(conn, tenant):
            yield conn
    finally:
        conn.isolation_level = None


@contextmanager
def listing_transaction(conn: Connection) -> Generator[Connection]:
    """One transaction that sees the names of all tenants, and nothing of theirs."""
    with conn.transaction():
        conn.execute(_SQL.choose_every_tenant)
        yield conn


@contextmanager
def token_transaction(conn: Connection, digest: bytes) -> Generator[Connection]:
    """One transaction that sees the api_tokens row of this digest, before its tenant is known."""
    with conn.transaction():
        conn.execute(_SQL.choose_token, {"digest": digest.hex()})
        yield conn
