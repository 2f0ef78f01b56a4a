from __future__ import annotations

import socket
import struct
import subprocess
import sys
from ipaddress import IPv4Address
from pathlib import Path

import numpy as np
import orjson
import pytest
from flowlens.flows import body
from pydantic import ValidationError

from collector_vm.admission import Admission
from collector_vm.counts import Counts
from collector_vm.pipeline import MAX_BODY, Pipeline
from collector_vm.receive import Received
from collector_vm.settings import Settings
from collector_vm.spool import Limits, Spool
from collector_vm.supervise import max_rss_estimate
from tests.architecture.rooms import ROOT
from tests.collector_vm.kinesis import Sink
from tests.collector_vm.running import TENANT, collector, eventually

SETTINGS = {"tenant": TENANT, "stream": "flows", "sources_table": "flow-sources"}


def v5(*, records: int = 30, seed: int = 0) -> bytes:
    """A datagram of random flows: nothing in it can be compressed."""
    head = struct.pack(">HHIIIIBBH", 5, records, 1_000, 1_760_000_000, 0, 0, 0, 0, 0)
    return head + np.random.default_rng(seed).bytes(48 * records)


def received(datagrams: list[bytes], sources: list[bytes]) -> Received:
    count = len(datagrams)
    slots = np.zeros((count, 1_500), np.uint8)
    for slot, datagram in zip(slots, datagrams, strict=True):
        slot[: len(datagram)] = np.frombuffer(datagram, np.uint8)
    lengths = np.array([len(d) for d in datagrams], np.int32)
    return Received(slots, lengths, np.zeros(count, np.bool_), np.full(count, 1_760_000_000_500), sources)


def pipeline(*spools: Spool, flush_rows: int = 1_000_000, unknown: str = "accept") -> Pipeline:
    admission = Admission(unknown="accept" if unknown == "accept" else "hold", datagrams_per_second=0)
    return Pipeline(admission, spools, Counts(), flush_rows=flush_rows)


def spooled(spool: Spool) -> list[tuple[body.FlowBody, dict[str, int]]]:
    spool.sync()
    return [(body.decode(frame.body), orjson.loads(frame.label)) for _, frame in spool.read(1_000, 1 << 30)]


def source(number: int) -> bytes:
    return IPv4Address(f"192.0.2.{number}").packed


def test_a_body_lists_the_exporters_that_it_has_and_its_label_counts_their_flows(tmp_path: Path) -> None:
    spool = Spool(tmp_path, Limits(most=64 << 20))
    flows = pipeline(spool)
    flows.take(received([v5(seed=n) for n in range(4)], [source(n) for n in (9, 1, 9, 5)]))
    flows.flush()
    ((decoded, label),) = spooled(spool)
    assert decoded.exporters == ["192.0.2.9", "192.0.2.1", "192.0.2.5"]
    assert label == {"192.0.2.9": 60, "192.0.2.1": 30, "192.0.2.5": 30}
    assert np.bincount(decoded.columns["exporter"]).tolist() == [60, 30, 30]


def test_flows_that_do_not_fit_one_record_are_divided_and_none_is_lost(tmp_path: Path) -> None:
    spool = Spool(tmp_path, Limits(most=64 << 20))
    flows = pipeline(spool)
    datagrams = [v5(seed=n) for n in range(1_000)]
    flows.take(received(datagrams, [source(1)] * len(datagrams)))
    flows.flush()
    spool.sync()
    bodies = [frame.body for _, frame in spool.read(1_000, 1 << 30)]
    assert len(bodies) > 1
    assert max(map(len, bodies)) <= MAX_BODY
    assert sum(body.decode(data).columns.rows for data in bodies) == 30_000


def test_lanes_take_turns(tmp_path: Path) -> None:
    lanes = [Spool(tmp_path / str(n), Limits(most=1 << 20)) for n in range(3)]
    flows = pipeline(*lanes, flush_rows=30)
    for number in range(6):
        flows.take(received([v5(seed=number)], [source(1)]))
    assert [len(spooled(lane)) for lane in lanes] == [2, 2, 2]


def test_datagrams_of_a_batch_are_kept_or_left_out_one_by_one(tmp_path: Path) -> None:
    spool = Spool(tmp_path, Limits(most=64 << 20))
    flows = pipeline(spool, unknown="hold")
    flows.admission.update({"192.0.2.1": "accepted"})
    some = received([v5(records=n, seed=n) for n in (1, 2, 3, 4)], [source(1), source(2), source(1), source(1)])
    some.truncated[2] = True
    flows.take(some)
    flows.flush()
    ((decoded, _),) = spooled(spool)
    assert decoded.columns.rows == 5
    assert decoded.exporters == ["192.0.2.1"]


def test_settings_come_from_the_environment_in_words_that_people_write(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**SETTINGS, "netflow_ports": "2055, 4739", "bind": "127.0.0.1,::1"}.items():
        monkeypatch.setenv(f"COLLECTOR_{name.upper()}", value)
    settings = Settings()
    assert settings.ports == (2055, 4739, 6343)
    assert [str(address) for address in settings.bind] == ["127.0.0.1", "::1"]
    assert settings.processes >= 1
    monkeypatch.setenv("COLLECTOR_NETFLOW_PORTS", "2055,70000")
    with pytest.raises(ValidationError, match="70000"):
        Settings()


def test_settings_that_cannot_be_used_are_said_without_a_traceback() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "collector_vm"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "tenant" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_hostile_crowd_stays_within_the_estimate(tmp_path: Path) -> None:
    settings = Settings.model_validate(SETTINGS)
    with Sink().serving() as endpoint, collector(endpoint, tmp_path / "spool") as running:
        for number in range(2_200):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind((f"127.7.{number >> 8}.{number & 255}", 0))
                sender.sendto(_templates(number), ("127.0.0.1", running.netflow))
        assert eventually(lambda: _gauge(running.get("/metrics")[1], "parked_octets") > 0)
        assert eventually(running.well)
        resident = _gauge(running.get("/metrics")[1], "resident_bytes")
        assert running.stop() == 0
    assert resident <= max_rss_estimate(settings)


def _templates(seed: int) -> bytes:
    """NetFlow v9: as many templates as fit, and data for one that never comes."""
    templates = b"".join(struct.pack(">HHHHHH", 256 + n, 2, 8, 4, 12, 4) for n in range(80))
    sets = struct.pack(">HH", 0, 4 + len(templates)) + templates
    sets += struct.pack(">HH", 9_999, 204) + bytes(200)
    return struct.pack(">HHIIII", 9, 81, 1_000, 1_760_000_000, seed, seed) + sets


def _gauge(text: str, name: str) -> float:
    sought = f"flowlens_collector_{name} "
    return float(next((line.removeprefix(sought) for line in text.splitlines() if line.startswith(sought)), 0))
