"""From the spool to the stream: only what is durable, only what was refused again, and never given up."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol
from uuid import UUID

from flowlens.aws.stream import MAX_CALL, MAX_RECORD, MAX_RECORDS, Entry, Outcome
from flowlens.flows import batch
from flowlens.flows.batch import Identity

from collector_vm.segments import Frame, Origin
from collector_vm.spool import Spool

GROUP_SECONDS, GROUP_BYTES = 0.1, 4 << 20  # an fsync covers what came within either
_FIRST_DELAY, _LONGEST_DELAY = 0.1, 10.0


class Putter(Protocol):
    """What a stream does."""

    def put(self, entries: list[Entry]) -> Outcome: ...


@dataclass(slots=True)
class _Waiting:
    frame: Frame
    entry: Entry
    shipped: bool = False


@dataclass(slots=True)
class Shipped:
    """What went out, for whoever counts. `label` is the spool frame's."""

    on_shipped: Callable[[bytes], None]
    on_acknowledged: Callable[[bytes], None]
    refused: Counter[str] = field(default_factory=Counter)
    calls: int = 0


class Shipper:
    """Moves one spool to one stream."""

    def __init__(self, spool: Spool, stream: Putter, tenant: UUID, *, counts: Shipped, random: Random) -> None:
        self._spool, self._stream, self._tenant = spool, stream, tenant
        self.counts = counts
        self._random = random
        self._waiting: list[_Waiting] = []
        self._failures = 0
        self._most = MAX_RECORDS

    def sync(self, *, now: bool = False) -> None:
        """Makes durable what was appended, if it is due; `now` even if it is little."""
        spool = self._spool
        if now or spool.unsynced_for >= GROUP_SECONDS or spool.unsynced_bytes >= GROUP_BYTES:
            spool.sync()

    def step(self) -> float:
        """One call at most; the seconds until another is worth it."""
        self._fill()
        if not self._waiting:
            self._spool.acknowledge(self._done())  # frames that are gone are waited for by nobody
            return GROUP_SECONDS
        return self._put(self._waiting[: self._most])

    @property
    def idle(self) -> bool:
        return not self._waiting and self._spool.acknowledged == self._spool.sequence

    def _fill(self) -> None:
        room = MAX_CALL - MAX_RECORD - sum(len(w.entry.data) for w in self._waiting)
        for origin, frame in self._spool.read(MAX_RECORDS - len(self._waiting), room):
            self._waiting.append(_Waiting(frame, self._entry(origin, frame)))

    def _entry(self, origin: Origin, frame: Frame) -> Entry:
        identity = Identity(self._tenant, origin.source, origin.epoch, frame.sequence - origin.base)
        return Entry(str(origin.source), batch.pack(identity, frame.kind, frame.body))

    def _put(self, call: list[_Waiting]) -> float:
        for waiting in call:
            if not waiting.shipped:
                waiting.shipped = True
                self.counts.on_shipped(waiting.frame.label)
        outcome = self._stream.put([waiting.entry for waiting in call])
        self.counts.calls += 1
        self.counts.refused.update(outcome.reasons or {})
        failed = {id(call[i]) for i in outcome.failed}
        for waiting in call:
            if id(waiting) not in failed:
                self.counts.on_acknowledged(waiting.frame.label)
        self._waiting = [w for w in call if id(w) in failed] + self._waiting[len(call) :]
        self._spool.acknowledge(self._done())
        return self._pause(taken=len(call) - len(failed), refused=len(failed))

    def _done(self) -> int:
        """The sequence up to which everything has been taken."""
        return self._waiting[0].frame.sequence - 1 if self._waiting else self._spool.read_to

    def _pause(self, *, taken: int, refused: int) -> float:
        """Full jitter, doubling while nothing is taken; smaller calls while the stream refuses."""
        if not refused:
            self._failures, self._most = 0, min(self._most * 2, MAX_RECORDS)
            return 0.0
        self._failures = 0 if taken else min(self._failures + 1, 16)
        if not taken:
            self._most = max(self._most // 2, 1)
        return self._random.uniform(0, min(_FIRST_DELAY * 2**self._failures, _LONGEST_DELAY))


def run(shipper: Shipper, *, stopping: threading.Event, deadline: threading.Event) -> None:
    """Until `stopping` and all is out, or until `deadline`: what is left stays on disk. Syncs never wait."""
    due = 0.0
    while not deadline.is_set():
        last = stopping.is_set()
        shipper.sync(now=last)
        if last and shipper.idle:
            return
        if (now := time.monotonic()) >= due:
            due = now + shipper.step()
        if due > now:
            deadline.wait(min(due - now, GROUP_SECONDS))
