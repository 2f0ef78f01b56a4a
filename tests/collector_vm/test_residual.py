"""The equation of losses over a flood that no collector can keep up with: what is left over is nothing.

`RESIDUAL=1000000 pytest -rP tests/collector_vm/test_residual.py` is the long form, which `make faults` runs.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import cycle, islice
from pathlib import Path

from flowlens.flows.losses import residual_datagrams, residual_flows

from tests.collector_vm.kinesis import Sink
from tests.collector_vm.running import Running, collector, eventually

DATAGRAMS = int(os.environ.get("RESIDUAL", "60000"))
RECORDS = 30  # of a NetFlow v5 datagram
_BEGIN = 1_760_000_000


def v5(nth: int) -> bytes:
    head = struct.pack(">HHIIIIHH", 5, RECORDS, 1_000 + nth, _BEGIN, 0, nth * RECORDS & 0xFFFF_FFFF, 0, 0)
    return head + bytes(48 * RECORDS)


def v9(nth: int) -> bytes:
    template = struct.pack(">HHHHHHHH", 0, 16, 256, 2, 8, 4, 12, 4)
    data = struct.pack(">HH", 256, 12) + bytes((10, 0, 0, 1, 10, 0, 0, 2))
    return struct.pack(">HHIIII", 9, 2, 1_000 + nth, _BEGIN, nth, 7) + template + data


def ipfix(nth: int) -> bytes:
    template = struct.pack(">HHHHHHHH", 2, 16, 256, 2, 8, 4, 12, 4)
    data = struct.pack(">HH", 256, 12) + bytes((10, 0, 0, 1, 10, 0, 0, 2))
    return struct.pack(">HHIII", 10, 16 + len(template) + len(data), _BEGIN, nth, 7) + template + data


def sflow(nth: int) -> bytes:
    return struct.pack(">IIIIIII", 5, 1, 0x7F00_0004, 0, nth, 1_000 + nth, 0)


# Who speaks what, from an address of its own, and what one datagram is in the unit of its numbers.
EXPORTERS: dict[str, tuple[Callable[[int], bytes], str, int]] = {
    "127.0.0.2": (v5, "flows", RECORDS),
    "127.0.0.3": (v9, "datagrams", 1),
    "127.0.0.4": (ipfix, "flows", 1),
    "127.0.0.5": (sflow, "datagrams", 1),
}
STRANGE = (b"", b"hello", struct.pack(">H", 77) + bytes(60))  # numbered by nobody, counted all the same


def counters(running: Running) -> dict[str, Counter[str]]:
    """By exporter; what belongs to none under the empty name."""
    found: dict[str, Counter[str]] = {}
    for line in running.get("/metrics")[1].splitlines():
        name, _, value = line.rpartition(" ")
        if not name.startswith("flowlens_collector_") or "_total" not in name:
            continue
        counter, _, label = name.removeprefix("flowlens_collector_").partition("_total")
        exporter = label.partition('exporter="')[2].partition('"')[0]
        found.setdefault(exporter, Counter())[counter] = int(float(value))
    return found


class Flood:
    """Datagrams of all exporters, numbered; and what the collector says of them."""

    def __init__(self, running: Running) -> None:
        self.sent = Counter[str]()
        self.found: dict[str, Counter[str]] = {}
        self._running = running
        self._senders = {address: _sender(address, running.netflow) for address in EXPORTERS}

    def send(self, addresses: Iterable[str]) -> None:
        for address in addresses:
            self._senders[address].send(EXPORTERS[address][0](self.sent[address]))
            self.sent[address] += 1

    def send_strange(self, address: str) -> None:
        for odd in STRANGE:
            self._senders[address].send(odd)
            self.sent[address] += 1

    def settle(self) -> None:
        """Waits until each datagram was received, or dropped by the kernel."""
        assert eventually(lambda: self._look() == self.sent.total(), 120)

    def _look(self) -> int:
        self.found = counters(self._running)
        return sum(self.found.get(address, Counter())["received"] for address in EXPORTERS) + self.dropped

    @property
    def dropped(self) -> int:
        return self.found[""]["kernel_dropped"]

    def lost(self, address: str) -> int:
        return self.sent[address] - self.found[address]["received"]

    def close(self) -> None:
        for sender in self._senders.values():
            sender.close()


def test_of_a_flood_beyond_all_capacity_nothing_is_left_over(tmp_path: Path) -> None:
    with Sink().serving() as endpoint, collector(endpoint, tmp_path / "spool", receive_buffer=1 << 16) as running:
        flood = Flood(running)
        flood.send(EXPORTERS)  # so that each stream has a beginning
        flood.settle()
        flood.send(islice(cycle(EXPORTERS), DATAGRAMS))
        flood.settle()
        for address in [*EXPORTERS] * 3:
            flood.send([address])  # these show what is missing before them
            flood.settle()
        flood.send_strange("127.0.0.2")
        flood.settle()
        flood.close()
    assert flood.dropped > 0, "the flood was none"
    for address, (_, unit, size) in EXPORTERS.items():
        mine = flood.found[address]
        missing = mine[f"sequence_lost_{unit}"] + mine[f"sequence_open_{unit}"]
        assert missing == flood.lost(address) * size, address
        assert (residual_flows if unit == "flows" else residual_datagrams)(mine) == 0, address
    assert sum(map(flood.lost, EXPORTERS)) == flood.dropped
    assert flood.found["127.0.0.2"]["unknown_version"] == len(STRANGE)
    sys.stdout.write(
        f"{flood.sent.total():,} datagrams sent, {flood.dropped:,} dropped by the kernel, and each of them is named; "
        "residual: 0 datagrams, 0 NetFlow v5 flows\n"
    )


def _sender(address: str, port: int) -> socket.socket:
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.bind((address, 0))
    sender.connect(("127.0.0.1", port))
    return sender
