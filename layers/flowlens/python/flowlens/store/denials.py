"""Denied attempts that were noted once and came again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("denials")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried, in the words of the trail."""

    actor: str
    action: str
    target: str
    detail: dict[str, object]


@dataclass(frozen=True, slots=True)
class Counted:
    """How often it came since it was last noted; `over` when that is longer ago than the stretch."""

    times: int
    since: datetime
    last_at: datetime
    over: bool


@dataclass(frozen=True, slots=True)
class Settled(Attempt):
    """One that is not counted any longer."""

    times: int
    since: datetime
    last_at: datetime


def crowded(conn: Connection, tenant: UUID, key: bytes, *, most: int, within: timedelta) -> bool:
    """Whether so many others are counted already, and this one is not among them."""
    values = {"tenant": tenant, "key": key, "most": most, "within": within}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(_SQL.crowded, values).fetchone())


def count(conn: Connection, tenant: UUID, key: bytes, attempt: Attempt, *, within: timedelta) -> Counted:
    """Counts it once more. Nobody else does until the transaction around ends."""
    words = {"actor": attempt.actor, "action": attempt.action, "target": attempt.target}
    values = {"tenant": tenant, "key": key, "detail": Jsonb(attempt.detail), "within": within, **words}
    with conn.cursor(row_factory=class_row(Counted)) as cursor:
        (found,) = cursor.execute(_SQL.count, values).fetchall()
    return found


def noted(conn: Connection, tenant: UUID, key: bytes) -> None:
    """All of them are in the trail: counting begins anew."""
    conn.execute(_SQL.noted, {"tenant": tenant, "key": key})


def settle(conn: Connection, tenant: UUID, *, within: timedelta, limit: int) -> list[Settled]:
    """Takes away those that were last noted before the stretch."""
    values = {"tenant": tenant, "within": within, "limit": limit}
    with conn.cursor(row_factory=class_row(Settled)) as cursor:
        return cursor.execute(_SQL.settle, values).fetchall()
