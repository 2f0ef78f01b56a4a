"""What decoding remembers between batches: templates, samplers, names, parked sets and counters, per exporter."""

from __future__ import annotations

import numpy as np

from flowlens.flows.columns import Format
from flowlens.flows.decoding.heads import Heads
from flowlens.flows.decoding.marks import Marks
from flowlens.flows.decoding.names import NameBook, Names
from flowlens.flows.decoding.parking import PATIENCE, Parking
from flowlens.flows.decoding.plain import Plain
from flowlens.flows.decoding.readings import Readings
from flowlens.flows.decoding.routine import Routine
from flowlens.flows.decoding.scopes import BUDGET, Scopes
from flowlens.flows.decoding.tally import Tally

UNCOUNTABLE = -(1 << 40)  # records of a message of which not everything can be read: whatever is added, it stays < 0
_AN_HOUR = 3_600_000


class DecoderState:
    """Owned by one collector process, or one file being decoded. All of it is bounded, whatever comes."""

    def __init__(self, *, template_budget: int = BUDGET) -> None:
        self.tally = Tally()
        self.scopes = Scopes(self.tally, template_budget)
        self.parking = Parking(self.tally)
        self.marks = Marks(self.tally)
        self.book = NameBook(self.tally)
        self.records = np.zeros((2, 0), np.int64)  # of the last IPFIX messages, and their options data; < 0: unknown
        self.heads: Heads | None = None  # of the flow samples of the last sFlow datagrams, until somebody takes them
        self.readings: Readings | None = None  # of the counter samples, likewise
        self.routines = {kind: Routine(kind, self.tally, self.scopes) for kind in (Format.NETFLOW9, Format.IPFIX)}
        self.plain = Plain()
        self._clock: int | None = None
        self._forgotten = 0  # when, by the clock, the routines were

    @property
    def clock(self) -> int:
        """The moment of the last `expire`, on the caller's clock."""
        return 0 if self._clock is None else self._clock

    def counters(self, exporter: int) -> dict[str, int]:
        """Cumulative counts of this exporter, by name; a name that is missing is 0."""
        return self.tally.counters(exporter)

    def formats(self, exporter: int) -> tuple[int, ...]:
        """The formats this exporter has spoken, as columns.Format numbers."""
        return self.tally.formats(exporter)

    def names(self, exporter: int) -> Names:
        """What this exporter calls its interfaces, routing instances and applications."""
        return self.book.of(exporter)

    @property
    def parked_octets(self) -> int:
        return self.parking.octets

    def expire(self, now_ms: int) -> None:
        """Gives up sets that waited too long. Call it every few seconds, by a clock that only goes forward."""
        if self._clock is None:  # what came before the first call counts from now
            self.parking.restart(now_ms)
        for routine in self.routines.values():
            routine.use()
        if now_ms - self._forgotten >= _AN_HOUR:  # so that what is heard all day is confirmed now and then
            self._forgotten = now_ms
            self.forget_routines()
        self._clock = now_ms
        self.parking.give_up(now_ms - PATIENCE)

    def forget_routines(self) -> None:
        """What exporters say of themselves has changed, or should be looked at again."""
        for routine in self.routines.values():
            routine.forget()

    def finish(self) -> None:
        """No more data will come: what is still parked is lost."""
        self.parking.give_up()
