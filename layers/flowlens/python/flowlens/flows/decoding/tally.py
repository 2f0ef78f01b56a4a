"""What the decoders count, per exporter and by names from a closed set."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# Why a datagram, or a part of it, could not be read. A datagram counts once, under the first reason found.
REASONS = frozenset(
    {
        "header",  # shorter than its header
        "length",  # IPFIX: the message says it is longer than the datagram, or shorter than its header
        "count",  # NetFlow v1, v5, v7: no records, more than a datagram may have, or more than there are octets for
        "set_length",  # a set shorter than 4 octets or longer than what is left
        "set_id",  # a set id below 256 that means nothing
        "set_count",  # more sets than a datagram may have
        "record_length",  # a set too short for one record, or for the variable-length fields of one; or with too many
        "template_changes",  # more changes of templates than a datagram may have; what comes after them is not read
        "template_truncated",  # a template that ends after its set
        "template_id",  # below 256
        "template_fields",  # none, or more than 512
        "template_length",  # records of no octets, of more than a datagram, or so short that they would multiply
        "field_length",  # longer than the element can be
        "withdrawal",  # of a template that is not known
        "agent",  # sFlow: an agent address that is neither IPv4 nor IPv6
        "sample_count",  # sFlow: more samples than a datagram may have
        "sample_length",  # sFlow: a sample longer than what is left, or too short for its kind
        "record_overrun",  # sFlow: a record longer than what is left of its sample
    }
)


@dataclass(slots=True)
class Tally:
    """Counters since the process began, by exporter index."""

    _by_exporter: dict[int, Counter[str]] = field(default_factory=dict)
    _formats: dict[int, set[int]] = field(default_factory=dict)

    def counters(self, exporter: int) -> dict[str, int]:
        return dict(self._by_exporter.get(exporter, ()))

    def formats(self, exporter: int) -> tuple[int, ...]:
        return tuple(sorted(self._formats.get(exporter, ())))

    def add(self, exporter: int, name: str, amount: int = 1) -> None:
        counter = self._by_exporter.get(exporter)
        if counter is None:
            counter = self._by_exporter[exporter] = Counter()
        counter[name] += amount

    def add_each(self, exporters: NDArray[np.uint16], name: str, amounts: NDArray[np.int64] | None = None) -> None:
        """Adds one, or the matching amount, for each exporter named."""
        if not len(exporters):
            return
        sums = np.bincount(exporters, weights=amounts)
        for exporter in np.flatnonzero(sums):
            self.add(int(exporter), name, int(sums[exporter]))

    def saw(self, exporters: NDArray[np.uint16], kind: int) -> None:
        """Notes the format that these exporters speak."""
        for exporter in np.flatnonzero(np.bincount(exporters)):
            self._formats.setdefault(int(exporter), set()).add(kind)


class Faults:
    """Which datagrams of a batch turned out malformed; each is counted once, under the first reason."""

    __slots__ = ("_exporters", "_faulty", "_tally")

    def __init__(self, tally: Tally, exporters: NDArray[np.uint16]) -> None:
        self._tally = tally
        self._exporters = exporters
        self._faulty = np.zeros(len(exporters), np.bool_)

    @property
    def faulty(self) -> NDArray[np.bool_]:
        return self._faulty

    def note(self, datagrams: NDArray[np.intp], reason: str) -> None:
        if len(datagrams):
            fresh = np.unique(datagrams[~self._faulty[datagrams]])
            self._faulty[fresh] = True
            self._tally.add_each(self._exporters[fresh], "malformed")
            self._tally.add_each(self._exporters[fresh], f"malformed.{reason}")

    def note_one(self, datagram: int, reason: str) -> None:
        self.note(np.array([datagram]), reason)
