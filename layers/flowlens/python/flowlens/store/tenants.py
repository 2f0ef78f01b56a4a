"""Tenants, each with its default address space."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("tenants")


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant's name, and nothing of what it holds."""

    id: UUID
    name: str
    created_at: datetime


def create(conn: Connection, tenant: UUID, name: str) -> None:
    """The tenant and its default address space, unless they exist."""
    conn.execute(_SQL.create, {"tenant": tenant, "name": name})
    conn.execute(_SQL.create_default_space, {"tenant": tenant})


def every(conn: Connection) -> list[UUID]:
    """Inside a listing_transaction."""
    return [tenant for (tenant,) in conn.execute(_SQL.every)]


def listed(conn: Connection) -> list[Tenant]:
    """Inside a listing_transaction."""
    with conn.cursor(row_factory=class_row(Tenant)) as cursor:
        return cursor.execute(_SQL.listed).fetchall()


def name_taken(conn: Connection, name: str) -> bool:
    """Inside a listing_transaction."""
    return conn.execute(_SQL.name_taken, {"name": name}).fetchone() == (True,)
