"""Tenants, each with its default address space."""

from __future__ import annotations

from uuid import UUID

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("tenants")


def create(conn: Connection, tenant: UUID, name: str) -> None:
    """The tenant and its default address space, unless they exist."""
    conn.execute(_SQL.create, {"tenant": tenant, "name": name})
    conn.execute(_SQL.create_default_space, {"tenant": tenant})


def every(conn: Connection) -> list[UUID]:
    """Inside a listing_transaction."""
    return [tenant for (tenant,) in conn.execute(_SQL.every)]
