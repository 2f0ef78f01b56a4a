"""What is fuzzed: one file per reader of bytes, `make(rng) -> bytes` and `run(data)`, which raises a finding."""

from __future__ import annotations

from random import Random
from typing import Protocol, cast

from flowlens.kit.family import Family

FAMILY = Family("tests.fuzz.targets")


class Target(Protocol):
    """A member: inputs that are nearly right, and what must hold for any input."""

    def make(self, rng: Random) -> bytes: ...

    def run(self, data: bytes) -> None: ...


def target(name: str) -> Target:
    return cast(Target, FAMILY.load(name))
