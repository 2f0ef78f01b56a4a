"""Second factors of people: what their codes are derived from, and recovery codes as digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("factors")


@dataclass(frozen=True, slots=True)
class State:
    """Whether a person has a factor, and whether the tenant they look at wants one."""

    kept: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A factor; without `confirmed_at` it is only being set up."""

    salt: bytes
    confirmed_at: datetime | None
    last_step: int


def state(conn: Connection, user: UUID, tenant: UUID) -> State:
    """Inside a person_transaction of this user, as all that follows down to `codes_left`."""
    with conn.cursor(row_factory=class_row(State)) as cursor:
        found = cursor.execute(_SQL.state, {"user": user, "tenant": tenant}).fetchone()
    return found or State(kept=False, required=False)


def held(conn: Connection, user: UUID) -> Held | None:
    """Locked, so that of two who show the same code one comes second."""
    with conn.cursor(row_factory=class_row(Held)) as cursor:
        return cursor.execute(_SQL.held, {"user": user}).fetchone()


def begin(conn: Connection, user: UUID, salt: bytes) -> bool:
    """False when there is one that counts already."""
    return conn.execute(_SQL.begin, {"user": user, "salt": salt}).rowcount == 1


def take(conn: Connection, user: UUID, step: int) -> None:
    """A code was shown; the first one confirms the factor."""
    conn.execute(_SQL.take, {"user": user, "step": step})


def forget(conn: Connection, user: UUID) -> bool:
    """The factor and its recovery codes; False when there was none."""
    conn.execute(_SQL.forget_codes, {"user": user})
    return conn.execute(_SQL.forget, {"user": user}).rowcount == 1


def keep_codes(conn: Connection, user: UUID, digests: Sequence[bytes]) -> None:
    """In place of those there were."""
    conn.execute(_SQL.forget_codes, {"user": user})
    conn.execute(_SQL.keep_codes, {"user": user, "digests": list(digests)})


def use_code(conn: Connection, user: UUID, digest: bytes) -> bool:
    """False for one that is not known or was used."""
    return conn.execute(_SQL.use_code, {"user": user, "digest": digest}).rowcount == 1


def codes_left(conn: Connection, user: UUID) -> int:
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(_SQL.codes_left, {"user": user}).fetchone() or 0)


def required(conn: Connection, tenant: UUID) -> bool:
    """Whether the tenant wants a second factor of its members; inside its transaction."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(_SQL.required, {"tenant": tenant}).fetchone())


def require(conn: Connection, tenant: UUID, *, required: bool) -> None:
    conn.execute(_SQL.require, {"tenant": tenant, "required": required})
