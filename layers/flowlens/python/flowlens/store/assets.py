"""Assets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("assets")


@dataclass(frozen=True, slots=True)
class Asset:
    """An address within an address space."""

    id: int
    address_space_id: int
    address: str
    internal: bool
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """How many dependencies lead in one direction, to how many assets."""

    assets: int
    dependencies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which assets; None asks for no such thing. `after` is the last (space, address) of the page before."""

    internal: Sequence[str]  # the networks that count as internal
    limit: int
    after: tuple[int, str] | None = None
    space: int | None = None
    network: str | None = None
    part: str | None = None  # of an address
    named: Sequence[int] = ()  # or else these
    within: str | None = None  # a network
    internet: bool = False  # those that are not internal
    members: Sequence[int] | None = None  # those of a group
    chosen: Sequence[int] | None = None  # those that a query holds of


def page(conn: Connection, tenant: UUID, wanted: Wanted) -> list[Asset]:
    """In the order of address space and address."""
    after_space, after_address = wanted.after or (None, None)
    parameters = {
        "tenant": tenant,
        "internal": list(wanted.internal),
        "limit": wanted.limit,
        "after_space": after_space,
        "after_address": after_address,
        "space": wanted.space,
        "network": wanted.network,
        "part": wanted.part,
        "named": list(wanted.named),
        "within": wanted.within,
        "internet": wanted.internet,
        "members": None if wanted.members is None else list(wanted.members),
        "chosen": None if wanted.chosen is None else list(wanted.chosen),
    }
    with conn.cursor(row_factory=class_row(Asset)) as cursor:
        return cursor.execute(_SQL.page, parameters).fetchall()


def sought(conn: Connection, tenant: UUID, *, part: str | None, network: str | None, limit: int) -> list[int]:
    """The ids of assets whose address has a part, or lies in a network."""
    parameters = {"tenant": tenant, "part": part, "network": network, "limit": limit}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(_SQL.sought, parameters).fetchall()


def one(conn: Connection, tenant: UUID, asset: int, *, internal: Sequence[str]) -> Asset | None:
    with conn.cursor(row_factory=class_row(Asset)) as cursor:
        return cursor.execute(_SQL.one, {"tenant": tenant, "id": asset, "internal": list(internal)}).fetchone()


def reach(conn: Connection, tenant: UUID, asset: int) -> tuple[Reach, Reach]:
    """What lies upstream (it is the client) and downstream (it is the server)."""
    parameters = {"tenant": tenant, "id": asset}
    with conn.cursor(row_factory=class_row(Reach)) as cursor:
        upstream = cursor.execute(_SQL.upstream, parameters).fetchone()
        downstream = cursor.execute(_SQL.downstream, parameters).fetchone()
    return upstream or Reach(0, 0), downstream or Reach(0, 0)
