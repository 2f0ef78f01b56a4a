"""A datagram in the making that remembers where its lengths, counts and ids lie, and may lie in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

INTERESTING = (0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 20, 24, 28, 48, 52, 127, 128, 255, 256, 257, 258, 512, 1023, 1024)
EXTREMES = (0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFC, 0xFFFF_FFFF)


@dataclass(slots=True)
class Wire:
    """Octets, and `joints`: offsets at which a number of two octets decides how the rest is read."""

    octets: bytearray = field(default_factory=bytearray)
    joints: list[int] = field(default_factory=list)

    def number(self, value: int, size: int, *, joint: bool = False) -> Wire:
        if joint:
            self.joints.append(len(self.octets) + size - 2 if size > 1 else len(self.octets))
        self.octets += (value % (1 << (8 * size))).to_bytes(size, "big")
        return self

    def raw(self, data: bytes) -> Wire:
        self.octets += data
        return self

    def add(self, other: Wire) -> Wire:
        self.joints += [len(self.octets) + at for at in other.joints]
        self.octets += other.octets
        return self

    def __len__(self) -> int:
        return len(self.octets)


@dataclass(slots=True)
class Liar:
    """Chooses, and now and then says another number than the true one."""

    rng: Random
    share: float = 0.04

    def says(self, true: int) -> int:
        if self.rng.random() >= self.share:
            return true
        kind = self.rng.randrange(4)
        if kind == 0:
            return true + self.rng.choice((-4, -3, -2, -1, 1, 2, 3, 4, 8))
        return self.rng.choice(EXTREMES) if kind == 1 else self.rng.choice(INTERESTING)

    def one_of(self, choices: Sequence[int]) -> int:
        return self.rng.choice(choices)

    def octets(self, size: int) -> bytes:
        kind = self.rng.randrange(8)
        if kind == 0:
            return bytes(size)
        return b"\xff" * size if kind == 1 else self.rng.randbytes(size)
