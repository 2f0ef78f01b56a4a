"""Counting stream records: each exactly once, however often, in whatever order and company it arrives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address
from uuid import UUID

import numpy as np

from flowlens.flows.batch import Identity
from flowlens.flows.body import FlowBody
from flowlens.flows.columns import Format
from flowlens.flows.conversations import Folded, Origin, Rows, fold, fold_record
from flowlens.flows.direction import Evidence
from flowlens.flows.grouping import Positions, group
from flowlens.model.errors import Malformed
from flowlens.store import dead_letters, flow_sources, ledger
from flowlens.store import flows as store
from flowlens.store.connection import Connection, tenant_transaction

Document = dict[str, str | int]
CONFLICT = "record_conflict"  # under its name something else was counted
_FORMATS = {int(form): form.name.lower() for form in Format}


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of some records."""

    flows: int = 0
    repeated: int = 0  # records that were counted before
    without_address: int = 0  # flows that name no IP address, and so no conversation
    denied: int = 0  # flows that a firewall refused: attempts, not dependencies
    clamped: int = 0  # counters too large to be true
    beyond: int = 0  # flows of a time that the minutes do not hold


@dataclass(frozen=True, slots=True)
class Delivery:
    """A decoded FLOWS record."""

    identity: Identity
    body: FlowBody
    digest: bytes

    @property
    def name(self) -> ledger.Name:
        return (self.identity.source, self.identity.epoch, self.identity.record)


def count(conn: Connection, tenant: UUID, deliveries: Sequence[Delivery]) -> Counted:
    """Counts those of the tenant's records that were not counted before, all in one transaction.

    Malformed when something else came under the name of one of them: then none is counted.
    Folding comes before the transaction, on the guess that all are new, so that locks are held for the writing only.
    """
    unique = {delivery.name: delivery for delivery in deliveries}
    # Ordered so that the first evidence does not depend on the order of arrival (see add_dependencies in flows.sql).
    ordered = sorted(unique.values(), key=lambda d: (d.identity.epoch, d.identity.record, str(d.identity.source)))
    exporters, parts = _fold_each(conn, tenant, ordered)
    whole = fold(parts)
    with tenant_transaction(conn, tenant):
        fresh = ledger.unseen(conn, tenant, list(unique))
        refuse_conflicts(ledger.held(conn, tenant, unique.keys() - fresh), [(d.name, d.digest) for d in deliveries])
        repeated = len(deliveries) - len(fresh)
        if not fresh:
            return Counted(repeated=repeated)
        if len(fresh) < len(ordered):
            whole = fold([part for delivery, part in zip(ordered, parts, strict=True) if delivery.name in fresh])
        beyond = _write(conn, tenant, whole, ordered, exporters)
        ledger.enter(conn, tenant, {name: unique[name].digest for name in fresh})
        dead_letters.forget(conn, tenant, fresh)
    return Counted(whole.flows, repeated, whole.without_address, whole.denied, whole.clamped, beyond)


def refuse_conflicts(held: Mapping[ledger.Name, bytes], came: Iterable[tuple[ledger.Name, bytes]]) -> None:
    """Each must be what was counted under its name; one whose digest is not kept any more is taken for a repetition."""
    digests = dict(held)
    for name, digest in came:
        if digests.setdefault(name, digest) != digest:
            raise Malformed(CONFLICT, f"something else was counted as {name}")


def _fold_each(conn: Connection, tenant: UUID, deliveries: Sequence[Delivery]) -> tuple[list[str], list[Folded]]:
    named = [[canonical(exporter) for exporter in delivery.body.exporters or [""]] for delivery in deliveries]
    exporters = sorted({exporter for names in named for exporter in names})
    sources = _resolve(conn, tenant, exporters)
    position = {exporter: at for at, exporter in enumerate(exporters)}
    parts = []
    for record, (delivery, names) in enumerate(zip(deliveries, named, strict=True)):
        found = [sources[name] for name in names]
        origin = Origin(
            record,
            np.array([position[name] for name in names], np.int64),
            np.array([source.source_id for source in found], np.int64),
            np.array([source.address_space_id for source in found], np.int64),
        )
        parts.append(fold_record(delivery.body.columns, origin))
    return exporters, parts


