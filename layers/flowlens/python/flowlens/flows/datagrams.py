"""Datagrams as they came: fixed slots of one matrix, so that headers and records are views, not copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True)
class Datagrams:
    """Some datagrams of one or many exporters, in order of arrival.

    `slots` is (count, width) bytes, datagram i being `slots[i, :lengths[i]]`; bytes beyond are undefined.
    `exporters[i]` is an index into the receiver's own table of exporter addresses; `received[i]` is ms since 1970 UTC.
    """

    slots: NDArray[np.uint8]
    lengths: NDArray[np.int32]
    exporters: NDArray[np.uint16]
    received: NDArray[np.int64]

    @property
    def count(self) -> int:
        return len(self.lengths)

    def flat(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """All slots as one run of octets, and where in it each datagram begins."""
        return self.slots.reshape(-1), np.arange(self.count, dtype=np.int64) * self.slots.shape[1]

    def within_slots(self) -> Datagrams:
        """The same datagrams, none longer than its slot: what did not fit was cut off by the receiver."""
        lengths = np.minimum(self.lengths, self.slots.shape[1])
        return Datagrams(self.slots, lengths, self.exporters, self.received)

    def take(self, which: NDArray[np.intp]) -> Datagrams:
        """Some of the datagrams, copied."""
        return Datagrams(self.slots[which], self.lengths[which], self.exporters[which], self.received[which])

    @classmethod
    def of(cls, payloads: list[bytes], *, exporter: int = 0, received: int = 0) -> Datagrams:
        """Datagrams from byte strings, for files and tests."""
        width = max((len(p) for p in payloads), default=1) or 1
        slots = np.zeros((len(payloads), width), np.uint8)
        for row, payload in zip(slots, payloads, strict=True):
            row[: len(payload)] = np.frombuffer(payload, np.uint8)
        count = len(payloads)
        return cls(
            slots,
            np.array([len(p) for p in payloads], np.int32),
            np.full(count, exporter, np.uint16),
            np.full(count, received, np.int64),
        )
