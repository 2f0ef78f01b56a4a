"""Runs a target on one input after the other: counts, measures CPU time, keeps what is a finding."""

from __future__ import annotations

import hashlib
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz.targets import Target, target

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".build" / "fuzz-work"
KEPT = ROOT / "tests" / "data" / "fuzz"
ENDLESS = 5.0  # seconds of CPU time after which an input is a finding


class Endless(Exception):
    """An input that keeps a reader busy."""


@contextmanager
def watchdog(seconds: float) -> Iterator[None]:
    """Raises Endless when the body has used so much CPU time."""

    def bark(*_: object) -> None:
        raise Endless(f"more than {seconds} s of CPU time")

    before = signal.signal(signal.SIGVTALRM, bark)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@dataclass(slots=True)
class Run:
    """What came of some executions of a target."""

    name: str
    executions: int = 0
    seconds: float = 0.0  # of CPU time
    worst: float = 0.0
    findings: list[Path] = field(default_factory=list)

    def line(self, how: str, corpus: int) -> str:
        rate = self.executions / self.seconds if self.seconds else 0.0
        return (
            f"{self.name:<10} {how:<9} {self.executions:>9,} executions {rate:>8,.0f}/s "
            f"corpus {corpus:>5}  worst {self.worst * 1000:>6.1f} ms  findings {len(self.findings)}"
        )


def execute(one: Target, data: bytes, run: Run) -> None:
    """Raises what the target finds."""
    began = time.process_time()
    try:
        with watchdog(ENDLESS):
            one.run(data)
    finally:
        took = time.process_time() - began
        run.executions, run.seconds, run.worst = run.executions + 1, run.seconds + took, max(run.worst, took)


def kept(name: str, data: bytes) -> Path:
    """Writes a finding so that it can be replayed: the target's name, then the input."""
    folder = BUILD / "findings"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{hashlib.blake2b(data, digest_size=6).hexdigest()}"
    path.write_bytes(name.encode() + b"\n" + data)
    return path


def corpus(name: str) -> list[Path]:
    """The inputs of the repository and those that earlier runs found on this machine."""
    return [path for folder in (KEPT / name, BUILD / "corpus" / name) for path in sorted(folder.glob("*"))]


def structured(name: str, seed: int, *, seconds: float = 0.0, executions: int = 0, most: int = 5) -> Run:
    """Inputs of the target's own making until the CPU time or their number is used up, or enough was found."""
    one, rng, run = target(name), Random(f"{name}{seed}"), Run(name)
    until = time.process_time() + seconds
    while (run.executions < executions or time.process_time() < until) and len(run.findings) < most:
        data = one.make(rng)
        try:
            execute(one, data, run)
        except Exception as found:  # noqa: BLE001  # whatever it is, it is a finding
            run.findings.append(kept(name, data))
            print(f"{name}: {type(found).__name__}: {found}\n  replay: make fuzz REPLAY={run.findings[-1]}")  # noqa: T201
    return run


def replay(path: Path) -> None:
    """Runs a finding again and lets everything it raises through."""
    name, _, data = path.read_bytes().partition(b"\n")
    execute(target(name.decode()), data, Run(name.decode()))
