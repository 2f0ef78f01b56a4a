"""What a worker takes its flows from."""

from __future__ import annotations

from typing import Protocol

from collector_vm.counts import Counts
from collector_vm.events import event
from collector_vm.pipeline import Pipeline
from collector_vm.receive import Receiver
from collector_vm.settings import Settings
from collector_vm.sockets import listen


class Intake(Protocol):
    """What flows come from."""

    @property
    def dropped(self) -> int:
        """What the kernel dropped and nobody knows whose it was."""
        ...

    def take(self, timeout: float) -> bool:
        """Waits at most so long; whether anything came."""
        ...

    def look(self) -> None:
        """Every second."""
        ...

    def finish(self) -> None:
        """Nothing comes any more."""
        ...


class Listening:
    """Datagrams of exporters; OSError where a port cannot be had."""

    def __init__(self, settings: Settings, pipeline: Pipeline) -> None:
        self.listeners = listen(settings.bind, settings.ports, settings.receive_buffer)
        self._receiver = Receiver(self.listeners, linger=settings.linger_ms / 1000)
        self._pipeline = pipeline

    @property
    def dropped(self) -> int:
        return self._receiver.drops.total

    def take(self, timeout: float) -> bool:
        received = self._receiver.receive(timeout)
        if received is not None:
            self._pipeline.take(received)
        return received is not None

    def look(self) -> None:
        self._receiver.drops.look(self.listeners)

    def finish(self) -> None:
        """What comes now is for whoever listens next."""


def listening(settings: Settings, pipeline: Pipeline, counts: Counts) -> Listening:
    """SystemExit where a port is taken: the next try may be luckier."""
    try:
        intake = Listening(settings, pipeline)
    except OSError as error:
        event("cannot_listen", bind=settings.bind, ports=settings.ports, error=str(error))
        raise SystemExit(1) from error
    counts.receive_buffer = min(one.granted for one in intake.listeners)
    counts.receive_buffer_wanted = settings.receive_buffer
    event("listening", ports=settings.ports, receive_buffer=counts.receive_buffer)
    return intake
