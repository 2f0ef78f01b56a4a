"""From datagrams to bodies in the spool."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import cycle

import numpy as np
import orjson
from flowlens.flows import batch, body
from flowlens.flows.columns import Columns, Values, join
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import decode
from flowlens.flows.decoding.lessons import Lesson
from flowlens.flows.decoding.recall import recall
from flowlens.flows.decoding.state import DecoderState
from flowlens.flows.grouping import constant
from flowlens.flows.numbering import Numbers, complete, read
from flowlens.flows.sampling import Sampling
from flowlens.flows.sequences import Ledger
from numpy.typing import NDArray

from collector_vm.admission import NOBODY, Admission
from collector_vm.counts import Counts
from collector_vm.news import News
from collector_vm.receive import Received
from collector_vm.spool import Full, Spool

Memory = Callable[[str], Sequence[Lesson]]  # what is known of an exporter before it says anything
_MOST = 1.25  # of the rows that are enough: joining more would cost memory and time
MAX_BODY = 1_000_000  # a stream record is at most 1 MiB with its key


class Pipeline:
    """Admits, decodes and gathers flows; writes them to the spools in turn."""

    def __init__(
        self,
        admission: Admission,
        spools: Sequence[Spool],
        counts: Counts,
        *,
        flush_rows: int,
        memory: Memory = lambda _: (),
    ) -> None:
        self.admission = admission
        self._memory = memory
        self._met = 0
        self.state = DecoderState()
        self.sequences = Ledger(admission.addresses)
        self.sampling = Sampling(admission.addresses)
        self.flushed: Callable[[], None] = lambda: None  # told when all flows that came are in the spool
        self._spools = cycle(spools)
        self._counts = counts
        self._flush_rows = flush_rows
        self._parts: list[Columns] = []
        self._rows = 0
        self._since = 0.0

    def take(self, received: Received) -> None:
        """Decodes a batch. The slots may be used again afterwards."""
        now_ms = int(received.received[-1])
        exporters = self.admission.admit(received.sources, now_ms)
        if self._met < len(self.admission.addresses):
            self._meet()
        keep = exporters != NOBODY
        if received.truncated.any():
            self._counts.truncated(exporters[keep & received.truncated])
            keep &= ~received.truncated
        slots, lengths, times = received.slots, received.lengths, received.received
        numbers = read(Datagrams(slots, lengths, self.admission.latest, times))
        if not keep.all():
            if not keep.any():
                self._number(numbers, keep)
                return
            slots = slots[keep, : int(lengths.max())]
            lengths, times, exporters = lengths[keep], times[keep], exporters[keep]
        columns = decode(Datagrams(slots, lengths, exporters, times), self.state)
        self._number(numbers, keep)
        if (heads := self.state.heads) is not None:
            self.state.heads = None
            self.sampling.observe(heads)
        if (readings := self.state.readings) is not None:
            self.state.readings = None
            self.sampling.compare(readings)
        self._gather(columns)

    def _number(self, numbers: Numbers, decoded: NDArray[np.bool_]) -> None:
        """What was truncated or over its rate is numbered like all others: it was not lost on the way."""
        known = numbers.exporter != NOBODY
        if not known.all():
            numbers = numbers.take(np.flatnonzero(known))
        unread = complete(numbers, decoded[numbers.which], self.state.records)
        self.state.tally.add_each(numbers.exporter[unread], "sequence_unread_flows", numbers.records[unread])
        self.sequences.observe(numbers)

    def news(self) -> News:
        """Names of accepted exporters that were not told yet."""
        return News(self.state.book, self.admission)

    def _meet(self) -> None:
        """What new exporters taught before is known before their first datagram is read."""
        for place in range(self._met, len(self.admission.addresses)):
            self.remember(place, self._memory(self.admission.addresses[place]))
        self._met = len(self.admission.addresses)

    def remember(self, place: int, lessons: Sequence[Lesson]) -> None:
        """Takes in what an exporter taught somebody, and decodes what had waited for that."""
        self._gather(recall(self.state, place, lessons, now_ms=time.time_ns() // 1_000_000))

    def add(self, columns: Columns) -> None:
        """Takes flows that were in no datagram; their exporters have places."""
        self.state.tally.add_each(columns["exporter"].astype(np.uint16, copy=False), "flows")
        self._gather(columns)

    def _gather(self, columns: Columns) -> None:
        if not columns.rows:
            return
        if self._rows and self._rows + columns.rows > _MOST * self._flush_rows:
            self.flush()
        if not self._rows:
            self._since = time.monotonic()
        self._parts.append(columns)
        self._rows += columns.rows
        if self._rows >= self._flush_rows:
            self.flush()

    @property
    def waiting_for(self) -> float:
        """Seconds that the oldest gathered flow has waited."""
        return time.monotonic() - self._since if self._rows else 0.0

    def flush(self) -> None:
        """Writes what was gathered."""
        if self._rows:
            columns, self._parts, self._rows = join(self._parts), [], 0
            self._append(columns)
            self.flushed()

    def _append(self, columns: Columns) -> None:
        present, counts, places = _listed(columns["exporter"])
        addresses = [self.admission.addresses[i] for i in present]
        data = body.encode(Columns(columns.rows, {**columns.values, "exporter": places}), addresses)
        if len(data) > MAX_BODY and columns.rows > 1:
            half = columns.rows // 2
            self._append(columns.take(np.arange(half)))
            self._append(columns.take(np.arange(half, columns.rows)))
            return
        label = orjson.dumps(dict(zip(addresses, counts, strict=True)))
        try:
            next(self._spools).append(batch.FLOWS, data, label)
        except Full:
            self._counts.spool_full(label)


def _listed(exporters: Values) -> tuple[list[int], list[int], Values]:
    """The exporters that occur, how many rows each has, and the place in that list of each row's."""
    if constant(exporters):
        return [int(exporters[0])], [len(exporters)], np.broadcast_to(np.uint16(0), (len(exporters),))
    counts = np.bincount(exporters)
    present = np.flatnonzero(counts)
    if len(present) == 1:
        return present.tolist(), [len(exporters)], np.broadcast_to(np.uint16(0), (len(exporters),))
    places = np.zeros(len(counts), np.uint16)
    places[present] = np.arange(len(present))
    return present.tolist(), counts[present].tolist(), places[exporters]
