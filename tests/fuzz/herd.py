"""Datagrams by the thousand: a pool made by the grammar, bent in bulk where its lengths, counts and ids lie."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np
from flowlens.flows.datagrams import Datagrams
from numpy.typing import NDArray

from tests.fuzz.grammar import Grammar
from tests.fuzz.wire import EXTREMES, INTERESTING

RECEIVED = 1_760_000_000_000
EXPORTERS = 7
_WIDTH = 2048
_JOINTS = 24  # remembered of a datagram
_WORDS = np.array([*INTERESTING, *(one & 0xFFFF for one in EXTREMES)], np.uint16)


@dataclass(slots=True)
class Herd:
    """A pool: `slots` of the octets, `lengths`, and the places of `joints` in each."""

    slots: NDArray[np.uint8]
    lengths: NDArray[np.int32]
    joints: NDArray[np.int64]

    @classmethod
    def bred(cls, seed: int, size: int) -> Herd:
        rng = Random(seed)
        grammar = Grammar(rng)
        slots, lengths = np.zeros((size, _WIDTH), np.uint8), np.zeros(size, np.int32)
        joints = np.zeros((size, _JOINTS), np.int64)
        for row in range(size):
            made = grammar.datagram()
            data = bytes(made.octets[:_WIDTH])
            slots[row, : len(data)] = np.frombuffer(data, np.uint8)
            lengths[row] = len(data)
            places = [at for at in made.joints if at + 2 <= len(data)] or [0]
            joints[row] = rng.choices(places, k=_JOINTS)
        return cls(slots, lengths, joints)

    def batch(self, rng: np.random.Generator, count: int) -> Datagrams:
        """Some of the pool: half as they are, the others bent, cut, spliced or hit anywhere."""
        which = rng.integers(len(self.lengths), size=count)
        slots, lengths, joints = self.slots[which], self.lengths[which], self.joints[which]
        for share in (0.25, 0.1):
            self._bend(rng, slots, joints, share)
        self._hit(rng, slots, lengths)
        self._splice(rng, slots, lengths)
        cut = rng.random(count) < 0.05
        lengths[cut] = (lengths[cut] * rng.random(int(cut.sum()))).astype(np.int32)
        width = max(int(lengths.max()), 4)
        exporters = rng.integers(EXPORTERS, size=count).astype(np.uint16)
        return Datagrams(np.ascontiguousarray(slots[:, :width]), lengths, exporters, np.full(count, RECEIVED))

    @staticmethod
    def _bend(rng: np.random.Generator, slots: NDArray[np.uint8], joints: NDArray[np.int64], share: float) -> None:
        rows = np.flatnonzero(rng.random(len(slots)) < share)
        at = joints[rows, rng.integers(_JOINTS, size=len(rows))]
        value = rng.choice(_WORDS, len(rows))
        slots[rows, at], slots[rows, at + 1] = value >> 8, value & 0xFF

    @staticmethod
    def _hit(rng: np.random.Generator, slots: NDArray[np.uint8], lengths: NDArray[np.int32]) -> None:
        rows = np.flatnonzero(rng.random(len(slots)) < 0.15)
        at = (lengths[rows] * rng.random(len(rows))).astype(np.int64)
        slots[rows, at] = np.where(
            rng.random(len(rows)) < 0.5, rng.choice([0, 1, 4, 127, 128, 255], len(rows)), at & 255
        )

    @staticmethod
    def _splice(rng: np.random.Generator, slots: NDArray[np.uint8], lengths: NDArray[np.int32]) -> None:
        """Gives some the tail of another."""
        rows = np.flatnonzero(rng.random(len(slots)) < 0.02)
        others = rng.integers(len(slots), size=len(rows))
        for row, other in zip(rows.tolist(), others.tolist(), strict=True):
            at = int(lengths[row] * rng.random())
            slots[row, at:], lengths[row] = slots[other, at:], max(lengths[other], at)
