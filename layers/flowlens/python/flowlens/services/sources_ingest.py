"""What collectors report: exporters, their states and what was lost on the way."""

from __future__ import annotations

from dataclasses import asdict, replace

from flowlens.flows.batch import Identity
from flowlens.flows.report import Name, Report
from flowlens.services.flows import canonical, refuse_conflicts
from flowlens.store import dead_letters, flow_sources, ledger, source_names
from flowlens.store.connection import Connection, tenant_transaction


def count(conn: Connection, identity: Identity, report: Report, *, digest: bytes) -> bool:
    """Takes in a REPORT record unless it was; says whether. Of two reports of a process the later one holds."""
    tenant = identity.tenant
    name = (identity.source, identity.epoch, identity.record)
    exporters = [replace(exporter, exporter=canonical(exporter.exporter)) for exporter in report.exporters]
    reported = flow_sources.Reported(
        report.collector, report.started_ms, report.at_ms, [asdict(exporter) for exporter in exporters], report.totals
    )
    with tenant_transaction(conn, tenant):
        if not ledger.unseen(conn, tenant, [name]):
            refuse_conflicts(ledger.held(conn, tenant, [name]), [(name, digest)])
            return False
        known = flow_sources.known(conn, tenant, [exporter.exporter for exporter in exporters])
        missing = {exporter.exporter: exporter.state for exporter in exporters if exporter.exporter not in known}
        flow_sources.enrol(conn, tenant, missing)
        flow_sources.report(conn, tenant, reported)
        if report.names:
            source_names.keep(conn, tenant, [_spelled(one) for one in report.names])
        ledger.enter(conn, tenant, {name: digest})
        dead_letters.forget(conn, tenant, [name])
    return True


def _spelled(one: Name) -> source_names.Said:
    """Numbers of 64 bits as the database has them, which knows signed ones only."""
    number = one.number - (1 << 64) if one.number >= 1 << 63 else one.number
    return source_names.Said(canonical(one.exporter), one.kind, number, one.name)
