"""One life of a collector: the real spool and shipper, told what to append and when to put."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from random import Random
from uuid import UUID

from flowlens.aws.stream import Entry, Outcome
from flowlens.flows.batch import FLOWS

from collector_vm.ship import Shipped, Shipper
from collector_vm.spool import Full, Limits, Spool
from tests.faults.bugs import BUGS
from tests.faults.disk import Disk
from tests.faults.worker import begin

LIMITS = Limits(most=64 << 20, segment=4096)


@dataclass(frozen=True, slots=True)
class Append:
    """Appends and syncs these; the answer is whether each is durable."""

    bodies: list[bytes]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the shipper; what it puts comes as Offer, and waits for an Outcome."""


@dataclass(frozen=True, slots=True)
class Offer:
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Stepped:
    pause: float
    idle: bool


Said = Offer | Stepped | list[bool]
Heard = Append | Step | Outcome


class _Remote:
    """The stream, at the other end of the pipe."""

    def __init__(self, pipe: Pipe[Said, Heard]) -> None:
        self._pipe = pipe

    def put(self, entries: Sequence[Entry]) -> Outcome:
        self._pipe.send(Offer(list(entries)))
        heard = self._pipe.recv()
        if not isinstance(heard, Outcome):
            raise TypeError(heard)
        return heard


def serve(pipe: Pipe[Said, Heard], directory: str, tenant: UUID, bug: str, disk: tuple[str, int] | None = None) -> None:
    """`disk`: where it notes what is durable, and the number of the sync that fails."""
    begin()
    if disk:
        Disk(Path(directory), Path(disk[0]), broken=disk[1]).install()
    BUGS[bug]()
    spool = Spool(Path(directory), LIMITS)
    silent = Shipped(lambda _: None, lambda _: None)
    shipper = Shipper(spool, _Remote(pipe), tenant, counts=silent, random=Random(1))
    pipe.send([])
    while True:
        heard = pipe.recv()
        if isinstance(heard, Append):
            taken = [append(spool, body) for body in heard.bodies]
            durable = spool.sync()
            pipe.send([sequence is not None and sequence <= durable for sequence in taken])
        else:
            pipe.send(Stepped(shipper.step(), shipper.idle))


def append(spool: Spool, body: bytes) -> int | None:
    try:
        return spool.append(FLOWS, body)
    except Full:
        return None
