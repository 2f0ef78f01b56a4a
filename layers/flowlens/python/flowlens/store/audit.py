"""The audit log: who changed what, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from psycopg.types.json import Jsonb

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("audit")


def record(
    conn: Connection, tenant: UUID, *, actor: str, action: str, target: str, detail: Mapping[str, object]
) -> None:
    parameters = {"tenant": tenant, "actor": actor, "action": action, "target": target, "detail": Jsonb(dict(detail))}
    conn.execute(_SQL.record, parameters)
