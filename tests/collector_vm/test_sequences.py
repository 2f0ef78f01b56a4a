"""What the collector says was lost, beside what was sent: over real UDP, with a buffer that is too small."""

from __future__ import annotations

import signal
import socket
import struct
from collections import Counter
from pathlib import Path

import pytest
from flowlens.flows.losses import residual_datagrams, residual_flows
from flowlens.flows.sequences import Position

from collector_vm import positions
from collector_vm.slate import Slate
from tests.collector_vm.kinesis import Sink
from tests.collector_vm.running import Running, collector, eventually, send

RECORDS = 30


def v5(nth: int) -> bytes:
    return struct.pack(">HHIIIIHH", 5, RECORDS, 1_000 + nth, 1_760_000_000, 0, nth * RECORDS, 0, 0) + bytes(
        48 * RECORDS
    )


def v9(nth: int) -> bytes:
    return struct.pack(">HHIIII", 9, 0, 1_000 + nth, 1_760_000_000, nth, 0)


def total(running: Running, name: str) -> int:
    sought = f"flowlens_collector_{name}_total "
    lines = running.get("/metrics")[1].splitlines()
    return int(next((line.removeprefix(sought) for line in lines if line.startswith(sought)), 0))


def counted(running: Running) -> dict[str, int]:
    """All counters of the only exporter."""
    found = Counter[str]()
    for line in running.get("/metrics")[1].splitlines():
        name, label, value = line.partition('_total{exporter="127.0.0.1"} ')
        if label:
            found[name.removeprefix("flowlens_collector_")] = int(value)
    return dict(found)


def test_sent_is_received_and_dropped_by_the_kernel_and_the_numbers_agree(tmp_path: Path) -> None:
    sent = 20_000
    with Sink().serving() as endpoint, collector(endpoint, tmp_path / "spool", receive_buffer=1 << 15) as running:
        send([v5(0)], running.netflow)
        assert eventually(lambda: running.counter("received") == 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for nth in range(1, sent):
                sender.sendto(v5(nth), ("127.0.0.1", running.netflow))
        assert eventually(lambda: running.counter("received") + total(running, "kernel_dropped") == sent)
        send(map(v5, range(sent, sent + 2)), running.netflow)  # there is room again: these show what is missing before
        assert eventually(lambda: counted(running)["sequence_sent_flows"] == (sent + 2) * RECORDS)
        found, dropped = counted(running), total(running, "kernel_dropped")
    assert dropped > 0
    assert found["received"] + dropped == sent + 2
    assert found["sequence_lost_flows"] + found["sequence_open_flows"] == dropped * RECORDS
    assert residual_flows(found) == 0


def test_what_is_not_read_is_no_loss_on_the_way(tmp_path: Path) -> None:
    sent = 600
    with Sink().serving() as endpoint, collector(endpoint, tmp_path / "spool", datagrams_per_second=100) as running:
        send(map(v5, range(sent)), running.netflow)
        assert eventually(lambda: counted(running).get("received") == sent)
        found = counted(running)
    assert found["rate_limited"] > 0
    assert found["sequence_unread_flows"] == found["rate_limited"] * RECORDS
    assert found["sequence_lost_flows"] == 0
    assert residual_flows(found) == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_sent_while_nobody_listened_is_charged_to_that(tmp_path: Path, how: signal.Signals) -> None:
    with Sink().serving() as endpoint:
        with collector(endpoint, tmp_path / "spool") as running:
            send(map(v5, range(100)), running.netflow)
            assert eventually(lambda: counted(running).get("flows_acknowledged") == 100 * RECORDS)
            running.process.send_signal(how)
            running.process.wait(30)
        with collector(endpoint, tmp_path / "spool") as running:
            send(map(v5, range(140, 200)), running.netflow)
            assert eventually(lambda: counted(running).get("received") == 60)
            found = counted(running)
    assert found["collector_down_flows"] == 40 * RECORDS
    assert found["sequence_lost_flows"] == 0
    assert residual_flows(found) == 0


def test_datagrams_are_accounted_for_where_those_are_numbered(tmp_path: Path) -> None:
    with Sink().serving() as endpoint, collector(endpoint, tmp_path / "spool") as running:
        kept = [nth for nth in range(3_000) if nth % 7 or nth == 0]
        send(map(v9, [*kept, 2_999, 2_998]), running.netflow)
        assert eventually(lambda: counted(running).get("received") == len(kept) + 2)
        found = counted(running)
    assert found["sequence_lost_datagrams"] + found["sequence_open_datagrams"] == 3_000 - len(kept)
    assert found["sequence_duplicate"] == 2
    assert residual_datagrams(found) == 0


def test_positions_that_cannot_be_read_are_none_and_the_newest_holds(tmp_path: Path) -> None:
    one = {"exporter": "192.0.2.1", "format": 5, "domain": 0, "counting": 0, "uptime": 1, "open": 0}
    files = {
        "empty": "",
        "nonsense": "[[[",
        "negative": '{"positions": [{"number": -1, "received": 9}]}',
        "old": str({"positions": [{**one, "number": 5, "received": 10}]}).replace("'", '"'),
        "new": str({"positions": [{**one, "number": 7, "received": 11}]}).replace("'", '"'),
    }
    for name, content in files.items():
        Slate(tmp_path / name).write(content.encode())
    (tmp_path / "bare").write_text(files["new"].replace("7", "9"))
    found = positions.load(tmp_path / name for name in [*files, "bare", "none"])
    assert found == [Position("192.0.2.1", 5, 0, 7, 0, 1, 11, 0)]


def test_what_an_sflow_agent_says_of_its_sampling_is_among_its_counters(tmp_path: Path) -> None:
    def datagram(nth: int) -> bytes:
        sample = struct.pack(">IIIIIIIIII", 1, 32, nth, 3, 1_000, nth * 4_000, nth // 10, 1, 2, 0)
        return struct.pack(">IIIIIII", 5, 1, 0xC0000201, 0, nth, 1_000 + nth, 1) + sample

    with Sink().serving() as endpoint, collector(endpoint, tmp_path / "spool") as running:
        send([datagram(1)], running.sflow)
        assert eventually(lambda: running.counter("received") == 1)
        send([datagram(nth) for nth in range(2, 202) if nth != 100], running.sflow)
        assert eventually(lambda: counted(running).get("samples_sent") == 201)
        found = counted(running)
    assert (found["samples_open"], found["sequence_open_datagrams"], found["flows"]) == (1, 1, 200)
    assert found["samples_pool_packets"] == 4 * found["samples_claimed_packets"] > 0
    assert (found["sampling_disagreements"], found["agent_dropped_samples"]) == (1, 20)
