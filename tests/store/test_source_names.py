"""Names that exporters told: from the wire over a report into the database, and beside the evidence of an edge."""

from __future__ import annotations

import itertools
import time
from uuid import UUID, uuid4

import pytest
from flowlens.access.actor import Actor
from flowlens.flows import report
from flowlens.flows.batch import Identity
from flowlens.flows.body import FlowBody
from flowlens.flows.report import ExporterReport, Name, Report
from flowlens.model.errors import Malformed, NotFound
from flowlens.services import dependencies, flows, merging, sources, sources_ingest
from flowlens.services.flows import Delivery
from flowlens.services.operations import establish
from flowlens.store.connection import Connection, tenant_transaction

from tests import traffic
from tests.traffic import SPOOL

NOW = int(time.time() * 1000)
NUMBERS = itertools.count(15_000)
EXPORTER = "192.0.2.1"
HTTPS = (3 << 56) + 443
OWN = (200 << 56) + 7  # an engine whose number does not fit a signed one


@pytest.fixture
def tenant(owner: Connection) -> UUID:
    made = UUID(int=next(NUMBERS))
    establish(owner, made, str(made))
    return made


def tell(conn: Connection, tenant: UUID, *names: Name) -> None:
    told = Report(uuid4(), NOW, NOW, (ExporterReport(EXPORTER, "accepted", (10,), NOW, NOW, {}),), {}, names)
    body = report.decode(report.encode(told))
    assert body == told
    sources_ingest.count(conn, Identity(tenant, SPOOL, 2, next(NUMBERS)), body, digest=bytes(16))


def kept(conn: Connection, tenant: UUID) -> dict[tuple[str, int], str]:
    with tenant_transaction(conn, tenant):
        (source,) = conn.execute(b"SELECT source_id FROM flow_sources").fetchone() or (0,)
    return {(one.kind, one.number): one.name for one in sources.names(conn, actor(tenant), source, limit=1000)}


def actor(tenant: UUID) -> Actor:
    return Actor(tenant, "tester", frozenset())


def test_the_last_name_told_holds_and_others_stay(app: Connection, tenant: UUID) -> None:
    tell(app, tenant, Name(EXPORTER, "interfaces", 7, "eth7"), Name(EXPORTER, "vrfs", 7, "plant"))
    tell(app, tenant)
    tell(app, tenant, Name(EXPORTER, "interfaces", 7, "ge-0/0/7"), Name(EXPORTER, "hosts", 1, "web-1"))
    assert kept(app, tenant) == {("interfaces", 7): "ge-0/0/7", ("vrfs", 7): "plant", ("hosts", 1): "web-1"}


def test_an_edge_says_by_which_interfaces_as_its_exporter_calls_them(app: Connection, tenant: UUID) -> None:
    tell(
        app,
        tenant,
        Name(EXPORTER, "interfaces", 7, "ge-0/0/7"),
        Name(EXPORTER, "descriptions", 7, "users"),
        Name(EXPORTER, "vrfs", 9, "plant"),
        Name(EXPORTER, "applications", OWN, "our own"),
        Name("192.0.2.9", "interfaces", 8, "somebody else's"),
    )
    # The answer comes first: what it came in by is on the server's side.
    line = f"10.200.0.1:443 > 10.1.0.1:40000 tcp tcp_flags=18 input_if=8 output_if=7 egress_vrf=9 application={OWN}"
    number = next(NUMBERS)
    body = FlowBody(traffic.flows(line, now=NOW), [EXPORTER])
    flows.count(app, tenant, [Delivery(Identity(tenant, SPOOL, 1, number), body, number.to_bytes(16))])
    merging.merge_all(app, tenant)
    with tenant_transaction(app, tenant):
        (edge,) = app.execute(b"SELECT dependency_id FROM dependencies").fetchone() or (0,)
    first = dependencies.read(app, actor(tenant), edge)["first_evidence"]
    assert isinstance(first, dict)
    said = {name: value for name, value in first.items() if name.startswith(("client", "server", "application"))}
    assert said == {
        "client_if": 7,
        "client_if_name": "ge-0/0/7 (users)",
        "server_if": 8,
        "client_vrf": 9,
        "client_vrf_name": "plant",
        "application": OWN - (1 << 64),
        "application_name": "our own",
    }


def test_names_are_text_and_few_or_the_report_is_malformed() -> None:
    def told(*names: Name) -> bytes:
        return report.encode(Report(uuid4(), NOW, NOW, (), {}, names))

    for bad in ("", "a" * 65, "tab\t", "nul\0"):
        with pytest.raises(Malformed):
            report.decode(told(Name(EXPORTER, "interfaces", 1, bad)))
    with pytest.raises(Malformed):
        report.decode(told(*(Name(EXPORTER, "interfaces", n, "x") for n in range(report.MAX_NAMES + 1))))


def test_names_of_a_source_that_is_not_there_are_not_found(app: Connection, tenant: UUID) -> None:
    with pytest.raises(NotFound):
        sources.names(app, actor(tenant), 1, limit=10)
