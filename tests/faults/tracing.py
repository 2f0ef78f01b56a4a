"""Faults at exact system calls of a process: strace attaches, and injects a signal or an error at the n-th call."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_ATTACHED = "attached"


@contextmanager
def traced(pid: int, *options: str) -> Generator[None]:
    """strace attached to a process and its threads, until the block or the process ends."""
    command = ["strace", "-f", "-p", str(pid), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        for line in strace.stderr or ():
            if _ATTACHED in line:
                break
        else:
            raise RuntimeError(f"strace did not attach to {pid}")
        try:
            yield
        finally:
            strace.terminate()
            strace.communicate()


def calls(log: Path) -> list[str]:
    """The names of the system calls that a log of `-o` holds, in order."""
    names = []
    for line in log.read_text().splitlines():
        call = line.split(maxsplit=1)[1]
        name, bracket, _ = call.partition("(")
        if bracket and name.isidentifier():
            names.append(name)
    return names


def occurrences(names: list[str]) -> list[tuple[str, int]]:
    """Each call with its number among those of its name, which is how strace counts."""
    counts: dict[str, int] = {}
    numbered = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        numbered.append((name, counts[name]))
    return numbered
