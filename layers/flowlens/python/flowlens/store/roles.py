"""Database roles."""

from __future__ import annotations

from psycopg import sql

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("roles")


def set_password(conn: Connection, role: str, password: str) -> None:
    """Sends the verifier, so that no log of statements learns the password."""
    verifier = conn.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    names = {"role": sql.Identifier(role), "verifier": sql.Literal(verifier)}
    conn.execute(sql.SQL(_SQL.set_password).format(**names))
