"""What was counted over time, and when dependencies came and went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("timeline")


@dataclass(frozen=True, slots=True)
class Steps:
    """A window from `start` to before `end` in steps; of `chosen` dependencies, or of all."""

    start: datetime
    end: datetime
    step: timedelta
    chosen: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was counted in the step that begins at `t`."""

    t: datetime
    octets: int
    flows: int


@dataclass(frozen=True, slots=True)
class Changes:
    """How many dependencies came and went in the step that begins at `t`."""

    t: datetime
    added: int
    gone: int


def traffic(conn: Connection, tenant: UUID, steps: Steps) -> list[Traffic]:
    """Steps in which something was counted; steps of less than an hour are read from the minutes."""
    query = _SQL.hours if steps.step >= timedelta(hours=1) else _SQL.minutes
    with conn.cursor(row_factory=class_row(Traffic)) as cursor:
        return cursor.execute(query, _parameters(tenant, steps)).fetchall()


def changes(conn: Connection, tenant: UUID, steps: Steps, *, now: datetime) -> list[Changes]:
    """Steps in which something changed."""
    with conn.cursor(row_factory=class_row(Changes)) as cursor:
        return cursor.execute(_SQL.changes, _parameters(tenant, steps) | {"now": now}).fetchall()


def _parameters(tenant: UUID, steps: Steps) -> dict[str, object]:
    chosen = None if steps.chosen is None else list(steps.chosen)
    return {"tenant": tenant, "start": steps.start, "end": steps.end, "step": steps.step, "chosen": chosen}
