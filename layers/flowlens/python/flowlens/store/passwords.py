"""Passwords, kept as argon2id hashes."""

from __future__ import annotations

from uuid import UUID

from psycopg.rows import scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("passwords")


def kept(conn: Connection, user: UUID) -> str | None:
    """Inside a person_transaction of the same user."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        found: str | None = cursor.execute(_SQL.kept, {"user": user}).fetchone()
    return found


def keep(conn: Connection, user: UUID, made: str) -> None:
    conn.execute(_SQL.keep, {"user": user, "hash": made})


def forget(conn: Connection, user: UUID) -> None:
    conn.execute(_SQL.forget, {"user": user})
