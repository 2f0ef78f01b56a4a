"""Sampling rates that came after the flows they hold for: what was counted meanwhile is corrected, each flow once.

Rows without a rate are told by it (flows/rates.py). Correcting them gives them one, in the transaction that changes the
totals, while nothing is merged. What is merged later is corrected as it is merged. So nothing is corrected twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from flowlens.flows.conversations import MINUTE, Rows
from flowlens.flows.rates import Late, Learned, unrated
from flowlens.flows.rates import corrected as multiplied
from flowlens.store import deltas
from flowlens.store import rates as store
from flowlens.store.connection import Connection, tenant_transaction

CORRECTED, AMBIGUOUS, UNSAMPLED = "corrected", "ambiguous", "unsampled_before"


def learn(conn: Connection, tenant: UUID, taught: Sequence[Learned]) -> None:
    """In the transaction that counts the flows that have these rates."""
    if not taught:
        return
    first: dict[tuple[int, int], int] = {}
    for one in taught:
        key = (one.source, one.rate)
        first[key] = min(first.get(key, one.received), one.received)
    moments = {key: datetime.fromtimestamp(ms / 1000, UTC) for key, ms in sorted(first.items())}
    store.learn(conn, tenant, moments)


def correct(conn: Connection, tenant: UUID, now: datetime) -> dict[str, int]:
    """Settles every rate that is due, each in a transaction of its own; says how many, by outcome."""
    done: dict[str, int] = {}
    with tenant_transaction(conn, tenant):
        due = store.due(conn, tenant, now)
    for one in due:
        with tenant_transaction(conn, tenant):
            deltas.await_turn(conn, tenant)
            if one not in store.due(conn, tenant, now):
                continue  # another process settled it meanwhile
            outcome, flows = _outcome(conn, tenant, one)
            store.settle(conn, tenant, one, outcome, flows)
            if flows:
                deltas.say_changed(conn, tenant, deltas.Touched())
        done[outcome] = done.get(outcome, 0) + 1
    return done


def _outcome(conn: Connection, tenant: UUID, one: store.Due) -> tuple[str, int]:
    if one.ambiguous:
        return AMBIGUOUS, 0
    if store.unsampled_before(conn, tenant, one):
        return UNSAMPLED, 0
    return CORRECTED, store.correct(conn, tenant, one)


def late(conn: Connection, tenant: UUID, rows: Sequence[Rows]) -> dict[int, Late]:
    """The rates that were corrected by and hold for some of these rows, by source."""
    sources = sorted({source for each in rows for source in unrated(each)})
    found = store.late(conn, tenant, sources) if sources else []
    return {one.source_id: _window(one) for one in found}


def _window(one: store.Due) -> Late:
    first, last = (moment.timestamp() for moment in (one.learned - store.WINDOW, one.learned))
    return Late(one.rate, -int(-first * 1000 // MINUTE), int(last * 1000 // MINUTE))


def corrected(conn: Connection, tenant: UUID, rows: Rows, late: Mapping[int, Late]) -> Rows:
    """The rows of a delta with the rates that came late; how many flows that were is kept with the rate."""
    if not late:
        return rows
    grown = multiplied(rows, late)
    for source in late:
        mine = (rows["source"] == source) & (rows["rate"] != grown["rate"])
        if flows := int(rows["flows"][mine].sum()):
            store.add_late(conn, tenant, source, flows)
    return grown
