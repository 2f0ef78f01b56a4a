"""Flow sources as the aggregate sees them: exporters by address, what was reported of them, and their states."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("flow_sources")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the flows of one exporter belong."""

    source_id: int
    address_space_id: int


def known(conn: Connection, tenant: UUID, exporters: Sequence[str]) -> dict[str, Source]:
    rows = conn.execute(_SQL.known, {"tenant": tenant, "exporters": list(exporters)})
    return {str(exporter): Source(int(source), int(space)) for exporter, source, space in rows}


def enrol(conn: Connection, tenant: UUID, states: Mapping[str, str]) -> None:
    """Makes a row in the default address space for each exporter that has none."""
    parameters = {"tenant": tenant, "exporters": list(states), "states": list(states.values())}
    conn.execute(_SQL.enrol, parameters)


@dataclass(frozen=True, slots=True)
class Reported:
    """What one collector process says, cumulative since it started; `exporters` in the form of flows/report.py."""

    collector: UUID
    started_ms: int
    at_ms: int
    exporters: Sequence[Mapping[str, object]]
    totals: Mapping[str, int]


def report(conn: Connection, tenant: UUID, reported: Reported) -> None:
    """Keeps the latest counters of each process and widens first seen, last seen and formats: any order will do."""
    parameters: dict[str, object] = {
        "tenant": tenant,
        "exporters": [exporter["exporter"] for exporter in reported.exporters],
        "reports": json.dumps(list(reported.exporters)),
        "totals": json.dumps(dict(reported.totals)),
        "collector": reported.collector,
        "started_ms": reported.started_ms,
        "at_ms": reported.at_ms,
    }
    conn.execute(_SQL.lock, parameters)
    conn.execute(_SQL.see, parameters)
    conn.execute(_SQL.count, parameters)
    conn.execute(_SQL.count_collector, parameters)


@dataclass(frozen=True, slots=True)
class Seen:
    """Flows of a source in one format, and between which moments."""

    source_id: int
    format: int
    first: datetime
    last: datetime


def saw(conn: Connection, tenant: UUID, seen: Sequence[Seen]) -> None:
    """Widens first seen, last seen and formats of counted sources that no collector reports (logs, and new ones)."""
    parameters = {
        "tenant": tenant,
        "sources": [one.source_id for one in seen],
        "formats": [one.format for one in seen],
        "first": [one.first for one in seen],
        "last": [one.last for one in seen],
    }
    conn.execute(_SQL.saw, parameters)


def states(conn: Connection, tenant: UUID) -> dict[str, str]:
    """Every exporter and whether it is accepted, held or refused."""
    return {str(exporter): str(state) for exporter, state in conn.execute(_SQL.states, {"tenant": tenant})}
