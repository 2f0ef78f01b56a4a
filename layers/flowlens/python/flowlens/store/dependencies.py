"""Dependencies and what they carried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.range import TimestamptzRange

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("dependencies")


@dataclass(frozen=True, slots=True)
class Dependency:
    """A row of the list: a client that uses a server's port."""

    id: int
    address_space_id: int
    client_id: int | None  # None: an end beyond the limits of who asks
    client_address: str | None
    server_id: int | None
    server_address: str | None
    protocol: int
    port: int
    evidence: str
    first_seen: datetime
    last_seen: datetime
    flows: int
    octets_sent: int
    octets_received: int
    packets_sent: int
    packets_received: int


@dataclass(frozen=True, slots=True)
class Belief:
    """Why a dependency is believed, and when it was valid (the latest interval first)."""

    initiator: int
    flags: int
    service: int
    port_order: int
    first_evidence: dict[str, object]
    octets_seen: int
    packets_seen: int
    during: list[TimestamptzRange]


@dataclass(frozen=True, slots=True)
class SeenBy:
    """A flow source that saw a dependency; `octets_counted` of what it saw is in the volumes."""

    source_id: int
    exporter: str | None
    name: str | None
    formats: list[int] | None
    flows: int
    octets: int
    octets_counted: int
    sampling_rate: int
    first_seen: datetime
    last_seen: datetime
    interface: str = ""


@dataclass(frozen=True, slots=True)
class Volume:
    """What one minute or hour carried."""

    t: datetime
    octets_sent: int
    octets_received: int
    packets_sent: int
    packets_received: int
    flows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which dependencies; None asks for no such thing. `after` is the last id of the page before."""

    internal: Sequence[str] = ()  # the networks that count as internal
    limit: int = 1
    id: int | None = None
    after: int | None = None
    as_client: int | None = None
    as_server: int | None = None
    at_either_end: int | None = None
    space: int | None = None
    client_space: int | None = None
    server_space: int | None = None
    client_network: str | None = None
    server_network: str | None = None
    client_assets: Sequence[int] | None = None
    server_assets: Sequence[int] | None = None
    client_internet: bool = False
    server_internet: bool = False
    port: int | None = None
    protocol: int | None = None
    network: str | None = None  # of either end
    ends: Sequence[int] | None = None  # one of these assets at either end; or else one of these services
    part: str | None = None  # of either address; or else one of these services
    protocols: Sequence[int] = ()
    ports: Sequence[int] = ()
    chosen: Sequence[int] | None = None  # those that a query holds of


def page(conn: Connection, tenant: UUID, wanted: Wanted) -> list[Dependency]:
    """The newest first."""
    parameters = {name: getattr(wanted, name) for name in wanted.__slots__} | {"tenant": tenant}
    lists = {name: list(parameters[name]) for name in ("internal", "protocols", "ports")}
    with conn.cursor(row_factory=class_row(Dependency)) as cursor:
        return cursor.execute(_SQL.page, parameters | lists).fetchall()


def belief(conn: Connection, tenant: UUID, dependency: int) -> Belief | None:
    with conn.cursor(row_factory=class_row(Belief)) as cursor:
        return cursor.execute(_SQL.belief, {"tenant": tenant, "id": dependency}).fetchone()


def seen_by(conn: Connection, tenant: UUID, dependency: int) -> list[SeenBy]:
    with conn.cursor(row_factory=class_row(SeenBy)) as cursor:
        return cursor.execute(_SQL.seen_by, {"tenant": tenant, "id": dependency}).fetchall()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The points from `start` to before `end`, both on the step."""

    dependency: int
    start: datetime
    end: datetime
    hourly: bool
    limit: int


def volumes(conn: Connection, tenant: UUID, series: Series) -> list[Volume]:
    """Points that carried something. Hours not yet folded again are summed from their minutes."""
    query = _SQL.hours if series.hourly else _SQL.minutes
    parameters = {
        "tenant": tenant,
        "id": series.dependency,
        "start": series.start,
        "end": series.end,
        "limit": series.limit,
    }
    with conn.cursor(row_factory=class_row(Volume)) as cursor:
        return cursor.execute(query, parameters).fetchall()
