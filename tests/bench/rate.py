"""The highest rate of full NetFlow v9 datagrams that a worker on one core takes for ten seconds and loses none."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import pipe
from tests.bench.laps import Laps
from tests.bench.sending import Sender
from tests.collector_vm.kinesis import Sink
from tests.collector_vm.running import Running, collector

_RATES = (25_000, 50_000, 75_000, 100_000, 125_000, 150_000, 175_000, 200_000, 250_000)
_SECONDS, _BURST = 10.0, 64


def run() -> dict[str, float]:
    """Goes up until something is lost. Resident memory is that of the worker, before and after all of it."""
    found = {"rate.loss_free_datagrams_per_s": 0.0, "rate.resident_start_mb": 0.0, "rate.resident_end_mb": 0.0}
    sink = Sink()
    with TemporaryDirectory() as folder, sink.serving() as endpoint, _collector(endpoint, folder) as running:
        (worker,) = running.workers()
        with _apart(worker):
            sender = Sender(Laps("softflowd_v9"), running.netflow)
            _sent(sender, 20_000, 1.0)
            found["rate.resident_start_mb"] = _resident(worker)
            for rate in _RATES:
                sent, lost = _tried(sender, running, sink, rate)
                sys.stderr.write(f"{rate:,}/s asked, {sent:,.0f}/s sent, {lost:,} lost\n")
                if lost or sent < 0.95 * rate:
                    break
                found["rate.loss_free_datagrams_per_s"] = round(sent)
            found["rate.resident_end_mb"] = _resident(worker)
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(60)
    return found


def _collector(endpoint: str, directory: str) -> AbstractContextManager[Running]:
    return collector(endpoint, Path(directory) / "spool", datagrams_per_second=0)


def _tried(sender: Sender, running: Running, sink: Sink, rate: int) -> tuple[float, int]:
    before = pipe.total(running, "kernel_dropped")
    sent = _sent(sender, rate, _SECONDS)
    time.sleep(3)  # what is queued is taken, and the status written
    sink.records.clear()
    return sent, pipe.total(running, "kernel_dropped") - before


@contextmanager
def _apart(worker: int) -> Iterator[None]:
    """The worker on one core, everything else here on the others."""
    cores = sorted(os.sched_getaffinity(0))
    for task in Path(f"/proc/{worker}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores[:1])
    os.sched_setaffinity(0, cores[1:] or cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _resident(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return round(int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024, 1)


def _sent(sender: Sender, rate: int, seconds: float) -> float:
    """As many a second as asked, or as can be; says how many."""
    began, sent = time.monotonic(), 0
    while (now := time.monotonic() - began) < seconds:
        if sent > rate * now:
            time.sleep(0.0005)
            continue
        sent += sender.some(_BURST)
    return sent / (time.monotonic() - began)
