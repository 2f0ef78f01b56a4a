"""What keeps the store in shape: partitions, folding, retention, tenants."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flowlens.store import partitions, tenants
from flowlens.store.connection import Connection, tenant_transaction


def establish(conn: Connection, tenant: UUID, name: str) -> None:
    """The tenant with its default address space; nothing happens when both exist."""
    with tenant_transaction(conn, tenant):
        tenants.create(conn, tenant, name)


def prepare(conn: Connection, now: datetime) -> int:
    """Makes the partitions that the coming days will need; says how many."""
    with conn.transaction():
        return sum(partitions.ensure(conn, kind, now.date()) for kind in (partitions.MINUTES, partitions.HOURS))
