"""The collector's cost: CPU time of its process from the first datagram to the last acknowledged put, per flow."""

from __future__ import annotations

import signal
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flowlens.flows import batch, body

from tests.bench.laps import Laps
from tests.bench.sending import Sender
from tests.collector_vm.kinesis import Sink
from tests.collector_vm.running import Running, collector

RECORDINGS = {"v5": "softflowd_v5", "v9": "softflowd_v9", "ipfix": "softflowd_ipfix", "sflow": "pmacctd_sflow5"}
FLUSH_ROWS = 50_000
_AHEAD = 8_000  # datagrams under way at most, so that the socket's buffer never overflows
_QUIET_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took. `flows` were acknowledged by the stream; `sent` is datagrams."""

    flows: int
    cpu_seconds: float
    wall_seconds: float
    sent: int
    lost: int
    bytes_on_stream: int

    @property
    def flows_per_cpu_second(self) -> float:
        return self.flows / self.cpu_seconds

    @property
    def bytes_per_flow(self) -> float:
        return self.bytes_on_stream / self.flows


def collect(recording: str, *, datagrams: int = 60_000, flush_rows: int = FLUSH_ROWS) -> Cost:
    """Sends the recording over and over to a collector of one worker; a sink in this process takes its puts."""
    sink = Sink()
    with sink.serving() as endpoint, tempfile.TemporaryDirectory() as directory:
        options = {"flush_rows": flush_rows, "datagrams_per_second": 0}
        with (
            collector(endpoint, Path(directory) / "spool", **options) as running,
            _sender(recording, running) as sender,
        ):
            (worker,) = running.workers()
            _send(sender, 2_000)  # the first put opens a connection, the first template is compiled
            _settle(sink)
            before, taken, began = _cpu_seconds(worker), len(sink.records), time.monotonic()
            _send(sender, datagrams)
            _settle(sink)
            cpu = _cpu_seconds(worker) - before
            wall = sink.last - began
            time.sleep(2.5)  # the status is written every second
            lost = total(running, "kernel_dropped")
            running.process.send_signal(signal.SIGTERM)
            running.process.wait(30)
        records = [batch.unpack(data) for _, data in sink.records[taken:]]
    bodies = [record.body for record in records if record.kind == batch.FLOWS]
    flows = sum(body.decode(data).columns.rows for data in bodies)
    return Cost(flows, cpu, wall, datagrams, lost, sum(map(len, bodies)))


def _sender(recording: str, running: Running) -> closing[Sender]:
    return closing(Sender(Laps(recording), running.sflow if "sflow" in recording else running.netflow))


def _send(sender: Sender, count: int) -> None:
    """As fast as the collector takes them: the socket's queue is looked at, not the clock."""

    def wait() -> None:
        while _queued(sender.port) > _AHEAD * 2_304:  # what the kernel charges for a datagram of 1,400 octets
            time.sleep(0.001)

    sender.send(count, wait)


def _queued(port: int) -> int:
    for line in Path("/proc/net/udp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(f":{port:04X}"):
            return int(fields[4].split(":")[1], 16)
    return 0


def _settle(sink: Sink) -> None:
    """Until nothing has come for three seconds, which is longer than any flush."""
    until = time.monotonic() + _QUIET_SECONDS
    while time.monotonic() < until and (not sink.last or time.monotonic() - sink.last < 3):
        time.sleep(0.05)


def _cpu_seconds(process: int) -> float:
    """Of all its threads, user and system, to the nanosecond."""
    tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def total(running: Running, name: str) -> int:
    sought = f"flowlens_collector_{name}_total "
    lines = running.get("/metrics")[1].splitlines()
    return int(next((line.removeprefix(sought) for line in lines if line.startswith(sought)), 0))
