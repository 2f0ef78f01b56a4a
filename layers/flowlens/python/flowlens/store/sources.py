"""Flow sources, what was counted for them, and address spaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("sources")


@dataclass(frozen=True, slots=True)
class Source:
    """An exporter of flows; `counters` are summed over the runs of all collectors."""

    id: int
    exporter: str
    name: str
    note: str
    address_space_id: int
    state: str
    formats: list[int]
    first_seen: datetime | None
    last_seen: datetime | None
    version: int
    created_at: datetime
    counters: dict[str, int]
    sampling_rates: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class AddressSpace:
    """A realm in which an address is one thing."""

    id: int
    name: str
    is_default: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What an operator says about a source; None leaves it as it is (or, of a new one, at its default)."""

    name: str | None = None
    note: str | None = None
    space: int | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Among:
    """Those that one of these formats was seen of, or all others."""

    formats: Sequence[int]
    wanted: bool


def page(
    conn: Connection, tenant: UUID, *, limit: int, after: int | None = None, among: Among | None = None
) -> list[Source]:
    with conn.cursor(row_factory=class_row(Source)) as cursor:
        return cursor.execute(_SQL.page, _wanted(tenant, after=after, limit=limit, among=among)).fetchall()


def one(conn: Connection, tenant: UUID, source: int) -> Source | None:
    with conn.cursor(row_factory=class_row(Source)) as cursor:
        return cursor.execute(_SQL.page, _wanted(tenant, id=source)).fetchone()


def _wanted(
    tenant: UUID, *, id: int | None = None, after: int | None = None, limit: int = 1, among: Among | None = None
) -> dict[str, object]:
    formats, wanted = (list(among.formats), among.wanted) if among else ([], None)
    return {"tenant": tenant, "id": id, "after": after, "limit": limit, "formats": formats, "wanted": wanted}


def create(conn: Connection, tenant: UUID, exporter: str, fields: Fields) -> int | None:
    """The new source's id; None when this exporter has one already. The address space must exist."""
    parameters = {
        "tenant": tenant,
        "exporter": exporter,
        "name": fields.name or "",
        "note": fields.note or "",
        "space": fields.space,
        "state": fields.state or "accepted",
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        made: int | None = cursor.execute(_SQL.create, parameters).fetchone()
    return made


def hold_version(conn: Connection, tenant: UUID, source: int) -> int | None:
    """The version, which no one else changes until this transaction ends."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        version: int | None = cursor.execute(_SQL.held_version, {"tenant": tenant, "id": source}).fetchone()
    return version


def update(conn: Connection, tenant: UUID, source: int, fields: Fields) -> None:
    parameters = {"name": fields.name, "note": fields.note, "space": fields.space, "state": fields.state}
    conn.execute(_SQL.update, parameters | {"tenant": tenant, "id": source})


def delete(conn: Connection, tenant: UUID, source: int) -> None:
    conn.execute(_SQL.delete, {"tenant": tenant, "id": source})


def spaces(conn: Connection, tenant: UUID, *, id: int | None = None) -> list[AddressSpace]:
    with conn.cursor(row_factory=class_row(AddressSpace)) as cursor:
        return cursor.execute(_SQL.spaces, {"tenant": tenant, "id": id}).fetchall()


def create_space(conn: Connection, tenant: UUID, name: str) -> AddressSpace | None:
    """None when the name is taken, or there are a thousand already."""
    with conn.cursor(row_factory=class_row(AddressSpace)) as cursor:
        return cursor.execute(_SQL.create_space, {"tenant": tenant, "name": name}).fetchone()
