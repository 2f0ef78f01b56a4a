"""Links that work once, kept as digests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("links")


@dataclass(frozen=True, slots=True)
class Link:
    """One that still works. Without a `user` it is for whoever becomes the first administrator."""

    id: UUID
    tenant: UUID
    user: UUID | None
    made_by: str
    expires_at: datetime
    regains: bool  # it takes the second factor away too


def make(
    conn: Connection,
    tenant: UUID,
    digest: bytes,
    *,
    user: UUID | None,
    made_by: str,
    life: timedelta,
    regains: bool = False,
) -> datetime:
    """When it ends. What was made before for the same person works no longer."""
    conn.execute(_SQL.revoke, {"tenant": tenant, "user": user})
    values = {"digest": digest, "tenant": tenant, "user": user, "made_by": made_by, "life": life, "regains": regains}
    with conn.cursor(row_factory=scalar_row) as cursor:
        ends: datetime | None = cursor.execute(_SQL.make, values).fetchone()
    if ends is None:
        raise RuntimeError("an INSERT returned nothing")
    return ends


def of_digest(conn: Connection, digest: bytes) -> Link | None:
    """Inside a secret_transaction of the same digest; nobody else can use it before that ends."""
    with conn.cursor(row_factory=class_row(Link)) as cursor:
        return cursor.execute(_SQL.of_digest, {"digest": digest}).fetchone()


def use(conn: Connection, link: UUID) -> None:
    conn.execute(_SQL.use, {"id": link})
