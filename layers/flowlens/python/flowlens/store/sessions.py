"""Sessions of people, kept as digests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("sessions")


@dataclass(frozen=True, slots=True)
class Session:
    """A session that was found by its secret; `stale` when its last use was noted more than a minute ago."""

    id: UUID
    user: UUID
    tenant: UUID
    proven_at: datetime | None  # None when it was shown to another tenant's provider
    provider: UUID | None  # that vouched for it
    factor_at: datetime | None
    lives: bool
    stale: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A session, as its person sees it."""

    id: UUID
    method: str
    started_at: datetime
    last_used_at: datetime
    ends_at: datetime
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Begun:
    """What is noted of a session when it begins."""

    user: UUID
    tenant: UUID
    method: str
    address: str
    agent: str
    provider: UUID | None = None  # that vouched for it


def begin(conn: Connection, digest: bytes, begun: Begun, *, longest: timedelta) -> None:
    values = {
        "digest": digest, "user": begun.user, "tenant": begun.tenant, "method": begun.method,
        "address": begun.address, "agent": begun.agent, "provider": begun.provider, "longest": longest,
    }  # fmt: skip
    conn.execute(_SQL.begin, values)


def of_digest(conn: Connection, digest: bytes, *, idle: timedelta) -> Session | None:
    """Inside a secret_transaction of the same digest."""
    with conn.cursor(row_factory=class_row(Session)) as cursor:
        return cursor.execute(_SQL.of_digest, {"digest": digest, "idle": idle}).fetchone()


def touch(conn: Connection, session: UUID) -> None:
    conn.execute(_SQL.touch, {"id": session})


def of_user(conn: Connection, user: UUID, *, idle: timedelta, within: UUID | None = None) -> list[Listed]:
    """Those that live, the last used first; of one tenant's providers alone when it is named."""
    with conn.cursor(row_factory=class_row(Listed)) as cursor:
        return cursor.execute(_SQL.of_user, {"user": user, "idle": idle, "within": within}).fetchall()


def turn(
    conn: Connection,
    session: UUID,
    digest: bytes,
    *,
    proven: bool,
    factor: bool | None = None,
    within: UUID | None = None,
) -> bool:
    """Gives it another secret, so that the one before is worth nothing; notes what was shown for that.

    `factor`: whether the second one was shown just now, or must be shown again; None leaves that as it is.
    `within`: the tenant alone in which the proof counts, because its provider vouched for it.
    False when the session was ended meanwhile.
    """
    values = {"id": session, "digest": digest, "proven": proven, "factor": factor, "within": within}
    return conn.execute(_SQL.turn, values).rowcount == 1


def enter(conn: Connection, session: UUID, tenant: UUID) -> None:
    conn.execute(_SQL.enter, {"id": session, "tenant": tenant})


def finish(
    conn: Connection, user: UUID, *, session: UUID | None = None, but: UUID | None = None, within: UUID | None = None
) -> int:
    """One of a person's, or all of them but one; says how many that were.

    `within`: only what the providers of this tenant vouched for.
    """
    return conn.execute(_SQL.finish, {"user": user, "id": session, "but": but, "within": within}).rowcount


def sweep(conn: Connection, user: UUID, *, idle: timedelta) -> None:
    """Forgets what has ended."""
    conn.execute(_SQL.sweep, {"user": user, "idle": idle})
