"""An exporter that says nothing but the truth among hostile ones: what it gets is what it would get alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from flowlens.flows.columns import Columns
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode

from tests.fuzz.herd import EXPORTERS, RECEIVED
from tests.fuzz.oracles import demand, prints
from tests.recordings import payloads

TRUE = EXPORTERS  # the index after the hostile ones
_EACH = 16  # of its datagrams in a batch


@dataclass(slots=True)
class Witness:
    """A recording, part by part, decoded in company and alone."""

    recording: str
    alone: DecoderState = field(default_factory=DecoderState)
    at: int = 0

    def join(self, rng: np.random.Generator, batch: Datagrams) -> tuple[Datagrams, Datagrams]:
        """The batch with some true datagrams in between, in order; and these by themselves."""
        true = self._next()
        width = max(batch.slots.shape[1], true.slots.shape[1])
        order = np.argsort(np.concatenate([rng.random(batch.count), np.sort(rng.random(true.count))]), kind="stable")
        slots = np.concatenate([_wide(batch.slots, width), _wide(true.slots, width)])
        lengths, exporters, received = (
            np.concatenate([getattr(batch, name), getattr(true, name)]) for name in ("lengths", "exporters", "received")
        )
        return Datagrams(slots, lengths, exporters, received).take(order), true

    def _next(self) -> Datagrams:
        recorded = payloads(self.recording)
        self.at = self.at if self.at + _EACH <= len(recorded) else 0
        true = Datagrams.of([data for _, data in recorded[self.at : self.at + _EACH]], exporter=TRUE, received=RECEIVED)
        self.at += _EACH
        return true

    def check(self, together: Columns, true: Datagrams, state: DecoderState) -> None:
        expected = decode(true, self.alone)
        own = together.take(together["exporter"] == TRUE)
        demand(np.array_equal(prints(own), prints(expected)), f"others changed the flows of {self.recording}")
        demand(state.counters(TRUE) == self.alone.counters(TRUE), "others changed its counters")


def _wide(
    slots: np.ndarray[tuple[int, int], np.dtype[np.uint8]], width: int
) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.pad(slots, ((0, 0), (0, width - slots.shape[1])))
