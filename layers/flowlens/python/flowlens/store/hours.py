"""Hours: the minutes of each folded into one row per dependency and source, again whenever minutes were added."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flowlens.store import partitions
from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("hours")


def stale(conn: Connection, tenant: UUID) -> list[datetime]:
    """The hours to fold, oldest first."""
    return [hour for (hour,) in conn.execute(_SQL.stale, {"tenant": tenant})]


def fold(conn: Connection, tenant: UUID, hour: datetime) -> int:
    """Folds the hour again, inside a snapshot_transaction; says how many rows it has.

    The marks and the minutes of one moment belong together: a mark that comes later brings the hour back. An hour
    whose minutes are gone stays as it was folded last.
    """
    conn.execute(_SQL.keep_partitions)
    parameters = {"tenant": tenant, "hour": hour}
    conn.execute(_SQL.unmark, parameters)
    if partitions.MINUTES.name(hour.date()) not in partitions.existing(conn, partitions.MINUTES):
        return 0
    conn.execute(_SQL.clear, parameters)
    return conn.execute(_SQL.fold, parameters).rowcount
