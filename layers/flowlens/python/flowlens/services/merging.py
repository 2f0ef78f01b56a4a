"""Merging: the deltas of many records written into the rows that people read, each once, by one process at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
import psycopg

from flowlens.flows import deltas as packed
from flowlens.flows.columns import Format
from flowlens.flows.conversations import WITNESSED, Merged, Rows, merge
from flowlens.flows.direction import Evidence
from flowlens.flows.grouping import Positions, group
from flowlens.services import rates
from flowlens.services.flows import seen
from flowlens.store import deltas, flow_sources
from flowlens.store import flows as store
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.store.ledger import Name

Document = dict[str, str | int]
MOST_ROWS = 500_000  # in one transaction, which bounds our memory; so many are merged without a rest
_FORMATS = {int(form): form.name.lower() for form in Format}
_LITTLE_ROWS = 150_000  # for a function of little memory
_CONTENT = (psycopg.DataError, psycopg.IntegrityError)


@dataclass(slots=True)
class Outcome:
    """What some merges did."""

    deltas: int = 0
    beyond: int = 0  # flows of a time that the minutes do not hold
    refused: list[str] = field(default_factory=list)  # deltas that the database would not take, each with the reason


def merge_due(conn: Connection, tenant: UUID) -> Outcome:
    """Merges if the last merge is long enough ago for what it cost, or if much waits; else leaves it to a later one."""
    outcome = Outcome()
    with tenant_transaction(conn, tenant):
        rested = deltas.turn(conn, tenant)
        due = rested is not None and (rested or deltas.waiting(conn, tenant) >= MOST_ROWS)
        found = deltas.oldest(conn, tenant, MOST_ROWS) if due else {}
    _merge(conn, tenant, found, outcome)
    return outcome


def merge_all(conn: Connection, tenant: UUID, more: Callable[[], bool] = lambda: True) -> Outcome:
    """Merges until nothing waits, another process merges, or there is no time for `more`."""
    outcome = Outcome()
    while more():
        with tenant_transaction(conn, tenant):
            found = deltas.oldest(conn, tenant, _LITTLE_ROWS) if deltas.turn(conn, tenant) is not None else {}
        if not found:
            break
        _merge(conn, tenant, found, outcome)
    return outcome


def _merge(conn: Connection, tenant: UUID, found: Mapping[Name, bytes], outcome: Outcome) -> None:
    """All in one transaction; where the database will not take one of them, or not in time, halves find which."""
    if not found:
        return
    try:
        with tenant_transaction(conn, tenant):
            mine = deltas.turn(conn, tenant) is not None
            merged, beyond = _merge_here(conn, tenant, found) if mine else (0, 0)
    except (*_CONTENT, psycopg.errors.QueryCanceled) as error:
        names = list(found)
        if len(names) == 1:
            if not isinstance(error, _CONTENT):
                raise  # it is slow, not wrong
            _refuse(conn, tenant, names[0], error, outcome)
            return
        for half in (names[: len(names) // 2], names[len(names) // 2 :]):
            _merge(conn, tenant, {name: found[name] for name in half}, outcome)
    else:
        outcome.deltas += merged
        outcome.beyond += beyond


def _merge_here(conn: Connection, tenant: UUID, found: Mapping[Name, bytes]) -> tuple[int, int]:
    """How many deltas, and flows beyond the minutes. Another process may have merged some since they were read."""
    there = deltas.remove(conn, tenant, list(found))
    # Ordered so that the first evidence does not depend on the order of arrival (see add_dependencies in flows.sql).
    names = sorted(there, key=lambda name: (name[1], name[2], str(name[0])))
    if not names:
        return 0, 0
    opened = [packed.decode(found[name]) for name in names]
    late = rates.late(conn, tenant, [rows for rows, _ in opened])
    opened = [(rates.corrected(conn, tenant, rows, late), listed) for rows, listed in opened]
    exporters = {source: exporter for _, listed in opened for source, exporter in listed.items()}
    beyond, touched = _write(conn, tenant, merge([rows for rows, _ in opened]), _Witnesses(names, exporters))
    deltas.say_changed(conn, tenant, touched)
    deltas.end_turn(conn, tenant, len(names))
    return len(names), beyond


def _refuse(conn: Connection, tenant: UUID, name: Name, error: psycopg.Error, outcome: Outcome) -> None:
    reason = f"database_{error.sqlstate}"
    with tenant_transaction(conn, tenant):
        deltas.refuse(conn, tenant, name, reason)
    outcome.refused.append(f"{reason}: {name}")


@dataclass(frozen=True, slots=True)
class _Witnesses:
    """Whom the rows of a merge name by number: records in their order, and exporters by source."""

    records: Sequence[Name]
    exporters: Mapping[int, str]


def _write(conn: Connection, tenant: UUID, whole: Merged, witnesses: _Witnesses) -> tuple[int, deltas.Touched]:
    """How many flows lie beyond the minutes, and what is another than before."""
    edges, minutes = dict(whole.edges), dict(whole.minutes)
    edges["evidence"], documents = _evidence(edges, witnesses)
    ends, of_edges = _ends(edges)
    edges["client_id"], edges["server_id"] = np.split(store.assets(conn, tenant, ends)[of_edges], 2)
    dependencies = store.dependencies(conn, tenant, edges, whole.intervals, documents)
    minutes["dependency"] = dependencies[minutes["edge"]]
    beyond = store.minutes(conn, tenant, minutes)
    flow_sources.saw(conn, tenant, seen(minutes))
    return beyond, deltas.Touched(dependencies, store.hours_of(minutes["minute"]))


def _ends(edges: Rows) -> tuple[Rows, Positions]:
    """The different ends of all edges in the order of their addresses, and which are the clients, then the servers."""
    both = {half: np.concatenate([edges[f"client_{half}"], edges[f"server_{half}"]]) for half in ("high", "low")}
    both |= {name: np.tile(edges[name], 2) for name in ("space", "start", "end")}
    groups = group([both["space"], both["high"], both["low"]])
    ends = {name: both[name][groups.first] for name in ("space", "high", "low")}
    ends["start"] = np.minimum.reduceat(both["start"][groups.order], groups.starts)
    ends["end"] = np.maximum.reduceat(both["end"][groups.order], groups.starts)
    return ends, groups.of_rows


def _evidence(edges: Rows, witnesses: _Witnesses) -> tuple[Positions, list[Document]]:
    """What the earliest flow of each edge was; edges of one record share most of it, so it is said once."""
    groups = group([edges[name] for name in ("source", "format", "domain", "evidence", "record", *WITNESSED)])
    documents = []
    for row in groups.first:
        source, epoch, record = witnesses.records[int(edges["record"][row])]
        document: Document = {
            "exporter": witnesses.exporters[int(edges["source"][row])],
            "format": _FORMATS.get(int(edges["format"][row]), str(edges["format"][row])),
            "domain": int(edges["domain"][row]),
            "evidence": Evidence(int(edges["evidence"][row])).name.lower(),
            "source": str(source),
            "epoch": epoch,
            "record": record,
        }
        document |= {name: value for name in WITNESSED if (value := int(edges[name][row]))}
        documents.append(document)
    return groups.of_rows, documents
