"""Processes that are killed, frozen and born again: the workers behind the mapping, and the collectors before it."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any
from uuid import UUID

from flowlens.aws.stream import Entry
from flowlens.aws.stream import Outcome as Put

from cdk.local.runtime import Outcome, failure
from tests.faults import collector, worker
from tests.faults.collector import Append, Offer, Step, Stepped
from tests.faults.worker import Answer

_FORK = multiprocessing.get_context("forkserver")  # a life costs a fork, not an import
_FORK.set_forkserver_preload(["tests.faults.preload"])
_PATIENCE = 60.0  # seconds for one batch; a worker that takes longer hangs
_FROZEN_SECONDS = 0.1
_REBORN_SECONDS = 60.0  # of virtual time, until a collector that died is there again


class Life:
    """A process at the end of a pipe, which said once that it is ready. EOFError when it died before."""

    def __init__(self, serve: Callable[..., None], *arguments: object) -> None:
        self.pipe: Pipe[Any, Any]
        self.pipe, theirs = _FORK.Pipe()
        self._process: BaseProcess = _FORK.Process(target=serve, args=(theirs, *arguments), daemon=True)
        self._process.start()
        theirs.close()
        self.recv()

    def send(self, message: object) -> None:
        with suppress(BrokenPipeError):  # it is dead: whoever waits for its answer will hear of it
            self.pipe.send(message)

    def recv(self) -> Any:
        """What it says next; EOFError when it is dead."""
        try:
            return self.pipe.recv()
        except ConnectionResetError as error:  # it died with something unread
            raise EOFError from error

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nemesis:
    """Chances that an invocation, or a step of a collector, meets this; and how many workers are killed at most."""

    killed: float = 0.0
    frozen: float = 0.0
    most: int = 1_000_000


@dataclass(slots=True)
class Workers:
    """Answers invocations with the real handler in processes, some of which do not live to answer."""

    environment: Mapping[str, str]
    nemesis: Nemesis
    chance: Random
    bug: str = ""
    happened: Counter[str] = field(default_factory=Counter)
    vitals: list[tuple[int, int]] = field(default_factory=list)  # files, and growth since its first answer
    failures: Counter[str] = field(default_factory=Counter)  # what handlers raised, by its class
    up: threading.Event = field(default_factory=threading.Event)  # the database
    _idle: queue.SimpleQueue[tuple[Life, int]] = field(default_factory=queue.SimpleQueue)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _took: float = 0.02
    killed: int = 0

    def invoke(self, payload: bytes) -> Outcome:
        self.up.wait()
        try:
            life, before = self._take()
        except EOFError:  # the database went away while it was born
            return failure("Init", "no life")
        with self._lock:
            lot, moment = self.chance.random(), self.chance.random()
        began = monotonic()
        life.send(payload)
        if lot < self.nemesis.killed and self.killed < self.nemesis.most:
            self.killed += 1
            return self._kill(life, moment)
        if self.nemesis.killed <= lot < self.nemesis.killed + self.nemesis.frozen:
            return self._freeze(life, moment)
        try:
            if not life.pipe.poll(_PATIENCE):
                raise TimeoutError("a worker hangs")
            answer: Answer = life.recv()
        except EOFError:
            return failure("Runtime.ExitError", "it died")
        self._took = 0.9 * self._took + 0.1 * (monotonic() - began)
        if answer.failed:
            self.failures[answer.payload.decode().partition(":")[0]] += 1
        if answer.resident:
            before = before or answer.resident
            self.vitals.append((answer.files, answer.resident - before))
        self._idle.put((life, before))
        return Outcome(answer.payload, failed=answer.failed)

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get()[0].kill()

    def _take(self) -> tuple[Life, int]:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return Life(worker.serve, dict(self.environment), self.bug), 0

    def _kill(self, life: Life, moment: float) -> Outcome:
        """At any moment of the time that a batch has been taking. An answer that came before is believed."""
        answered = life.pipe.poll(moment * self._took * 1.2)
        answer: Answer | None = life.recv() if answered else None
        life.kill()
        self.happened["killed after the answer" if answered else "killed before the answer"] += 1
        return Outcome(answer.payload, failed=answer.failed) if answer else failure("Runtime.ExitError", "killed")

    def _freeze(self, life: Life, moment: float) -> Outcome:
        """Stopped in its tracks, given up, and then it goes on beside whoever got its batch."""
        life.pipe.poll(moment * self._took)
        life.signal(signal.SIGSTOP)
        self.happened["frozen"] += 1
        threading.Timer(_FROZEN_SECONDS, self._thaw, [life]).start()
        return failure("Sandbox.Timedout", "frozen")

    def _thaw(self, life: Life) -> None:
        life.signal(signal.SIGCONT)
        life.pipe.poll(_PATIENCE)
        life.kill()


@dataclass(slots=True)
class Collector:
    """A spool and its shipper in a process; `put` is the stream."""

    directory: Path
    tenant: UUID
    put: Callable[[Sequence[Entry]], Put]
    nemesis: Nemesis
    chance: Random
    bug: str = ""
    happened: Counter[str] = field(default_factory=Counter)
    _life: Life | None = None

    def append(self, bodies: list[bytes]) -> list[bool]:
        """Which are durable; of those that died with the process nobody knows."""
        life = self._alive()
        life.send(Append(bodies))
        if self._dies(life):
            return [False] * len(bodies)
        durable: list[bool] = life.recv()
        return durable

    def step(self) -> Stepped:
        """One step, with what it puts. A kill falls before the put, or between the put and its confirmation."""
        life = self._alive()
        life.send(Step())
        while isinstance(said := life.recv(), Offer):
            outcome = self.put(said.entries)
            if self.chance.random() < self.nemesis.killed:
                return self._die()
            life.send(outcome)
        if self.chance.random() < self.nemesis.killed / 4:
            return self._die()
        stepped: Stepped = said
        return stepped

    def close(self) -> None:
        if self._life:
            self._life.kill()
            self._life = None

    def _alive(self) -> Life:
        self._life = self._life or Life(collector.serve, str(self.directory), self.tenant, self.bug)
        return self._life

    def _dies(self, life: Life) -> bool:
        doomed = self.chance.random() < self.nemesis.killed
        if doomed:
            life.pipe.poll(self.chance.uniform(0, 0.004))
            self._die()
        return doomed

    def _die(self) -> Stepped:
        self.close()
        self.happened["collectors killed"] += 1
        return Stepped(_REBORN_SECONDS, idle=False)