def canonical(exporter: str) -> str:
    """An exporter's address as the store spells it; Malformed when it is none."""
    try:
        address = ip_address(exporter)
    except ValueError as error:
        raise Malformed("body_exporter", exporter[:64]) from error
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _resolve(conn: Connection, tenant: UUID, exporters: Sequence[str]) -> dict[str, flow_sources.Source]:
    """In a transaction of its own: an exporter that sent flows exists, whether or not this batch is counted."""
    with tenant_transaction(conn, tenant):
        sources = flow_sources.known(conn, tenant, exporters)
        missing = [exporter for exporter in exporters if exporter not in sources]
        if missing:
            flow_sources.enrol(conn, tenant, dict.fromkeys(missing, "accepted"))
            sources |= flow_sources.known(conn, tenant, missing)
    if len(sources) < len(exporters):
        raise Malformed("record_tenant", f"{tenant} does not exist")  # nobody's default address space
    return sources


def _write(conn: Connection, tenant: UUID, whole: Folded, ordered: Sequence[Delivery], exporters: list[str]) -> int:
    edges, minutes = dict(whole.edges), dict(whole.minutes)
    if not len(edges["port"]):
        return 0
    edges["evidence"], documents = _evidence(edges, ordered, exporters)
    ends, of_edges = _ends(edges)
    edges["client_id"], edges["server_id"] = np.split(store.assets(conn, tenant, ends)[of_edges], 2)
    minutes["dependency"] = store.dependencies(conn, tenant, edges, whole.intervals, documents)[minutes["edge"]]
    beyond = store.minutes(conn, tenant, minutes)
    flow_sources.saw(conn, tenant, _seen(minutes))
    return beyond


def _seen(minutes: Rows) -> list[flow_sources.Seen]:
    """Which sources spoke, in which format, and when."""
    groups = group([minutes["source"], minutes["format"]])
    first = np.minimum.reduceat(minutes["start"][groups.order], groups.starts)
    last = np.maximum.reduceat(minutes["end"][groups.order], groups.starts)
    return [
        flow_sources.Seen(int(source), int(form), _moment(began), _moment(ended))
        for source, form, began, ended in zip(
            minutes["source"][groups.first], minutes["format"][groups.first], first, last, strict=True
        )
    ]


def _moment(ms: np.int64) -> datetime:
    return datetime.fromtimestamp(int(ms) / 1000, UTC)


def _ends(edges: Rows) -> tuple[Rows, Positions]:
    """The different ends of all edges in the order of their addresses, and which are the clients, then the servers."""
    both = {half: np.concatenate([edges[f"client_{half}"], edges[f"server_{half}"]]) for half in ("high", "low")}
    both |= {name: np.tile(edges[name], 2) for name in ("space", "start", "end")}
    groups = group([both["space"], both["high"], both["low"]])
    ends = {name: both[name][groups.first] for name in ("space", "high", "low")}
    ends["start"] = np.minimum.reduceat(both["start"][groups.order], groups.starts)
    ends["end"] = np.maximum.reduceat(both["end"][groups.order], groups.starts)
    return ends, groups.of_rows


def _evidence(edges: Rows, ordered: Sequence[Delivery], exporters: list[str]) -> tuple[Positions, list[Document]]:
    """What the earliest flow of each edge was; edges of one record share most of it, so it is said once."""
    groups = group([edges[name] for name in ("exporter", "format", "domain", "evidence", "record")])
    documents = []
    for row in groups.first:
        identity = ordered[int(edges["record"][row])].identity
        document: Document = {
            "exporter": exporters[int(edges["exporter"][row])],
            "format": _FORMATS.get(int(edges["format"][row]), str(edges["format"][row])),
            "domain": int(edges["domain"][row]),
            "evidence": Evidence(int(edges["evidence"][row])).name.lower(),
            "source": str(identity.source),
            "epoch": identity.epoch,
            "record": identity.record,
        }
        documents.append(document)
    return groups.of_rows, documents
