"""Whether all is well: for load balancers, people and Prometheus."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flowlens.access.actor import Actor
from flowlens.flows.losses import lost_flows
from flowlens.services.sources import format_name, status
from flowlens.store import health, migrations
from flowlens.store.connection import Connection, actor_transaction, tenant_transaction
from flowlens.store.health import Counted

# Whose newest data an anonymous caller learns the age of.
DEFAULT_TENANT = UUID("00000000-0000-7000-8000-000000000001")
_ERRORS = ("truncated", "unknown_version", "template_missing")
_MALFORMED = re.compile(r"malformed\.([a-z0-9_]{1,40})")
_MAX_REASONS = 50
_STATUSES = ("active", "silent", "held", "refused", "never")
_LABEL = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class State:
    """What a health check learns."""

    schema_version: int
    schema_expected: int
    newest_data: datetime | None
    age_seconds: int | None


def ping(conn: Connection) -> None:
    """An OperationalError says that the connection is of no use any more."""
    health.ping(conn)


def read(conn: Connection, now: datetime) -> State:
    with tenant_transaction(conn, DEFAULT_TENANT) as conn:
        version = health.schema_version(conn)
        newest = health.newest(conn, DEFAULT_TENANT)
    expected = max(migration.version for migration in migrations.available())
    return State(version, expected, newest, _age(newest, now))


def _age(at: datetime | None, now: datetime) -> int | None:
    return None if at is None else max(0, round((now - at).total_seconds()))


def metrics(conn: Connection, actor: Actor, *, now: datetime, version: str) -> str:
    """Prometheus text. Labels are formats, reasons and states, all of them few; never an address or a name."""
    with actor_transaction(conn, actor) as conn:
        sizes = health.sizes(conn, actor.tenant)
        newest = health.newest(conn, actor.tenant)
        sources = health.sources(conn, actor.tenant)
    states = Counter(status(source.state, source.last_seen, now) for source in sources)
    lines = [
        *_metric("flows_received_total", "counter", "flows decoded", _labelled("source_type", _flows(sources))),
        *_metric("flow_parse_errors_total", "counter", "not decoded", _labelled("reason", _reasons(sources))),
        *_metric(
            "flows_lost_total", "counter", "dropped as the spool was full", {"": _sum(sources, "flows_spool_full")}
        ),
        *_lost(sources),
        *_metric("datagrams_received_total", "counter", "datagrams", {"": _sum(sources, "received")}),
        *_metric("datagrams_dropped_total", "counter", "dropped by a kernel", {"": sizes.kernel_dropped}),
        *_metric("sources", "gauge", "flow sources", _labelled("status", {s: states[s] for s in _STATUSES})),
        *_metric("assets", "gauge", "assets", {"": sizes.assets}),
        *_metric("dependencies", "gauge", "dependencies", {"": sizes.dependencies}),
        *_metric("dead_letters", "gauge", "records that could not be counted", {"": sizes.dead_letters}),
        *_metric("deltas_waiting", "gauge", "counted records that wait to be merged", {"": sizes.deltas_waiting}),
        *_metric("deltas_refused", "gauge", "counted records that the database refused", {"": sizes.deltas_refused}),
        *_metric("stale_hours", "gauge", "hours waiting to be folded", {"": sizes.stale_hours}),
        *_metric("build_info", "gauge", "the version that answers", _labelled("version", {version: 1})),
    ]
    age = _age(newest, now)
    if age is not None:
        lines += _metric("ingest_lag_seconds", "gauge", "since a record was last counted", {"": age})
    return "\n".join(lines) + "\n"


_ALLOWANCE = "pps_allowance_exceeded"  # reported where the network driver counts it
SILENT = timedelta(seconds=60)  # six reports


@dataclass(frozen=True, slots=True)
class Collector:
    """A collector process, whether it still reports, and what it lost that no exporter can be named for."""

    id: UUID
    status: str
    started: datetime
    reported_at: datetime
    runs: int
    received: int
    flows: int
    kernel_dropped: int
    flows_spool_full: int
    allowance_exceeded: int | None
    receive_buffer: int | None
    receive_buffer_wanted: int | None


def collectors(conn: Connection, actor: Actor, *, now: datetime) -> list[Collector]:
    with actor_transaction(conn, actor) as conn:
        found = health.collectors(conn, actor.tenant)
    return [
        Collector(
            one.id,
            "reporting" if now - one.reported_at <= SILENT else "silent",
            one.started,
            one.reported_at,
            one.runs,
            one.received,
            one.flows,
            one.kernel_dropped,
            one.flows_spool_full,
            one.allowance_exceeded if _ALLOWANCE in one.now else None,
            one.now.get("receive_buffer"),
            one.now.get("receive_buffer_wanted"),
        )
        for one in found
    ]


def _metric(name: str, kind: str, text: str, samples: Mapping[str, int]) -> Iterator[str]:
    yield f"# HELP flowlens_{name} {text}"
    yield f"# TYPE flowlens_{name} {kind}"
    for labels, value in samples.items():
        yield f"flowlens_{name}{labels} {value}"


def _labelled(label: str, counts: Mapping[str, int]) -> dict[str, int]:
    return {f'{{{label}="{value.translate(_LABEL)}"}}': count for value, count in counts.items()}


def _sum(sources: list[Counted], name: str) -> int:
    return sum(source.counters.get(name, 0) for source in sources)


def _lost(sources: list[Counted]) -> Iterator[str]:
    """Over all sources. Without an upper end when that of one source is not known."""
    lost = [lost_flows(source.counters) for source in sources]
    yield from _metric("lost_flows_least", "gauge", "flows lost, at least", {"": sum(one.least for one in lost)})
    if all(one.most is not None for one in lost):
        most = sum(one.most or 0 for one in lost)
        yield from _metric("lost_flows_most", "gauge", "flows lost, at most", {"": most})


def _flows(sources: list[Counted]) -> dict[str, int]:
    """By format; a source that speaks several counts as `several`, since its counters do not tell them apart."""
    found: Counter[str] = Counter()
    for source in sources:
        kind = (
            format_name(source.formats[0]) if len(source.formats) == 1 else "several" if source.formats else "unknown"
        )
        found[kind] += source.counters.get("flows", 0)
    return dict(sorted(found.items()))


def _reasons(sources: list[Counted]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for source in sources:
        for name, count in source.counters.items():
            match = _MALFORMED.fullmatch(name)
            if match or name in _ERRORS:
                found[match[1] if match else name] += count
    return dict(found.most_common(_MAX_REASONS))
