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
from flowlens.flows.conversations import Delta as Folded
from flowlens.flows.conversations import Origin, Rows, attempted
from flowlens.flows.deltas import encode as pack
from flowlens.flows.grouping import group, occurring
from flowlens.flows.rates import Learned, fold_rated, learned
from flowlens.model.errors import Malformed
from flowlens.services import rates as late_rates
from flowlens.store import attempts, dead_letters, deltas, flow_sources, ledger
from flowlens.store.connection import Connection, tenant_transaction

CONFLICT = "record_conflict"  # under its name something else was counted


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of some records."""

    flows: int = 0
    repeated: int = 0  # records that were counted before
    without_address: int = 0  # flows that name no IP address, and so no conversation
    denied: int = 0  # flows that a firewall refused: attempts, not dependencies
    clamped: int = 0  # counters too large to be true


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

    Malformed when something else came under the name of one of them: then none is counted. What they add waits as
    deltas to be merged (services/merging.py), so that writers of one conversation never wait for one another. Folding
    comes before the transaction, on the guess that all are new, so that locks are held for the writing only.
    """
    unique = {delivery.name: delivery for delivery in deliveries}
    folded, packed, rates = _fold(conn, tenant, unique)
    with tenant_transaction(conn, tenant):
        fresh = ledger.unseen(conn, tenant, list(unique))
        refuse_conflicts(ledger.held(conn, tenant, unique.keys() - fresh), [(d.name, d.digest) for d in deliveries])
        if fresh:
            deltas.add(conn, tenant, {name: delta for name, delta in packed.items() if name in fresh})
            if denied := [folded[name].attempts for name in sorted(fresh) if folded[name].attempts]:
                attempts.add(conn, tenant, attempted(denied))
                flow_sources.saw(conn, tenant, [one for rows in denied for one in seen(rows)])
            late_rates.learn(conn, tenant, [rate for name in fresh for rate in rates.get(name, ())])
            ledger.enter(conn, tenant, {name: unique[name].digest for name in fresh})
            dead_letters.forget(conn, tenant, fresh)
    sums = [
        sum(getattr(folded[name], what) for name in fresh) for what in ("flows", "without_address", "denied", "clamped")
    ]
    return Counted(sums[0], len(deliveries) - len(fresh), *sums[1:])


def refuse_conflicts(held: Mapping[ledger.Name, bytes], came: Iterable[tuple[ledger.Name, bytes]]) -> None:
    """Each must be what was counted under its name; one whose digest is not kept any more is taken for a repetition."""
    digests = dict(held)
    for name, digest in came:
        if digests.setdefault(name, digest) != digest:
            raise Malformed(CONFLICT, f"something else was counted as {name}")


def _fold(
    conn: Connection, tenant: UUID, deliveries: Mapping[ledger.Name, Delivery]
) -> tuple[dict[ledger.Name, Folded], dict[ledger.Name, deltas.Delta], dict[ledger.Name, list[Learned]]]:
    """What each record adds, and as bytes where that is anything; and the sampling rates that it teaches."""
    named = {name: _speaking(delivery) for name, delivery in deliveries.items()}
    sources = resolve(
        conn, tenant, sorted({exporter for exporters in named.values() for exporter in exporters if exporter})
    )
    folded, packed, rates = {}, {}, {}
    for name, exporters in named.items():
        found = [sources[exporter] if exporter else None for exporter in exporters]
        ids = np.array([source.source_id if source else 0 for source in found], np.int64)
        spaces = np.array([source.address_space_id if source else 0 for source in found], np.int64)
        columns = deliveries[name].body.columns
        one = folded[name] = fold_rated(columns, Origin(ids, spaces))
        if taught := learned(columns, ids):
            rates[name] = taught
        if one.rows:
            packed[name] = deltas.Delta(
                len(one.rows["minute"]),
                pack(one.rows, {n: e for n, e in zip(ids.tolist(), exporters, strict=True) if n}),
            )
    return folded, packed, rates


def _speaking(delivery: Delivery) -> list[str]:
    """The record's exporters as the store spells them, "" for those without a flow: an interface of which a log only
    says that it was silent is no source yet."""
    exporters = [canonical(exporter) for exporter in delivery.body.exporters or [""]]
    speaking = set(occurring(delivery.body.columns["exporter"].astype(np.uint16, copy=False)))
    return [exporter if place in speaking else "" for place, exporter in enumerate(exporters)]


def seen(rows: Rows) -> list[flow_sources.Seen]:
    """Which sources spoke, in which format, and when."""
    groups = group([rows["source"], rows["format"]])
    first = np.minimum.reduceat(rows["start"][groups.order], groups.starts)
    last = np.maximum.reduceat(rows["end"][groups.order], groups.starts)
    return [
        flow_sources.Seen(int(source), int(form), _moment(began), _moment(ended))
        for source, form, began, ended in zip(
            rows["source"][groups.first], rows["format"][groups.first], first, last, strict=True
        )
    ]


def _moment(ms: np.int64) -> datetime:
    return datetime.fromtimestamp(int(ms) / 1000, UTC)


def canonical(exporter: str) -> str:
    """An exporter's address as the store spells it; Malformed when it is none."""
    try:
        address = ip_address(exporter)
    except ValueError as error:
        raise Malformed("body_exporter", exporter[:64]) from error
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def resolve(conn: Connection, tenant: UUID, exporters: Sequence[str]) -> dict[str, flow_sources.Source]:
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
