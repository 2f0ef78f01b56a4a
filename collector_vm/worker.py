"""One process of the collector: receives, decodes, spools and ships until it is told to stop."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

from flowlens.aws.stream import Stream
from flowlens.flows import batch, report
from flowlens.flows.kernel import kernel
from flowlens.flows.kernel.text import base64_encoded
from flowlens.kit import memory
from flowlens.tables import flow_sources

from collector_vm import keepsake, lean, positions, private, ship, status
from collector_vm.admission import Admission
from collector_vm.asked import Asked
from collector_vm.counts import Counts
from collector_vm.enrolment import Enrolment
from collector_vm.events import event
from collector_vm.intake import Intake, listening
from collector_vm.library import Library, SharedTable
from collector_vm.pipeline import Pipeline
from collector_vm.recollection import Recollection
from collector_vm.settings import Settings
from collector_vm.ship import Shipped, Shipper
from collector_vm.sockets import Listener
from collector_vm.spool import Full, Limits, Spool

_TICK = 0.2  # seconds without a datagram after which the rest is looked after
_LAST_SECONDS = 1.0
_YOUNG = 10_000  # objects made, and not gone again, before Python looks for circles of them; a batch makes thousands
_PR_SET_PDEATHSIG = 1


def directory(settings: Settings, index: int) -> Path:
    return settings.spool / f"worker-{index}"


def _orphans(settings: Settings, index: int) -> list[Path]:
    """Spools that no worker writes to since there are fewer workers or lanes: what they hold is still sent."""
    found = []
    for path in sorted(settings.spool.glob("worker-*/lane-*")):
        worker, lane = int(path.parent.name.split("-")[1]), int(path.name.split("-")[1])
        unused = worker >= settings.children or lane >= settings.lanes
        if unused and worker % settings.processes == index:
            found.append(path)
    return found


def tie_to_parent(parent: int) -> None:
    """The kernel sends SIGTERM when the parent is gone, however it went."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before the wish was heard
        raise SystemExit(1)


