"""People, and the tenants they are members of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("members")

Held = tuple[list[str], Mapping[str, object]]  # permissions and limits of a grant


@dataclass(frozen=True, slots=True)
class Person:
    """A user, whichever tenants they are in."""

    id: UUID
    email: str
    name: str
    disabled_at: datetime | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Member:
    """A user in one tenant; `disabled_at` is when they were shut out of it, or of all.

    Until `accepted_at` they are invited: they may nothing, and `name` is what the tenant called them.
    """

    id: UUID
    email: str
    name: str
    disabled_at: datetime | None
    joined_at: datetime
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant, by name."""

    id: UUID
    name: str


def person(conn: Connection, *, user: UUID | None = None, email: str | None = None) -> Person | None:
    """Inside a person_transaction of the same user or address."""
    with conn.cursor(row_factory=class_row(Person)) as cursor:
        return cursor.execute(_SQL.person, {"user": user, "email": email}).fetchone()


def create_person(conn: Connection, user: UUID, *, email: str, name: str) -> None:
    """Inside a person_transaction of this address."""
    conn.execute(_SQL.create_person, {"user": user, "email": email, "name": name})


def hold(conn: Connection, user: UUID) -> None:
    """Inside a person_transaction of this user: whoever else decides about them waits until it ends."""
    conn.execute(_SQL.hold, {"user": user})


def join(conn: Connection, tenant: UUID, user: UUID, *, accepted: bool, name: str = "") -> None:
    """Nothing happens when they are a member already, or invited.

    `accepted`: by an act of the person's own, who is signed in or exists from this moment on. Others are invited.
    """
    conn.execute(_SQL.join, {"tenant": tenant, "user": user, "accepted": accepted, "name": name})


def accept(conn: Connection, tenant: UUID, user: UUID) -> bool:
    """From now on the membership counts; False when it did already, or there is none."""
    return conn.execute(_SQL.accept, {"tenant": tenant, "user": user}).fetchone() is not None


def page(conn: Connection, tenant: UUID, *, limit: int, after: str | None = None) -> list[Member]:
    """In the order of their addresses."""
    with conn.cursor(row_factory=class_row(Member)) as cursor:
        values = {"tenant": tenant, "user": None, "after": after, "limit": limit}
        return cursor.execute(_SQL.of_tenant, values).fetchall()


def one(conn: Connection, tenant: UUID, user: UUID) -> Member | None:
    with conn.cursor(row_factory=class_row(Member)) as cursor:
        values = {"tenant": tenant, "user": user, "after": None, "limit": 1}
        return cursor.execute(_SQL.of_tenant, values).fetchone()


def tenants_of(conn: Connection, user: UUID) -> list[Tenant]:
    """Those they may enter. Inside a person_transaction of this user."""
    with conn.cursor(row_factory=class_row(Tenant)) as cursor:
        return cursor.execute(_SQL.tenants_of, {"user": user}).fetchall()


def memberships(conn: Connection, user: UUID) -> list[UUID]:
    """All their tenants, those too that wait or shut them out. Inside a person_transaction of this user."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(_SQL.memberships, {"user": user}).fetchall()


def elsewhere(conn: Connection, user: UUID, tenant: UUID) -> bool:
    """Whether they belong to another tenant than this. Inside a person_transaction of this user."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(_SQL.elsewhere, {"user": user, "tenant": tenant}).fetchone())


def rights_of(conn: Connection, tenant: UUID, user: UUID, *, waiting: bool = False) -> list[Held]:
    """Permissions and limits of each grant that holds now; none of a person who is disabled.

    `waiting`: of one who has not accepted yet, those that they would have.
    """
    values = {"tenant": tenant, "user": user, "waiting": waiting}
    return [(permissions, limits) for permissions, limits in conn.execute(_SQL.rights_of, values)]


def shut(conn: Connection, tenant: UUID, user: UUID, *, disabled: bool) -> bool:
    """Shuts a member out of this tenant, or lets them in again."""
    return conn.execute(_SQL.shut, {"tenant": tenant, "user": user, "disabled": disabled}).fetchone() is not None


def leave(conn: Connection, tenant: UUID, user: UUID) -> bool:
    """With the membership go its grants; the person stays, for other tenants."""
    return conn.execute(_SQL.leave, {"tenant": tenant, "user": user}).fetchone() is not None
