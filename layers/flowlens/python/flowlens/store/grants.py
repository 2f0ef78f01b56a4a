"""Roles as data, and what was granted to whom and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("grants")


@dataclass(frozen=True, slots=True)
class Given:
    """A role for a member, where and until when."""

    user: UUID
    role: int
    granted_by: str
    limits: Mapping[str, object]
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A role of a tenant; `builtin` is its key when it is one of the house, `members` how many hold it."""

    id: int
    name: str
    note: str
    permissions: list[str]
    builtin: str | None
    version: int
    members: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What was given to whom, where and until when."""

    id: int
    user: UUID
    role: int
    role_name: str
    builtin: str | None
    permissions: list[str]
    limits: dict[str, object]
    until: datetime | None
    reason: str
    granted_by: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class RoleText:
    """What a role says."""

    name: str
    note: str
    permissions: list[str]


def seed_role(conn: Connection, tenant: UUID, *, key: str, name: str, note: str, permissions: Iterable[str]) -> None:
    """A role of the house as this version knows it; nothing is written when it is so already."""
    values = {"tenant": tenant, "key": key, "name": name, "note": note, "permissions": sorted(permissions)}
    conn.execute(_SQL.seed_role, values)


def role_of_house(conn: Connection, tenant: UUID, key: str) -> int | None:
    with conn.cursor(row_factory=scalar_row) as cursor:
        found: int | None = cursor.execute(_SQL.role_of_house, {"tenant": tenant, "key": key}).fetchone()
    return found


def give(conn: Connection, tenant: UUID, given: Given) -> int:
    """The number of the new grant."""
    values = {
        "tenant": tenant,
        "user": given.user,
        "role": given.role,
        "limits": Jsonb(dict(given.limits)),
        "until": given.until,
        "reason": given.reason,
        "granted_by": given.granted_by,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        made: int | None = cursor.execute(_SQL.give, values).fetchone()
    return made or 0


def roles(conn: Connection, tenant: UUID, *, id: int | None = None) -> list[Role]:
    """All of them, those of the house first; or one."""
    with conn.cursor(row_factory=class_row(Role)) as cursor:
        return cursor.execute(_SQL.roles, {"tenant": tenant, "id": id}).fetchall()


def _scalar(conn: Connection, query: LiteralString, values: Mapping[str, object]) -> int | None:
    with conn.cursor(row_factory=scalar_row) as cursor:
        found: int | None = cursor.execute(query, values).fetchone()
    return found


def create_role(conn: Connection, tenant: UUID, text: RoleText) -> int | None:
    """None when there is one of this name."""
    return _scalar(conn, _SQL.create_role, {"tenant": tenant, **asdict(text)})


def update_role(conn: Connection, tenant: UUID, role: int, text: RoleText) -> bool:
    """Not a role of the house, and not to a name that another one has."""
    return _scalar(conn, _SQL.update_role, {"tenant": tenant, "id": role, **asdict(text)}) is not None


def delete_role(conn: Connection, tenant: UUID, role: int) -> bool:
    """Not a role of the house, and not one that somebody holds."""
    return _scalar(conn, _SQL.delete_role, {"tenant": tenant, "id": role}) is not None


def hold(conn: Connection, tenant: UUID) -> None:
    """Until the transaction ends nobody else changes who may what."""
    conn.execute(_SQL.hold, {"tenant": tenant})


def every(
    conn: Connection,
    tenant: UUID,
    *,
    user: UUID | None = None,
    id: int | None = None,
) -> list[Grant]:
    """All grants, or those of one member, or one; ended ones too."""
    with conn.cursor(row_factory=class_row(Grant)) as cursor:
        return cursor.execute(_SQL.one, {"tenant": tenant, "user": user, "id": id}).fetchall()


def revoke(conn: Connection, tenant: UUID, grant: int) -> None:
    conn.execute(_SQL.revoke, {"tenant": tenant, "id": grant})


def holders(conn: Connection, tenant: UUID, permissions: Iterable[str]) -> int:
    """How many members may do all of these for good and everywhere."""
    return _scalar(conn, _SQL.holders, {"tenant": tenant, "permissions": sorted(permissions)}) or 0