class Worker:
    """Everything one process owns."""

    def __init__(self, settings: Settings, index: int, stream: ship.Putter) -> None:
        self._settings = settings
        self._directory = private.directory(directory(settings, index))
        limits = Limits(settings.bytes_per_spool, settings.spool_reserve_bytes)
        self.lanes = [Spool(self._directory / f"lane-{lane}", limits) for lane in range(settings.lanes)]
        orphans = [Spool(path, limits) for path in _orphans(settings, index)]
        self.spools = [*self.lanes, *orphans]
        self.counts = Counts(is_first=index == 0)
        self.admission = Admission(
            unknown=settings.unknown_exporters,
            datagrams_per_second=settings.datagrams_per_second if index < settings.processes else 0,  # a capture's: any
        )
        self.library = self._library()
        self.pipeline = Pipeline(
            self.admission, self.lanes, self.counts, flush_rows=settings.flush_rows, memory=self.library.known
        )
        self.pipeline.sequences.resume(positions.load(settings.spool.glob(f"worker-*/{positions.NAME}")))
        self.positions = positions.Keeper(self._directory, self.pipeline.sequences)
        self.pipeline.flushed = self.positions.flushed
        self._status = status.Writer(self._directory)
        self.recollection = Recollection(self.pipeline, self.library)
        self.enrolment = Enrolment(partial(flow_sources.states, settings.sources_table, settings.tenant))
        self.listeners: list[Listener] = []
        counts = Shipped(self.counts.shipped, self.counts.acknowledged)
        jitter = Random()  # noqa: S311
        self.shippers = [Shipper(s, stream, settings.tenant, counts=counts, random=jitter) for s in self.spools]
        self.asked = Asked()
        self._ending = threading.Event()  # no more datagrams
        self._taught = threading.Event()  # all that exporters taught was given to the library
        self._librarian = threading.Thread(target=self.library.run, args=(self._taught,), daemon=True)
        self._complete = threading.Event()  # all that came is in the spool
        self._deadline, self._failed = threading.Event(), threading.Event()
        self._introduced = 0

    def _library(self) -> Library:
        """Beside its own file it reads those of the others: an exporter may come to another worker than before."""
        settings = self._settings
        table = SharedTable(settings.templates_table, settings.tenant) if settings.templates_table else None
        return Library(self._directory / keepsake.NAME, settings.spool.glob(f"worker-*/{keepsake.NAME}"), table)

    @property
    def capturing(self) -> int:
        """How many interfaces are captured."""
        return 0

    # --- life

    def run(self) -> None:
        """Returns after a signal, when all is out or `drain_seconds` have passed."""
        self._say_recovered()
        if kernel().library is None:
            event("without_kernel", reason=kernel().absence)
        self._enrol(self.enrolment.refresh)
        settings, intake = self._settings, self._intake()
        done = {"stopping": self._complete, "deadline": self._deadline}
        threads = [self._start(ship.run, shipper, **done) for shipper in self.shippers]
        threading.Thread(target=self.enrolment.run, args=(self._ending, settings.sources_seconds), daemon=True).start()
        self._librarian.start()
        try:
            self._collect(intake)
        finally:
            self._ending.set()
            try:
                self._finish(intake, threads)
            finally:  # whatever went wrong, say with the disk: no thread outlives the main one
                self._taught.set()
                self._deadline.set()

    def _intake(self) -> Intake:
        """Datagrams; what else there is to take is another kind of worker's."""
        intake = listening(self._settings, self.pipeline, self.counts)
        self.listeners = intake.listeners
        return intake

    def _start(self, target: Callable[..., None], *args: object, **kwargs: object) -> threading.Thread:
        """A thread whose death is the death of the process: the parent starts another, and the spool recovers."""

        def guarded() -> None:
            try:
                target(*args, **kwargs)
            except BaseException as error:
                event("thread_died", error=repr(error))
                self._failed.set()
                raise

        thread = threading.Thread(target=guarded)
        thread.start()
        return thread

    def _collect(self, intake: Intake) -> None:
        gc.collect()
        gc.freeze()  # what start-up made lives for ever: no need to look at it again and again
        gc.set_threshold(_YOUNG)
        duties = self._duties(intake)
        while not (self.asked.to_stop or self._failed.is_set()):
            timeout = _TICK
            if self.pipeline.waiting_for:
                timeout = min(timeout, self._settings.flush_seconds - self.pipeline.waiting_for)
            intake.take(timeout)
            if self.pipeline.waiting_for >= self._settings.flush_seconds:
                self.pipeline.flush()
            for duty in duties:
                duty()

    def _finish(self, intake: Intake, threads: list[threading.Thread]) -> None:
        """What the kernel still holds is taken, what was gathered is written, what was written is sent."""
        until = time.monotonic() + self._settings.drain_seconds
        enough = time.monotonic() + _LAST_SECONDS  # exporters do not stop because we do
        while time.monotonic() < enough and intake.take(0):
            pass
        intake.finish()
        self.recollection.keep()
        self._taught.set()
        self.pipeline.state.finish()
        self.pipeline.flush()
        self.pipeline.sequences.finish()
        self.pipeline.sampling.finish()
        self.positions.write()
        self._look_at_drops(intake)
        while time.monotonic() < until and not self._failed.is_set() and any(spool.waiting for spool in self.spools):
            time.sleep(0.02)
        self.report()  # the last word, which also knows what these flows came to
        self._complete.set()
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0))
        self._deadline.set()
        self._librarian.join(_LAST_SECONDS)
        for thread in threads:
            thread.join()
        self.write_status()
        left = sum(spool.waiting for spool in self.spools)
        for spool in self.spools:
            spool.close()
        for listener in self.listeners:
            listener.socket.close()
        event("stopped", left_in_spool=left)
        if self._failed.is_set():
            raise SystemExit(1)

    # --- duties

    def _duties(self, intake: Intake) -> list[Callable[[], None]]:
        return [
            _every(1.0, partial(self._look_at_drops, intake)),
            _every(1.0, self.write_status),
            _every(1.0, partial(self._enrol, None)),
            _every(5.0, lambda: self.pipeline.state.expire(time.monotonic_ns() // 1_000_000)),
            _every(1.0, self._introduce),
            _every(_TICK, self.recollection.look),
            _every(1.0, self.recollection.keep),
            _every(self._settings.report_seconds, self.report),
        ]

    def _introduce(self) -> None:
        """An exporter that is new is reported at once: its flows are on the map within seconds, so must it be."""
        if (met := self.admission.met) > self._introduced:
            self._introduced = met
            self.report()

    def _enrol(self, refresh: Callable[[], None] | None) -> None:
        if refresh:
            refresh()
        if (states := self.enrolment.take()) is not None:
            for place in self.admission.update(states):
                self.pipeline.sequences.forget(place)
                self.pipeline.sampling.forget(place)
            if refresh:
                self.recollection.expect(states)

    def _look_at_drops(self, intake: Intake) -> None:
        intake.look()
        self.counts.kernel_dropped = intake.dropped
        self.counts.template_store_failures = self.library.failures

    def _reports(self) -> list[report.Report]:
        return list(self.counts.reports(self.spools[0].source, self.admission, self.pipeline))

    def report(self) -> None:
        """The counters go the way of the flows. When the spool is full the next report will do."""
        names = self.pipeline.news()
        with suppress(Full):
            for part in self.counts.reports(self.spools[0].source, self.admission, self.pipeline, names.told):
                self.spools[0].append(batch.REPORT, report.encode(part))
            names.forget()

    def write_status(self) -> None:
        gauges = status.Gauges(
            pid=os.getpid(),
            at_ms=time.time_ns() // 1_000_000,
            spool_bytes=sum(spool.size for spool in self.spools),
            spool_waiting=sum(spool.waiting for spool in self.spools),
            spool_oldest_seconds=max(spool.oldest_seconds for spool in self.spools),
            spool_full=any(spool.full for spool in self.spools),
            spool_unreadable=sum(spool.skipped for spool in self.spools),
            parked_octets=self.pipeline.state.parked_octets,
            receive_buffer=self.counts.receive_buffer,
            capturing=self.capturing,
            compiled=kernel().library is not None,
            resident_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        )
        self._status.write(gauges, self._reports())

    def _say_recovered(self) -> None:
        for found in (spool.recovery for spool in self.spools):
            if found.frames or found.torn_bytes or found.lost:
                event("spool_recovered", frames=found.frames, torn_bytes=found.torn_bytes, lost=found.lost)


def _every(seconds: float, duty: Callable[[], None]) -> Callable[[], None]:
    """Does the duty when it is due, by a clock that only goes forward."""
    due = time.monotonic() + seconds

    def when_due() -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + seconds
            duty()

    return when_due


def main(settings: Settings, index: int, parent: int, kind: type[Worker] = Worker) -> None:
    tie_to_parent(parent)
    memory.keep_freed()
    lean.share_descriptions()
    worker = kind(settings, index, Stream(settings.stream, encode=base64_encoded))
    worker.asked.listen()
    worker.run()
