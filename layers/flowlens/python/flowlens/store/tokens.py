"""API tokens, kept as digests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from flowlens.store.connection import Connection
from flowlens.store.members import Held
from flowlens.store.queries import Queries

_SQL = Queries("tokens")


@dataclass(frozen=True, slots=True)
class Token:
    """A token's row; `stale` when its last use was noted more than a minute ago, `ended` when its time is over.

    Without a `user` it is the installation's own; else `grants` is what they may at this moment. `networks` is from
    where it may be used: empty for anywhere.
    """

    tenant: UUID
    id: int
    name: str
    permissions: list[str]
    user: UUID | None
    networks: list[str]
    ended: bool
    stale: bool
    grants: list[Held]


@dataclass(frozen=True, slots=True)
class Listed:
    """A token, as its owner sees it: never the token itself. `hint` is its last four characters."""

    id: int
    name: str
    permissions: list[str]
    networks: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    hint: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token to be made."""

    name: str
    permissions: list[str]
    networks: list[str]
    expires_at: datetime


def asking(conn: Connection, digest: bytes) -> Token | None:
    """One question, and outside of any transaction: what it chooses to see ends with it."""
    with conn.cursor(row_factory=class_row(Token)) as cursor:
        return cursor.execute(_SQL.asking, {"digest": digest}).fetchone()


def touch(conn: Connection, token: Token) -> None:
    conn.execute(_SQL.touch, {"tenant": token.tenant, "id": token.id})


def record(conn: Connection, tenant: UUID, *, name: str, digest: bytes, permissions: Iterable[str]) -> None:
    """Makes the token known; one that is gets these permissions."""
    conn.execute(_SQL.record, {"tenant": tenant, "name": name, "digest": digest, "permissions": list(permissions)})


def create(
    conn: Connection, tenant: UUID, user: UUID, wanted: Wanted, *, token: tuple[bytes, str], most: int
) -> int | None:
    """Digest and hint of the new token are given; its number, or None when its owner has `most` of them already."""
    digest, hint = token
    values = {
        "tenant": tenant, "user": user, "name": wanted.name, "permissions": wanted.permissions,
        "networks": wanted.networks, "expires_at": wanted.expires_at, "digest": digest, "hint": hint, "most": most,
    }  # fmt: skip
    with conn.cursor(row_factory=scalar_row) as cursor:
        made: int | None = cursor.execute(_SQL.create, values).fetchone()
    return made


def of_user(conn: Connection, tenant: UUID, user: UUID, *, id: int | None = None) -> list[Listed]:
    with conn.cursor(row_factory=class_row(Listed)) as cursor:
        return cursor.execute(_SQL.of_user, {"tenant": tenant, "user": user, "id": id}).fetchall()


def revoke(conn: Connection, tenant: UUID, user: UUID, id: int) -> str | None:
    """Its name, or None when there is no such token."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        name: str | None = cursor.execute(_SQL.revoke, {"tenant": tenant, "user": user, "id": id}).fetchone()
    return name


def tenant_name(conn: Connection, tenant: UUID) -> str | None:
    with conn.cursor(row_factory=scalar_row) as cursor:
        found: str | None = cursor.execute(_SQL.tenant_name, {"tenant": tenant}).fetchone()
    return found
