"""CPU time of whole process trees, in nanoseconds."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from pathlib import Path


def tree(pid: int) -> list[int]:
    """The process and all that descend from it."""
    found = [pid]
    for one in found:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def cpu_ns(pid: int) -> int:
    """User and system time of every process in the tree, by the kernel's precise clocks."""
    total = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            total += time.clock_gettime_ns(~one << 3 | 2)  # CPUCLOCK_SCHED of that process (clock_getcpuclockid)
    return total


def settled(pid: int, *, quiet: float) -> int:
    """The tree's CPU time once it has hardly used any for so many seconds; some never rest, so within bounds."""
    last, since = cpu_ns(pid), time.monotonic()
    latest = since + 3 * quiet
    while time.monotonic() < min(since + quiet, latest):
        time.sleep(0.05)
        now = cpu_ns(pid)
        if now - last > 2_000_000:
            last, since = now, time.monotonic()
    return last


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
