"""The parent: one worker per core, another for each that dies, and the answers about all of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from flowlens.flows import body, sequences
from flowlens.flows.decoding import marks, names, parking, scopes

from collector_vm import health, keepsake, library, receive, status
from collector_vm.asked import Asked
from collector_vm.events import event
from collector_vm.health import Health
from collector_vm.settings import Settings
from collector_vm.status import Status
from collector_vm.worker import directory

_LOOK_EVERY = 0.2
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 30.0  # before a worker that died young is started again
# No worker multiplies matrices: the threads that NumPy would keep for it cost memory. Two arenas do for its threads.
_LEAN = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
_YOUNG_SECONDS = 10.0
_INTERPRETER = 110 << 20  # Python with NumPy, Arrow and boto3
_BYTES_PER_STREAM = 2_000  # its numbers, its window and its place in tables
_BYTES_PER_FLOW = 4 * 256  # its columns, gathered, joined, made small and as planes


def max_rss_estimate(settings: Settings) -> int:
    """What one worker can need at most, in bytes: the sum of everything that is bounded."""
    slots = receive.SLOTS * (receive.WIDTH + 200)
    flows = (settings.flush_rows + receive.SLOTS * 64) * _BYTES_PER_FLOW
    exporters = body.MAX_EXPORTERS * 2_000
    taught = names.LIMIT * 320 + 2 * keepsake.MAX_OCTETS + marks.LIMIT * 200 + library.MAX_PENDING * 500
    streams = sequences.LIMIT * _BYTES_PER_STREAM
    return _INTERPRETER + streams + slots + flows + exporters + scopes.BUDGET + parking.LIMIT + taught


@dataclass(slots=True)
class _Child:
    index: int
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    delay: float = _FIRST_DELAY


class Supervisor:
    """Starts workers and looks after them until it is told to stop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._children = [_Child(index) for index in range(settings.children)]
        self._restarts = 0
        self._asked = Asked()

    def run(self) -> int:
        """The exit status: 0 when every worker ended well."""
        self._asked.listen()
        event("starting", workers=len(self._children), max_rss_estimate=max_rss_estimate(self._settings))
        self._settings.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        address = (str(self._settings.bind[0]), self._settings.health_port)
        try:
            server = health.server(address, self.look)
        except OSError as error:
            event("cannot_listen", bind=address[0], ports=[address[1]], error=str(error))
            return 1
        threading.Thread(target=server.serve_forever, daemon=True).start()
        while not self._asked.to_stop:
            for child in self._children:
                self._look_after(child)
            time.sleep(_LOOK_EVERY)
        code = self._stop()
        server.shutdown()
        server.server_close()
        return code

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            if (code := child.process.poll()) is None:
                return
            young = now - child.started < _YOUNG_SECONDS
            child.delay = min(child.delay * 2, _LONGEST_DELAY) if young else _FIRST_DELAY
            child.process, child.due = None, now + child.delay
            self._restarts += 1
            event("worker_died", worker=child.index, code=code, again_in=child.delay)
        if now >= child.due:
            arguments = ["--worker", str(child.index), str(os.getpid())]
            command = [sys.executable, "-m", "collector_vm", *arguments]
            child.process = subprocess.Popen(command, env=os.environ | _LEAN)  # noqa: S603
            child.started = now

    def _stop(self) -> int:
        processes = [child.process for child in self._children if child.process is not None]
        for process in processes:
            process.terminate()
        until = time.monotonic() + self._settings.drain_seconds + 10
        codes = []
        for process in processes:
            try:
                codes.append(process.wait(max(until - time.monotonic(), 0)))
            except subprocess.TimeoutExpired:
                process.kill()  # what it had is in its spool
                codes.append(process.wait())
        return int(any(code not in (0, -signal.SIGTERM) for code in codes))  # by the signal: before it could listen

    def look(self) -> Health:
        alive = sum(c.process is not None and c.process.poll() is None for c in self._children)
        return Health(alive, [self._status(child) for child in self._children], self._restarts)

    def _status(self, child: _Child) -> Status | None:
        """What this very process wrote: a file may be left from an earlier one."""
        found, process = status.read(directory(self._settings, child.index)), child.process
        return found if found and process and found.gauges.pid == process.pid else None
