"""Deltas: what each counted record adds, as bytes, until one merge at a time writes many of them into rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import scalar_row

from flowlens.store.connection import Connection
from flowlens.store.ledger import Name, named
from flowlens.store.queries import Queries

_SQL = Queries("deltas")
# A merge rests nine times as long as it took, so that it takes at most a tenth of a core; and no longer than this.
_RESTS, _LONGEST = 9, timedelta(seconds=20)
_MOST_NAMED = 200_000  # dependencies of one change: to read more one by one is dearer than to read all
_KEPT = timedelta(minutes=15)  # for which a change is kept: who has not looked for longer reads all again


@dataclass(frozen=True, slots=True)
class Delta:
    """A packed delta and how many rows it holds."""

    rows: int
    body: bytes


def add(conn: Connection, tenant: UUID, deltas: Mapping[Name, Delta]) -> None:
    """In the transaction that enters their records in the ledger."""
    if not deltas:
        return
    conn.execute(_SQL.open, {"tenant": tenant})
    rows = [deltas[name].rows for name in sorted(deltas)]
    bodies = [deltas[name].body for name in sorted(deltas)]
    conn.execute(_SQL.add, {"tenant": tenant, "rows": rows, "bodies": bodies} | named(deltas))


def turn(conn: Connection, tenant: UUID) -> bool | None:
    """Whether the last merge is long enough ago; None while another process merges, or nothing was ever to be merged.

    Until the transaction ends nobody else has the turn.
    """
    with conn.cursor(row_factory=scalar_row) as cursor:
        rested: bool | None = cursor.execute(
            _SQL.turn, {"tenant": tenant, "rests": _RESTS, "longest": _LONGEST}
        ).fetchone()
    return rested


def await_turn(conn: Connection, tenant: UUID) -> None:
    """Until the transaction ends nothing is merged."""
    conn.execute(_SQL.await_turn, {"tenant": tenant})


@dataclass(frozen=True, slots=True)
class Touched:
    """Dependencies that changed, by id (None: any may have, or be gone), and the hours whose volumes did."""

    dependencies: NDArray[np.int64] | None = None
    hours: Sequence[datetime] = ()


def say_changed(conn: Connection, tenant: UUID, touched: Touched) -> None:
    """What is shown changed: see topology.change. Who holds the turn says so."""
    ids = touched.dependencies
    known = None if ids is None or len(ids) > _MOST_NAMED else np.unique(ids).astype("<i8").tobytes()
    conn.execute(_SQL.say_changed, {"tenant": tenant, "dependencies": known, "hours": list(touched.hours)})
    conn.execute(_SQL.forget_changes, {"tenant": tenant, "kept": _KEPT})


def waiting(conn: Connection, tenant: UUID) -> int:
    """How many rows wait to be merged."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        rows: int | None = cursor.execute(_SQL.waiting, {"tenant": tenant}).fetchone()
    return rows or 0


def oldest(conn: Connection, tenant: UUID, most: int) -> dict[Name, bytes]:
    """The longest waiting, until they hold `most` rows."""
    rows = conn.cursor(binary=True).execute(_SQL.oldest, {"tenant": tenant, "most": most})
    return {(source, epoch, record): body for source, epoch, record, body in rows}


def remove(conn: Connection, tenant: UUID, names: Sequence[Name]) -> set[Name]:
    """Those that were still there. They are gone when the transaction that merges them is committed."""
    rows = conn.execute(_SQL.remove, {"tenant": tenant} | named(names))
    return {(source, epoch, record) for source, epoch, record in rows}


def refuse(conn: Connection, tenant: UUID, name: Name, reason: str) -> None:
    """It is merged no more until somebody clears the reason."""
    source, epoch, record = name
    conn.execute(_SQL.refuse, {"tenant": tenant, "source": source, "epoch": epoch, "record": record, "reason": reason})


def end_turn(conn: Connection, tenant: UUID, merged: int) -> None:
    conn.execute(_SQL.end_turn, {"tenant": tenant, "merged": merged})
