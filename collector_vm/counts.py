"""What the process counted beside the decoders, and the report that is made of all of it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Protocol
from uuid import UUID

import numpy as np
import orjson
from flowlens.flows.body import MAX_EXPORTERS
from flowlens.flows.decoding.state import DecoderState
from flowlens.flows.report import ExporterReport, Name, Report
from flowlens.flows.sampling import Sampling
from flowlens.flows.sequences import Ledger
from numpy.typing import NDArray

from collector_vm.admission import Admission
from collector_vm.allowances import Allowances

_PER_REPORT = 1_000  # exporters, so that a report fits a stream record


class Known(Protocol):
    """Who counts per exporter: the pipeline."""

    @property
    def state(self) -> DecoderState: ...

    @property
    def sequences(self) -> Ledger: ...

    @property
    def sampling(self) -> Sampling: ...


class Counts:
    """Cumulative since the process started. Shippers count from their own threads."""

    def __init__(self, *, is_first: bool = False) -> None:
        """What the machine counts is counted by its first process."""
        self.started_ms = time.time_ns() // 1_000_000
        self._lock = threading.Lock()
        self._by_address: dict[str, Counter[str]] = {}
        self._totals: Counter[str] = Counter()
        self._truncated = np.zeros(MAX_EXPORTERS, np.int64)
        self.kernel_dropped = 0
        self.receive_buffer = self.receive_buffer_wanted = 0  # octets, of the smallest socket
        self.template_store_failures = 0
        self._allowances = Allowances() if is_first else None

    def truncated(self, places: NDArray[np.uint16]) -> None:
        self._truncated += np.bincount(places, minlength=MAX_EXPORTERS)[:MAX_EXPORTERS]

    def spool_full(self, label: bytes) -> None:
        self._add("flows_spool_full", label)

    def shipped(self, label: bytes) -> None:
        self._add("flows_shipped", label)

    def acknowledged(self, label: bytes) -> None:
        self._add("flows_acknowledged", label)

    def _add(self, name: str, label: bytes) -> None:
        """A label is what the pipeline gave a body: flows by exporter. Reports have none."""
        flows: dict[str, int] = orjson.loads(label) if label else {}
        with self._lock:
            for address, count in flows.items():
                self._totals[name] += count
                if address in self._by_address or len(self._by_address) < MAX_EXPORTERS:
                    self._by_address.setdefault(address, Counter())[name] += count

    def reports(
        self, collector: UUID, admission: Admission, known: Known, names: tuple[Name, ...] = ()
    ) -> Iterator[Report]:
        """Everything known now, in parts of at most _PER_REPORT exporters; each has all totals, the first the names."""
        exporters = [*self._admitted(admission, known), *_pending(admission)]
        totals = Counter[str]()
        for exporter in exporters:
            totals.update(exporter.counters)
        totals.update(kernel_dropped=self.kernel_dropped, template_store_failures=self.template_store_failures)
        totals["received"], totals["not_enrolled"] = admission.total_received, admission.total_not_enrolled
        totals["receive_buffer"], totals["receive_buffer_wanted"] = self.receive_buffer, self.receive_buffer_wanted
        if self._allowances is not None and self._allowances.present:
            self._allowances.look()
            totals.update(self._allowances.exceeded)
        with self._lock:  # these also count what an earlier process had left in the spool
            totals = Counter({**totals, **self._totals})
        at = time.time_ns() // 1_000_000
        for first in range(0, max(len(exporters), 1), _PER_REPORT):
            part = tuple(exporters[first : first + _PER_REPORT])
            yield Report(collector, self.started_ms, at, part, dict(totals), () if first else names)

    def _admitted(self, admission: Admission, known: Known) -> Iterator[ExporterReport]:
        for place, address in enumerate(tuple(admission.addresses)):
            with self._lock:
                shipped = dict(self._by_address.get(address, ()))
            counters = {
                **known.state.counters(place),
                **known.sequences.counters(place),
                **known.sampling.counters(place),
                "received": int(admission.received[place]),
                "not_enrolled": int(admission.not_enrolled[place]),
                "rate_limited": int(admission.rate_limited[place]),
                "truncated": int(self._truncated[place]),
                **shipped,
            }
            first, last = int(admission.first_seen[place]), int(admission.last_seen[place])
            yield ExporterReport(address, admission.state(place), known.state.formats(place), first, last, counters)


def _pending(admission: Admission) -> Iterator[ExporterReport]:
    for pending in tuple(admission.pending.values()):
        counters = {"received": pending.datagrams, "not_enrolled": pending.datagrams}
        yield ExporterReport(pending.address, pending.state, (), pending.first_seen_ms, pending.last_seen_ms, counters)
