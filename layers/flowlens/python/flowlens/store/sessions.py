"""Sessions of people, kept as digests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from flowlens.store.connection import Connection
from flowlens.store.members import Held
from flowlens.store.queries import Queries

_SQL = Queries("sessions")


@dataclass(frozen=True, slots=True)
class Session:
    """A session that was found by its secret, its person, and what they may in its tenant at this moment."""

    id: UUID
    user: UUID
    tenant: UUID
    proven_at: datetime | None  # None when it was shown to another tenant's provider
    provider: UUID | None  # that vouched for it
    factor_at: datetime | None  # when it showed the second factor
    email: str
    disabled: bool
    kept: bool  # whether the person has a second factor
    required: bool  # whether the tenant wants one
    grants: list[Held]


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


def asking(conn: Connection, digest: bytes, *, idle: timedelta) -> Session | None:
    """One that lives. It counts as used; that is noted when it was not in the last minute.

    One question, and outside of any transaction: what it chooses to see ends with it.
    """
    with conn.cursor(row_factory=class_row(Session)) as cursor:
        return cursor.execute(_SQL.asking, {"digest": digest, "idle": idle}).fetchone()


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
