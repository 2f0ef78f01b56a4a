"""API tokens, kept as digests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("tokens")


@dataclass(frozen=True, slots=True)
class Token:
    """A token's row; `stale` when its last use was noted more than a minute ago."""

    tenant: UUID
    id: int
    name: str
    permissions: list[str]
    stale: bool


def of_digest(conn: Connection, digest: bytes) -> Token | None:
    """Inside a token_transaction of the same digest."""
    with conn.cursor(row_factory=class_row(Token)) as cursor:
        return cursor.execute(_SQL.of_digest, {"digest": digest}).fetchone()


def touch(conn: Connection, token: Token) -> None:
    conn.execute(_SQL.touch, {"tenant": token.tenant, "id": token.id})


def record(conn: Connection, tenant: UUID, *, name: str, digest: bytes, permissions: Iterable[str]) -> None:
    """Makes the token known; one that is gets these permissions."""
    conn.execute(_SQL.record, {"tenant": tenant, "name": name, "digest": digest, "permissions": list(permissions)})


def tenant_name(conn: Connection, tenant: UUID) -> str | None:
    with conn.cursor(row_factory=scalar_row) as cursor:
        found: str | None = cursor.execute(_SQL.tenant_name, {"tenant": tenant}).fetchone()
    return found
