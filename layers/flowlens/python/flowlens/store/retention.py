"""What is removed because nothing has asked for it in a long time."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("retention")
DIGESTS = timedelta(days=15)  # a stream keeps records for two days, the queue of those that failed for two weeks
# Dependencies before assets, which they refer to.
_TABLES = (
    "dependencies",
    "assets",
    "ledger",
    "dead_letters",
    "source_counters",
    "collector_counters",
    "attempts",
    "sightings",
    "feed_readings",
    "feed_coverage",
    "push_refusals",
    "hour_totals",
)


def wait_briefly(conn: Connection) -> None:
    """Dropping a partition stops the writers while it waits for its lock: it waits five seconds, then gives way."""
    conn.execute(_SQL.wait_briefly)


def forget_digests(conn: Connection, tenant: UUID, now: datetime) -> int:
    """What was counted so long ago that nothing can deliver it again."""
    return conn.execute(_SQL.digests, {"tenant": tenant, "before": now - DIGESTS}).rowcount


def remove(conn: Connection, tenant: UUID, before: datetime) -> dict[str, int]:
    """Removes rows last touched before that time; says how many of each table."""
    parameters = {"tenant": tenant, "before": before}
    return {table: conn.execute(getattr(_SQL, table), parameters).rowcount for table in _TABLES}
