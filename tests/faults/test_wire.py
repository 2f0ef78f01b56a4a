"""Real datagrams into the real collector, killed with -9, behind a bad network, by clocks that step: I1 to the unit."""

from __future__ import annotations

import os
import signal
import struct
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from flowlens.flows import body, report
from flowlens.flows.batch import FLOWS, REPORT, unpack
from flowlens.flows.losses import residual_flows

from tests.collector_vm.kinesis import Sink
from tests.collector_vm.running import Running, collector, eventually, send
from tests.faults.wire import Network

EACH = 3  # flows of a datagram
CLOCK = Path(__file__).with_name("clock")
KILLS = int(os.environ.get("WIRE_KILLS", "3"))
_RECORD = struct.Struct(">IIIHHIIIIHHBBBBHHBBH")
_BAD = Network(lost=0.05, doubled=0.05, late=0.2)


def datagram(number: int) -> bytes:
    """NetFlow v5; each flow says in its octets which datagram it was in."""
    head = struct.pack(">HHIIIIHH", 5, EACH, 1_000 + number, int(time.time()), 0, number * EACH, 0, 0)
    flows = (
        _RECORD.pack(0x0A010001, 0x0AC80001, 0, 0, 0, 1, number + 1, 0, 1, 40_000 + at, 443, 0, 16, 6, *(0,) * 6)
        for at in range(EACH)
    )
    return head + b"".join(flows)


@dataclass(slots=True)
class Account:
    """What came out of the stream: each record once, as the ledger would take it."""

    flows: Counter[int] = field(default_factory=Counter)  # by datagram
    last: dict[tuple[str, int], report.Report] = field(default_factory=dict)  # of each process, the newest

    @classmethod
    def of(cls, sink: Sink) -> Account:
        account, seen = cls(), set()
        for _, data in list(sink.records):
            record = unpack(data)
            name = (record.identity.source, record.identity.epoch, record.identity.record)
            if name in seen:
                continue
            seen.add(name)
            if record.kind == FLOWS:
                account.flows.update((body.decode(record.body).columns["octets"].astype(int) - 1).tolist())
            elif record.kind == REPORT:
                account._hear(report.decode(record.body))
        return account

    def _hear(self, told: report.Report) -> None:
        process = (str(told.collector), told.started_ms)
        if process not in self.last or self.last[process].at_ms <= told.at_ms:
            self.last[process] = told

    def named(self, *names: str) -> int:
        """Over all processes."""
        exporters = [one for told in self.last.values() for one in told.exporters]
        return sum(one.counters.get(name, 0) for one in exporters for name in names)


def settled(sink: Sink, last: int) -> bool:
    return Account.of(sink).flows[last] >= EACH


def quiet(sink: Sink, running: Running) -> None:
    """Until all that came is delivered, and said."""
    assert eventually(lambda: running.counter("flows_acknowledged") == running.counter("flows") > 0)
    said = len(sink.records)
    assert eventually(lambda: len(sink.records) >= said + 2)  # reports go every second


def carried(network: Network, numbers: Iterable[int], chance: Random) -> list[bytes]:
    return list(network.carry([datagram(number) for number in numbers], chance))


def test_what_a_bad_network_did_is_named_to_the_unit(tmp_path: Path) -> None:
    sent, chance = 3_000, Random(51)
    wire = carried(_BAD, range(sent), chance)
    with Sink().serving() as endpoint, collector(endpoint, tmp_path / "spool", report_seconds=1) as running:
        send(wire, running.netflow)
        assert eventually(lambda: running.counter("received") == len(wire))
        assert running.counter("flows") == len(wire) * EACH
        counters = {
            name: running.counter(name)
            for name in (
                "flows",
                "received",
                "sequence_sent_flows",
                "sequence_lost_flows",
                "sequence_open_flows",
                "sequence_duplicate_flows",
                "sequence_uncertain_flows",
                "sequence_unread_flows",
                "collector_down_flows",
            )
        }
    assert counters["sequence_sent_flows"] == sent * EACH
    arrived = len(set(wire))
    missing = counters["sequence_lost_flows"] + counters["sequence_open_flows"] + counters["sequence_uncertain_flows"]
    assert missing == (sent - arrived) * EACH
    assert counters["sequence_duplicate_flows"] == (len(wire) - arrived) * EACH
    assert residual_flows(counters) == 0


