"""Saved views and dashboards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("views")
State = dict[str, object]
MOST = 5000  # of one tenant


@dataclass(frozen=True, slots=True)
class View:
    """A view as it is kept."""

    id: int
    kind: str
    name: str
    note: str
    owner: str
    owner_name: str
    audience: list[str]
    state: State
    version: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a person says of a view; None leaves it as it is."""

    name: str | None = None
    note: str | None = None
    audience: Sequence[str] | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: their own views, and those for any of their audiences."""

    tenant: UUID
    owner: str
    audiences: Sequence[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which views; None asks for no such thing."""

    limit: int
    kind: str | None = None
    after: int | None = None
    id: int | None = None


def page(conn: Connection, reader: Reader, wanted: Wanted) -> list[View]:
    """In the order they were made."""
    parameters = {"kind": wanted.kind, "after": wanted.after, "id": wanted.id, "limit": wanted.limit}
    with conn.cursor(row_factory=class_row(View)) as cursor:
        return cursor.execute(_SQL.page, parameters | _who(reader)).fetchall()


def create(conn: Connection, reader: Reader, owner_name: str, kind: str, fields: Fields) -> int | None:
    """None when the owner has one of this name, or there are as many as there may be."""
    parameters = {"kind": kind, "owner_name": owner_name, "most": MOST} | _said(fields) | _who(reader)
    parameters |= {"note": fields.note or "", "audience": list(fields.audience or ())}
    with conn.cursor(row_factory=scalar_row) as cursor:
        made: int | None = cursor.execute(_SQL.create, parameters).fetchone()
    return made


def held(conn: Connection, reader: Reader, view: int) -> tuple[int, str, list[str]] | None:
    """Version, owner and audience, which no one else changes until this transaction ends."""
    found: tuple[int, str, list[str]] | None = conn.execute(_SQL.held, {"id": view} | _who(reader)).fetchone()
    return found


def name_taken(conn: Connection, tenant: UUID, view: int, name: str) -> bool:
    """Has its owner another one of this name?"""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(_SQL.name_taken, {"tenant": tenant, "id": view, "name": name}).fetchone())


def update(conn: Connection, tenant: UUID, view: int, fields: Fields) -> None:
    conn.execute(_SQL.update, _said(fields) | {"tenant": tenant, "id": view})


def delete(conn: Connection, tenant: UUID, view: int) -> None:
    conn.execute(_SQL.delete, {"tenant": tenant, "id": view})


def roles(conn: Connection, tenant: UUID) -> list[tuple[int, str]]:
    """Id and name of every role, by name."""
    return conn.execute(_SQL.roles, {"tenant": tenant}).fetchall()


def roles_of(conn: Connection, tenant: UUID, user: UUID) -> list[int]:
    """The roles that a person holds now."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(_SQL.roles_of, {"tenant": tenant, "user": user}).fetchall()


def _who(reader: Reader) -> dict[str, object]:
    return {"tenant": reader.tenant, "owner": reader.owner, "audiences": list(reader.audiences)}


def _said(fields: Fields) -> dict[str, object]:
    audience = None if fields.audience is None else list(fields.audience)
    state = None if fields.state is None else Jsonb(fields.state)
    return {"name": fields.name, "note": fields.note, "audience": audience, "state": state}
