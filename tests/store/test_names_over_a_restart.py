"""Names from a datagram to the database, by a real collector that is killed before its exporter tells them again."""

from __future__ import annotations

import os
import signal
import struct
from pathlib import Path

from flowlens.access.actor import Actor
from flowlens.flows import batch, report
from flowlens.services import dependencies, merging, sources
from flowlens.services.records import Desk
from flowlens.store.connection import Connection, tenant_transaction

from tests.collector_vm.kinesis import Sink
from tests.collector_vm.running import collector, eventually, send
from tests.postgres import TENANT
from tests.unit.flows.decoding.wire import BASE, flow_set, options_template, record, template, v9

ACTOR = Actor(TENANT, "tester", frozenset())
TEMPLATES = (
    template(256, (*BASE, (10, 4), (234, 4), (95, 4))),
    options_template(300, ((1, 4),), ((10, 4), (82, 16))),
    options_template(301, ((1, 4),), ((234, 4), (236, 16))),
    options_template(302, ((1, 4),), ((95, 4), (96, 24), (94, 24))),
)
SSL = (13 << 24) + 453  # as on the wire
SSL_KEPT = (13 << 56) + 453


def interface(number: int, name: bytes) -> bytes:
    return flow_set(300, struct.pack(">II16s", 0, number, name))


def told(sink: Sink) -> set[str]:
    records = [batch.unpack(data) for _, data in sink.records]
    reports = [report.decode(one.body) for one in records if one.kind == batch.REPORT]
    return {name.name for one in reports for name in one.names}


class _Nowhere:
    """An archive for which nothing has to be kept."""

    def put(self, objects: object) -> None:
        pass


def test_names_are_known_after_a_kill_and_new_ones_are_read_without_a_template(app: Connection, tmp_path: Path) -> None:
    vrf = flow_set(301, struct.pack(">II16s", 0, 9, b"plant"))
    ssl = flow_set(302, struct.pack(">II24s24s", 0, SSL, b"ssl", b"whatever is within TLS"))
    sink = Sink()
    with sink.serving() as endpoint, collector(endpoint, tmp_path / "spool", report_seconds=1) as started:
        send([v9(*TEMPLATES, interface(7, b"Gi0/0/7"), interface(8, b"old"), vrf, ssl)], started.netflow)
        assert eventually(lambda: told(sink) >= {"Gi0/0/7", "old", "plant", "ssl"})
        assert eventually((tmp_path / "spool/worker-0/templates").exists)
        (worker,) = started.workers()
        os.kill(worker, signal.SIGKILL)
        assert eventually(lambda: started.well() and started.workers() not in ([], [worker]))
        flow = flow_set(256, record() + struct.pack(">III", 7, 9, SSL))
        send([v9(interface(8, b"Gi0/0/8"), flow)], started.netflow)
        assert eventually(lambda: "Gi0/0/8" in told(sink) and started.counter("flows_acknowledged") == 1)
        assert started.counter("template_missing") == 0
        assert started.stop() == 0
    given = [data for _, data in sink.records]
    assert Desk(app, _Nowhere(), given).settle().errors == [None] * len(given)  # type: ignore[arg-type]
    merging.merge_all(app, TENANT)
    with tenant_transaction(app, TENANT):
        (source,) = app.execute(b"SELECT source_id FROM flow_sources").fetchone() or (0,)
        (edge,) = app.execute(b"SELECT dependency_id FROM dependencies").fetchone() or (0,)
    kept = {(one.kind, one.number): one.name for one in sources.names(app, ACTOR, source, limit=100)}
    assert kept == {
        ("interfaces", 7): "Gi0/0/7",
        ("interfaces", 8): "Gi0/0/8",
        ("vrfs", 9): "plant",
        ("applications", SSL_KEPT): "ssl",
    }
    first = dependencies.read(app, ACTOR, edge)["first_evidence"]
    assert isinstance(first, dict)
    assert (first["client_if_name"], first["client_vrf_name"], first["application_name"]) == ("Gi0/0/7", "plant", "ssl")