def test_sent_is_delivered_and_lost_by_name_over_kills_of_the_collector(tmp_path: Path) -> None:
    """Everything that was delivered is counted from the stream; everything else was sent while nobody listened."""
    chance, sink, number = Random(52), Sink(), 0
    with sink.serving() as endpoint:
        for life in range(KILLS + 1):
            with collector(endpoint, tmp_path / "spool", report_seconds=1) as running:
                heard = range(number, number + chance.randint(200, 400))
                number = heard.stop
                send(map(datagram, heard), running.netflow)
                if life == KILLS:
                    assert eventually(lambda: settled(sink, number - 1))  # noqa: B023
                    quiet(sink, running)
                    break
                if life == 0:  # before it has written anything, nobody knows where an exporter's numbers began
                    assert eventually(lambda: settled(sink, number - 1))  # noqa: B023
                time.sleep(chance.uniform(0.0, 1.5))
                for pid in [*running.workers(), running.process.pid]:
                    os.kill(pid, signal.SIGKILL)
                running.process.wait()
            number += chance.randint(1, 50)  # nobody hears these
    account = Account.of(sink)
    assert set(account.flows.values()) == {EACH}
    lost = number * EACH - account.flows.total()
    assert lost > 0
    assert account.named("collector_down_flows", "sequence_lost_flows", "sequence_open_flows") == lost


@pytest.mark.parametrize("step", [-3600, 3600, 86_400], ids=lambda step: f"{step:+} s")
def test_a_clock_that_steps_loses_nothing_and_expires_nothing(
    tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Templates, positions and the spool live by a clock that only goes forward, and outlive a step over a restart."""
    off = tmp_path / "off"
    off.write_text("0")
    monkeypatch.setenv("PYTHONPATH", str(CLOCK))
    monkeypatch.setenv("CLOCK_OFF", str(off))
    sink = Sink(refuse=lambda offered: offered < 20)  # some waits in the spool while the clock steps
    with sink.serving() as endpoint, collector(endpoint, tmp_path / "spool", report_seconds=1) as running:
        send([v9_template(0), *(v9_data(n) for n in range(1, 101))], running.netflow)
        assert eventually(lambda: running.counter("flows") == 100)
        off.write_text(str(step))
        send([v9_data(n) for n in range(101, 201)], running.netflow)
        assert eventually(lambda: running.counter("flows_acknowledged") == 200)
        assert running.well()
        assert running.counter("template_missing") == 0
        assert running.counter("sequence_sent_datagrams") == 201
        assert running.counter("sequence_lost_datagrams") == 0
        said = len(sink.records)
        assert eventually(lambda: len(sink.records) >= said + 2)  # reports go on
        os.kill(running.workers()[0], signal.SIGKILL)
        assert eventually(lambda: running.well() and running.counter("received") == 0)
        send([v9_data(n) for n in range(201, 301)], running.netflow)
        assert eventually(lambda: running.counter("flows_acknowledged") == 100)
        assert running.counter("template_missing") == 0
    assert Account.of(sink).flows.total() == 300


def test_a_timer_by_the_wall_clock_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    off = tmp_path / "off"
    off.write_text("0")
    monkeypatch.setenv("PYTHONPATH", str(CLOCK))
    monkeypatch.setenv("CLOCK_OFF", str(off))
    monkeypatch.setenv("CLOCK_BUG", "timers by the wall clock")
    with Sink().serving() as endpoint, collector(endpoint, tmp_path / "spool") as running:
        send([v9_template(0), v9_data(1)], running.netflow)
        assert eventually(lambda: running.counter("flows_acknowledged") == 1)
        off.write_text("-3600")
        send([v9_data(2)], running.netflow)
        assert not eventually(lambda: running.counter("flows_acknowledged") == 2, 5)


def v9(number: int, sets: bytes) -> bytes:
    return struct.pack(">HHIIII", 9, 1, 1_000 + number, int(time.time()), number, 0) + sets


def v9_template(number: int) -> bytes:
    fields = struct.pack(">HHHHHHHHHH", 8, 4, 12, 4, 7, 2, 11, 2, 1, 4)  # addresses, ports, octets
    return v9(number, struct.pack(">HHHH", 0, 8 + len(fields), 300, 5) + fields)


def v9_data(number: int) -> bytes:
    row = struct.pack(">IIHHI", 0x0A010001, 0x0AC80001, 40_000, 443, number + 1)
    return v9(number, struct.pack(">HH", 300, 4 + len(row)) + row)
