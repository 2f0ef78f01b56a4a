"""Hours: the minutes of each folded into one row per dependency and source, again whenever minutes were added."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import scalar_row

from flowlens.store import partitions
from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("hours")


def stale(conn: Connection, tenant: UUID) -> list[datetime]:
    """The hours to fold, oldest first."""
    return [hour for (hour,) in conn.execute(_SQL.stale, {"tenant": tenant})]


def fold(conn: Connection, tenant: UUID, hour: datetime) -> NDArray[np.int64]:
    """Folds the hour again, while nothing is merged; says of which dependencies that changed a total.

    Who counts is decided here, and the totals of dependencies, into which every source is merged, are corrected. An
    hour whose minutes are gone stays as it was folded last.
    """
    conn.execute(_SQL.keep_partitions)
    parameters = {"tenant": tenant, "hour": hour}
    conn.execute(_SQL.unmark, parameters)
    if partitions.MINUTES.name(hour.date()) not in partitions.existing(conn, partitions.MINUTES):
        return np.zeros(0, np.int64)
    conn.execute(_SQL.clear_totals, parameters)
    conn.execute(_SQL.stage_excess)
    conn.execute(_SQL.clear, parameters)
    conn.execute(_SQL.fold, parameters)
    conn.execute(_SQL.total, parameters)
    with conn.cursor(binary=True, row_factory=scalar_row) as cursor:
        corrected = cursor.execute(_SQL.correct, parameters).fetchone() or b""
    return np.frombuffer(corrected, ">i8").astype(np.int64)
