from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

import pytest
from flowlens.flows.report import ExporterReport, Report, State

from collector_vm import health, status
from collector_vm.health import Health, metrics
from collector_vm.slate import Slate
from collector_vm.status import Gauges, Status


def now() -> int:
    return time.time_ns() // 1_000_000


def exporter(address: str, state: State = "accepted", **counters: int) -> ExporterReport:
    return ExporterReport(address, state, (9,), 1, 2, counters)


def worker(*exporters: ExporterReport, totals: dict[str, int] | None = None, **gauges: int) -> Status:
    report = Report(uuid4(), 1, now(), exporters, totals or {})
    return Status(Gauges.model_validate({"at_ms": now(), **gauges}), [report])


def test_counters_are_summed_over_workers() -> None:
    one = worker(exporter("192.0.2.1", received=5), totals={"kernel_dropped": 2, "malformed.header": 1})
    two = worker(exporter("192.0.2.1", received=7), totals={"kernel_dropped": 3})
    text = metrics(Health(2, [one, two]))
    assert 'flowlens_collector_received_total{exporter="192.0.2.1"} 12' in text
    assert "flowlens_collector_kernel_dropped_total 5" in text
    assert 'flowlens_collector_malformed_reason_total{reason="header"} 1' in text


def test_only_accepted_exporters_have_a_label() -> None:
    text = metrics(
        Health(1, [worker(exporter("192.0.2.1", "held", received=5), exporter("192.0.2.2", "refused", received=6))])
    )
    assert 'received_total{exporter="other"} 11' in text
    assert "192.0.2" not in text


def test_labels_are_bounded() -> None:
    many = [exporter(f"2001:db8::{n:x}", received=1) for n in range(health.MAX_LABELS + 500)]
    text = metrics(Health(1, [worker(*many)]))
    labels = set(re.findall(r'received_total\{exporter="([^"]*)"\}', text))
    assert len(labels) == health.MAX_LABELS + 1
    assert 'received_total{exporter="other"} 500' in text


def test_lost_flows_are_an_interval_without_an_upper_end_where_nobody_knows_it() -> None:
    ipfix = exporter("192.0.2.1", sequence_sent_flows=90, sequence_lost_flows=2, sequence_uncertain_flows=5)
    netflow9 = exporter("192.0.2.2", sequence_sent_datagrams=90, sequence_lost_datagrams=2)
    text = metrics(Health(1, [worker(ipfix, netflow9)]))
    assert 'flowlens_collector_lost_flows_least{exporter="192.0.2.1"} 2' in text
    assert 'flowlens_collector_lost_flows_most{exporter="192.0.2.1"} 7' in text
    assert 'flowlens_collector_lost_flows_least{exporter="192.0.2.2"} 0' in text
    assert 'flowlens_collector_lost_flows_most{exporter="192.0.2.2"}' not in text


def test_every_line_is_prometheus_text() -> None:
    text = metrics(Health(1, [worker(exporter("2001:db8::1", received=5), totals={"kernel_dropped": 1}), None]))
    form = re.compile(r'# TYPE [a-z_]+ (counter|gauge)|[a-z_]+(\{[a-z]+="[^"\\]*"\})? [0-9.]+')
    assert all(form.fullmatch(line) for line in text.splitlines())
    names = [line.split()[2] for line in text.splitlines() if line.startswith("#")]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("seen", "well"),
    [
        (lambda: Health(1, [worker()]), True),
        (lambda: Health(2, [worker(), None]), False),
        (lambda: Health(0, [worker()]), False),
        (lambda: Health(1, [worker(at_ms=1)]), False),
        (lambda: Health(1, [worker(spool_full=1)]), False),
    ],
)
def test_the_collector_is_well_when_every_worker_is(seen: Callable[[], Health], well: bool) -> None:
    assert seen().well is well
    assert seen().document()["status"] == ("ok" if well else "unwell")


def test_a_status_comes_back_as_it_was_and_nonsense_is_no_status(tmp_path: Path) -> None:
    assert status.read(tmp_path) is None
    written = worker(exporter("192.0.2.1", received=5), spool_bytes=9)
    status.Writer(tmp_path).write(written.gauges, written.reports)
    assert status.read(tmp_path) == written
    Slate(tmp_path / "status").write(b'{"gauges": {}, "reports": [{}]}')
    assert status.read(tmp_path) is None


@contextmanager
def answering(seen: Health, host: str = "127.0.0.1") -> Iterator[int]:
    server = health.server((host, 0), lambda: seen)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    connection = HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.getheader("Content-Type", "")
    finally:
        connection.close()


def test_it_answers_what_a_balancer_and_a_scraper_ask_and_nothing_else() -> None:
    with answering(Health(1, [worker()])) as port:
        assert get(port, "/healthz") == (200, "application/json")
        assert get(port, "/metrics") == (200, "text/plain; version=0.0.4")
        assert get(port, "/etc/passwd")[0] == 404
    with answering(Health(0, [None])) as port:
        assert get(port, "/healthz")[0] == 503


def test_it_answers_over_ipv6_where_that_is_all_there_is() -> None:
    with answering(Health(1, [worker()]), "::1") as port:
        assert get(port, "/healthz", "::1")[0] == 200
