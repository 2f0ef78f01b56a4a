"""Between decoding and the library: what accepted exporters teach is given, what they are missing is asked for."""

from __future__ import annotations

import time
from collections.abc import Mapping

from flowlens.flows.decoding import recall
from flowlens.flows.report import State

from collector_vm.library import MAX_ASKED, Library
from collector_vm.pipeline import Pipeline

_MOST = 1_024  # lessons in a second


class Recollection:
    """What the receiving thread does every now and then."""

    def __init__(self, pipeline: Pipeline, library: Library) -> None:
        self._pipeline, self._admission, self._library = pipeline, pipeline.admission, library
        self._places: dict[str, int] = {}

    def expect(self, states: Mapping[str, State]) -> None:
        """Looks up those who are known to send, before they do."""
        accepted = [exporter for exporter, state in states.items() if state == "accepted"]
        for exporter in accepted[:MAX_ASKED]:
            if not self._library.known(exporter):
                self._library.expect(exporter)

    def look(self) -> None:
        """Takes what was found, and asks for what sets are waiting for."""
        for exporter, lessons in self._library.answers():
            place = self._place(exporter)
            if place is not None and self._admission.state(place) == "accepted":
                self._pipeline.remember(place, lessons)
        for place in self._pipeline.state.parking.exporters:
            if self._admission.state(place) == "accepted":
                self._library.ask(self._admission.addresses[place])

    def keep(self) -> None:
        """Gives what is new to the library."""
        most = min(self._library.room, _MOST)
        if not most or not len(self._pipeline.state.marks):
            return
        now_ms, clock = time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000
        changes = recall.changes(self._pipeline.state, now_ms=now_ms, clock=clock, most=most)
        self._library.give(
            (self._admission.addresses[change.exporter], change.subject.text, change.lesson)
            for change in changes
            if self._admission.state(change.exporter) == "accepted"
        )

    def _place(self, exporter: str) -> int | None:
        addresses = self._admission.addresses
        for place in range(len(self._places), len(addresses)):
            self._places[addresses[place]] = place
        return self._places.get(exporter)
