"""The whole collector: real sockets, a real spool, a stream on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import orjson
import pytest
from flowlens.flows import batch, body, report
from flowlens.flows.batch import Record
from flowlens.flows.columns import Columns
from flowlens.flows.report import ExporterReport, Report

from tests.architecture.rooms import ROOT
from tests.collector_vm.kinesis import Sink
from tests.collector_vm.running import TENANT, Running, collector, eventually, health, send
from tests.recordings import TOTALS, payloads


def packets(name: str) -> list[bytes]:
    return [payload for _, payload in payloads(name)]


def taken(sink: Sink) -> list[Record]:
    return [batch.unpack(data) for _, data in list(sink.records)]


def flows(sink: Sink) -> list[tuple[str, Columns]]:
    """The flows of each record, by the exporter that all of them came from."""
    found = []
    for record in taken(sink):
        if record.kind == batch.FLOWS:
            decoded = body.decode(record.body)
            for place, exporter in enumerate(decoded.exporters):
                found.append((exporter, decoded.columns.take(decoded.columns["exporter"] == place)))
    return found


def last_report(sink: Sink) -> Report:
    reports = [report.decode(record.body) for record in taken(sink) if record.kind == batch.REPORT]
    return max(reports, key=lambda one: one.at_ms)


def exporters(sink: Sink) -> dict[str, ExporterReport]:
    return {one.exporter: one for one in last_report(sink).exporters}


@contextmanager
def running(tmp_path: Path, sink: Sink, **settings: str | int | float) -> Iterator[Running]:
    with sink.serving() as endpoint, collector(endpoint, tmp_path / "spool", **settings) as started:
        yield started


def test_every_flow_of_every_protocol_arrives_with_its_octets_and_packets(tmp_path: Path) -> None:
    sink = Sink()
    names = ["softflowd_v5", "softflowd_v9", "softflowd_ipfix", "pmacctd_sflow5"]
    with running(tmp_path, sink, workers=2, flush_rows=10_000) as started:
        for name in names:
            send(packets(name), started.sflow if "sflow" in name else started.netflow)
        sent = sum(len(packets(name)) for name in names)
        assert eventually(lambda: started.counter("received") == sent)
        assert started.stop() == 0
    expected = [TOTALS[name] for name in names]
    columns = [columns for _, columns in flows(sink)]
    assert sum(c.rows for c in columns) == sum(t.flows for t in expected)
    assert sum(int(c["octets"].sum()) for c in columns) == sum(t.octets for t in expected)
    assert sum(int(c["packets"].sum()) for c in columns) == sum(t.packets for t in expected)
    assert sum(int((c["ip_version"] == 6).sum()) for c in columns) == sum(t.ipv6 for t in expected)
    identities = [record.identity for record in taken(sink)]
    assert len(set(identities)) == len(identities)
    assert {key for key, _ in sink.records} == {str(identity.source) for identity in identities}


def test_exporters_that_speak_ipv6_are_known_by_their_address(tmp_path: Path) -> None:
    sink = Sink()
    with running(tmp_path, sink) as started:
        send(packets("pmacctd_v5"), started.netflow, "::1")
        send(packets("softflowd_ipfix_bi"), started.netflow, "127.0.0.1")
        assert eventually(lambda: started.counter("flows", "::1") == TOTALS["pmacctd_v5"].flows)
        assert started.stop() == 0
    counts = Counter[str]()
    for exporter, columns in flows(sink):
        counts[exporter] += columns.rows
    assert counts == {"::1": TOTALS["pmacctd_v5"].flows, "127.0.0.1": TOTALS["softflowd_ipfix_bi"].flows}


def test_exporters_that_nobody_enrolled_are_held_counted_and_reported(tmp_path: Path) -> None:
    sink = Sink()
    with running(tmp_path, sink, unknown_exporters="hold") as started:
        send(packets("pmacctd_v5"), started.netflow)
        assert eventually(lambda: started.counter("not_enrolled", "other") == len(packets("pmacctd_v5")))
        assert started.counter("flows") == 0
        assert started.stop() == 0
    assert flows(sink) == []
    held = exporters(sink)["127.0.0.1"]
    assert held.state == "held"
    assert held.counters["not_enrolled"] == len(packets("pmacctd_v5"))
    assert held.first_seen_ms <= held.last_seen_ms


def test_what_an_operator_decides_holds_without_a_restart(tmp_path: Path) -> None:
    sink = Sink()
    sink.sources = {"127.0.0.1": "refused"}
    with running(tmp_path, sink, sources_seconds=0.5) as started:
        send(packets("pmacctd_v5"), started.netflow)
        assert eventually(lambda: started.counter("not_enrolled", "other") > 0)
        sink.sources = {"127.0.0.1": "accepted"}

        def decoded() -> bool:
            send(packets("pmacctd_v5")[:10], started.netflow)
            return started.counter("flows") > 0

        assert eventually(decoded)
        assert started.stop() == 0
    assert exporters(sink)["127.0.0.1"].state == "accepted"
    assert exporters(sink)["127.0.0.1"].counters["not_enrolled"] >= len(packets("pmacctd_v5"))


def test_an_exporter_that_is_new_is_reported_long_before_the_next_report(tmp_path: Path) -> None:
    sink = Sink()
    with running(tmp_path, sink, report_seconds=300) as started:
        send(packets("pmacctd_v5"), started.netflow)
        assert eventually(lambda: any(record.kind == batch.REPORT for record in taken(sink)))
        assert exporters(sink)["127.0.0.1"].counters["received"] > 0
        assert started.stop() == 0


def test_the_report_tells_what_was_lost_by_name(tmp_path: Path) -> None:
    sink = Sink()
    v9 = packets("softflowd_v9")[0]
    junk = [b"", b"\x00", struct.pack(">HH", 77, 1) + bytes(40), struct.pack(">HH", 5, 31) + bytes(20), bytes(9_500)]
    with running(tmp_path, sink) as started:
        send([*junk, v9, *packets("pmacctd_v5")], started.netflow)
        total = len(junk) + 1 + len(packets("pmacctd_v5"))
        assert eventually(lambda: started.counter("received") == total)
        assert started.stop() == 0
    counters = exporters(sink)["127.0.0.1"].counters
    assert counters["received"] == total
    assert counters["truncated"] == 1
    assert counters["unknown_version"] + counters["malformed"] == 4
    assert counters["flows"] == counters["flows_shipped"] == sum(columns.rows for _, columns in flows(sink))
    reasons = sum(count for name, count in counters.items() if name.startswith("malformed."))
    assert reasons == counters["malformed"]


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken_port:
        taken_port.bind(("127.0.0.1", 0))
        taken_port.listen()
        port = taken_port.getsockname()[1]
        environment = {
            "COLLECTOR_TENANT": TENANT,
            "COLLECTOR_STREAM": "flows",
            "COLLECTOR_SOURCES_TABLE": "flow-sources",
            "COLLECTOR_BIND": "127.0.0.1",
            "COLLECTOR_HEALTH_PORT": str(port),
            "COLLECTOR_SPOOL": str(tmp_path),
        }
        command = [sys.executable, "-m", "collector_vm"]
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    said = orjson.loads(run.stdout.splitlines()[-1])
    assert (said["event"], said["ports"]) == ("cannot_listen", [port])
    assert run.stderr == ""


def test_no_datagram_is_answered(tmp_path: Path) -> None:
    with (
        running(tmp_path, Sink()) as started,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        for payload in (*packets("softflowd_v9")[:20], b"", bytes(100)):
            sender.sendto(payload, ("127.0.0.1", started.netflow))
        assert eventually(lambda: started.counter("received") >= 20)
        sender.settimeout(0.2)
        with pytest.raises(TimeoutError):
            sender.recv(1)


def test_a_stream_that_is_down_fills_the_spool_which_another_life_empties(tmp_path: Path) -> None:
    sink = Sink()
    sink.down = True
    with running(tmp_path, sink, drain_seconds=1) as started:
        send(packets("softflowd_v9"), started.netflow)
        assert eventually(lambda: started.counter("flows") == TOTALS["softflowd_v9"].flows)
        assert eventually(lambda: int(str(health(started)["spool_waiting"])) > 0)
        assert started.stop() == 0
    assert sink.records == []
    sink.down = False
    with running(tmp_path, sink) as started:
        assert eventually(lambda: sum(c.rows for _, c in flows(sink)) == TOTALS["softflowd_v9"].flows)
        assert eventually(lambda: started.counter("flows_acknowledged", "127.0.0.1") == 0)
        assert started.stop() == 0
    assert sum(int(c["octets"].sum()) for _, c in flows(sink)) == TOTALS["softflowd_v9"].octets


def test_a_killed_worker_is_replaced_and_what_it_had_spooled_arrives_once(tmp_path: Path) -> None:
    sink = Sink()
    with running(tmp_path, sink, flush_rows=1_000, flush_seconds=0.1) as started:
        (worker,) = started.workers()
        send(packets("pmacctd_v5"), started.netflow)
        assert eventually(lambda: started.counter("flows") == TOTALS["pmacctd_v5"].flows)
        before = sum(columns.rows for _, columns in flows(sink))
        os.kill(worker, signal.SIGKILL)
        assert eventually(lambda: started.workers() not in ([], [worker]))
        assert eventually(started.well)
        send(packets("pmacctd_v5"), started.netflow)
        assert eventually(lambda: started.counter("flows") == TOTALS["pmacctd_v5"].flows)
        assert started.stop() == 0
    by_name: dict[object, bytes] = {}
    for record in taken(sink):
        assert by_name.setdefault(record.identity, record.digest) == record.digest
    once = {r.identity: body.decode(r.body).columns.rows for r in taken(sink) if r.kind == batch.FLOWS}
    assert sum(once.values()) >= before + TOTALS["pmacctd_v5"].flows


def test_workers_end_with_their_parent_however_it_ends(tmp_path: Path) -> None:
    with running(tmp_path, Sink(), workers=2) as started:
        workers = started.workers()
        assert len(workers) == 2
        started.process.kill()
        started.process.wait()
        assert eventually(lambda: not any(Path(f"/proc/{pid}/stat").exists() for pid in workers))


def test_a_worker_whose_spool_is_gone_ends_all_the_same(tmp_path: Path) -> None:
    with running(tmp_path, Sink()) as started:
        send(packets("pmacctd_v5"), started.netflow)
        shutil.rmtree(tmp_path / "spool")
        assert started.stop() == 1  # and no thread kept it


def test_a_full_spool_drops_the_newest_and_says_so(tmp_path: Path) -> None:
    sink = Sink()
    sink.down = True
    settings = {"spool_max_bytes": 1 << 20, "drain_seconds": 0, "flush_rows": 5_000}
    with running(tmp_path, sink, **settings) as started:
        send(packets("softflowd_v9"), started.netflow)
        assert eventually(lambda: started.counter("flows_spool_full") > 0)
        assert eventually(lambda: not started.well())
        assert health(started)["spool_full"] is True
        decoded, dropped = started.counter("flows"), started.counter("flows_spool_full")
        started.stop()
    assert 0 < dropped < decoded


def test_flows_keep_their_columns_on_the_way(tmp_path: Path) -> None:
    sink = Sink()
    with running(tmp_path, sink) as started:
        send(packets("softflowd_v5"), started.netflow)
        assert eventually(lambda: started.counter("flows") == TOTALS["softflowd_v5"].flows)
        assert started.stop() == 0
    (_, columns), *_ = flows(sink)
    assert set(np.unique(columns["format"]).tolist()) == {5}
    assert (columns["end"] >= columns["start"]).all()
    assert (abs(columns["received"] - columns["received"][0]) < 60_000).all()
    truth = (columns["src_low"] >> np.uint64(24) & np.uint64(0xFF)) == 10
    assert truth.all()
