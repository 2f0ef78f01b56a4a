"""What was refused on the network: one row an edge, by address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from psycopg.rows import class_row

from flowlens.store.connection import Connection
from flowlens.store.copying import Addresses, Field, Numbers, stage
from flowlens.store.queries import Queries

_SQL = Queries("attempts")
MOST_PORTS = 100  # of one client, server and protocol that are told apart; the others are one row, port 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One edge that was refused."""

    id: int
    address_space_id: int
    client: str | None  # None: beyond the limits of who asks
    server: str | None
    protocol: int
    port: int
    first_seen: datetime
    last_seen: datetime
    flows: int
    packets: int
    octets: int
    allowed: bool  # there is a dependency of the same ends and service too
    reasons: list[str]  # why the cloud says it was refused, where it says


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """None asks for any."""

    space: int | None = None
    client: str | None = None
    server: str | None = None
    protocol: int | None = None
    port: int | None = None
    limited: bool = False


def add(conn: Connection, tenant: UUID, edges: Mapping[str, Numbers]) -> None:
    """Each row is an edge of its own. They are written in order, so that two writers never deadlock.

    Beyond MOST_PORTS ports of one client at one server, what is tried adds up in one row: a scan.
    """
    position = np.arange(len(edges["flows"]))
    conn.execute(_SQL.stage_attempts)
    conn.execute(_SQL.stage_servers)
    fields = [
        Field("bigint", position),
        Field("integer", edges["space"]),
        Field("smallint", edges["protocol"]),
        Field("integer", edges["port"]),
        Field("timestamptz", edges["start"]),
        Field("timestamptz", edges["end"]),
        *(Field("bigint", edges[name]) for name in ("flows", "packets", "octets")),
    ]
    clients, servers = (Addresses(edges[f"{end}_high"], edges[f"{end}_low"]) for end in ("client", "server"))
    stage(conn, "new_attempts", fields, addresses=clients)
    stage(conn, "new_attempt_servers", [Field("bigint", position)], addresses=servers)
    conn.execute(_SQL.add, {"tenant": tenant, "most": MOST_PORTS})


def page(conn: Connection, tenant: UUID, wanted: Wanted, *, limit: int, before: int | None = None) -> list[Attempt]:
    """The newest known first; `wanted.limited` says that the transaction is."""
    parameters = {
        "tenant": tenant,
        "space": wanted.space,
        "client": wanted.client,
        "server": wanted.server,
        "protocol": wanted.protocol,
        "port": wanted.port,
        "limited": wanted.limited,
        "before": before,
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Attempt)) as cursor:
        return cursor.execute(_SQL.page, parameters).fetchall()
