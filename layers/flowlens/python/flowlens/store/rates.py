"""Sampling rates that options data taught, and what they correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("rates")
WINDOW = timedelta(hours=1)  # before a rate was learnt, in which it holds for what had none
SETTLE = timedelta(minutes=5)  # in which a second rate makes the first one doubtful
_LONG = timedelta(days=1)  # in which a source that sent nothing but unrated flows is taken for unsampled till then


@dataclass(frozen=True, slots=True)
class Due:
    """The first rate of a source, of which nothing is settled yet."""

    source_id: int
    rate: int
    learned: datetime
    ambiguous: bool  # another rate came at about the same time


def learn(conn: Connection, tenant: UUID, rates: Mapping[tuple[int, int], datetime]) -> None:
    """By source and rate, when a flow with it was first received: the earliest is kept. A source keeps 64 at most."""
    parameters = {
        "tenant": tenant,
        "sources": [source for source, _ in rates],
        "rates": [rate for _, rate in rates],
        "received": list(rates.values()),
    }
    conn.execute(_SQL.learn, parameters)


def due(conn: Connection, tenant: UUID, now: datetime) -> list[Due]:
    with conn.cursor(row_factory=class_row(Due)) as cursor:
        return cursor.execute(_SQL.due, {"tenant": tenant, "before": now - SETTLE, "settle": SETTLE}).fetchall()


def unsampled_before(conn: Connection, tenant: UUID, one: Due) -> bool:
    """Whether the source sent flows without a rate long before: then its sampling began with the rate."""
    begin = one.learned - WINDOW
    parameters = {"tenant": tenant, "source": one.source_id, "since": begin - _LONG, "until": begin}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(_SQL.unsampled_before, parameters).fetchone())


def correct(conn: Connection, tenant: UUID, one: Due) -> int:
    """Multiplies what was counted without a rate, in minutes and in totals; says how many flows that were.

    To be called while nothing is merged. The rows are told from others by their rate, which is then no longer missing.
    """
    first, last = one.learned - WINDOW, one.learned
    parameters = {"tenant": tenant, "source": one.source_id, "rate": one.rate, "first": first, "last": last}
    conn.execute(_SQL.stage_unrated)
    conn.execute(_SQL.add_unrated, parameters)
    conn.execute(_SQL.correct_minutes, parameters)
    conn.execute(_SQL.correct_totals, parameters)
    conn.execute(_SQL.mark_stale, parameters)
    with conn.cursor(row_factory=scalar_row) as cursor:
        flows: int | None = cursor.execute(_SQL.staged_flows).fetchone()
    return flows or 0


def settle(conn: Connection, tenant: UUID, one: Due, outcome: str, flows: int) -> None:
    """Says what became of it; nothing more is corrected for this source but what comes late itself."""
    parameters = {"tenant": tenant, "source": one.source_id, "rate": one.rate, "outcome": outcome, "flows": flows}
    conn.execute(_SQL.settle, parameters)


def late(conn: Connection, tenant: UUID, sources: Sequence[int]) -> list[Due]:
    """The rates that hold for flows of these sources that are merged only now."""
    with conn.cursor(row_factory=class_row(Due)) as cursor:
        return cursor.execute(_SQL.late, {"tenant": tenant, "sources": list(sources)}).fetchall()


def add_late(conn: Connection, tenant: UUID, source: int, flows: int) -> None:
    """Counts flows that were corrected as they were merged."""
    conn.execute(_SQL.add_late, {"tenant": tenant, "source": source, "flows": flows})
