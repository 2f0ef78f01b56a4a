"""A pytest plugin that runs tests against mutants: each must make one of them fail.

MODE=known tries the mutants of WORK's `wanted` on the test that found them before (killers.json); MODE=map learns which
test calls which function; MODE=search tries mutants on every test that calls their function, likely ones first, until
one fails. What comes out goes into WORK line by line, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import inspect
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.mutating import Mutant, mutants, noting, taken_away
from tests.mutants.notes import Called, Notes, killers

_MOST = 150  # tests that one mutant is tried on
_LONGEST = 120  # seconds; a test that hangs without a guard has missed it


class Endless(Exception):
    """A test did not come to its end."""


class Reports:
    """Swallows what pytest would print of runs that are meant to fail."""

    def __init__(self, session: pytest.Session) -> None:
        self._ends = (session.items[0], session.items[-1])

    def passes(self, item: pytest.Item) -> bool:
        """The session's fixtures stay, and no module's where there are tests of another: one is said to come next."""
        other = next((end for end in self._ends if end.path != item.path), item)
        with _limited():
            reports = runtestprotocol(item, log=False, nextitem=other)
        return all(report.passed or report.skipped for report in reports)


@contextmanager
def _limited() -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise Endless

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(_LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    notes, share = Notes(Path(os.environ["WORK"])), os.environ["SHARE"]
    reports, items = Reports(session), {item.nodeid: item for item in session.items}
    {"known": _known, "map": _map, "search": _search}[os.environ["MODE"]](notes, share, items, reports)
    return True


def _known(notes: Notes, share: str, items: dict[str, pytest.Item], reports: Reports) -> None:
    found = killers()
    wanted = [one for one in _wanted(notes, share) if found.get(one.name) in items]
    for mutant in sorted(wanted, key=lambda one: found[one.name]):
        _try(notes, share, mutant, [items[found[mutant.name]]], reports)


def _search(notes: Notes, share: str, items: dict[str, pytest.Item], reports: Reports) -> None:
    calling = notes.called()
    for mutant in _wanted(notes, share):
        there = [one for one in calling.get(f"{mutant.module}.{mutant.function}", []) if one.test in items]
        _try(notes, share, mutant, _likely(mutant, there, items), reports)


def _wanted(notes: Notes, share: str) -> list[Mutant]:
    names = notes.wanted(share)
    return [one for one in mutants() if one.name in names]


def _likely(mutant: Mutant, calling: list[Called], items: dict[str, pytest.Item]) -> list[pytest.Item]:
    """Those that are about the same noun first, and the quick ones of them."""
    noun = mutant.module.rpartition(".")[2].rstrip("s")

    def order(one: Called) -> tuple[bool, bool, float]:
        return (
            f"test_{noun}" not in one.test,
            noun not in _source(items[one.test]),
            one.took,
        )

    return [items[one.test] for one in sorted(calling, key=order)[:_MOST]]


def _source(item: pytest.Item) -> str:
    return inspect.getsource(item.function) if isinstance(item, pytest.Function) else ""


def _try(notes: Notes, share: str, mutant: Mutant, items: list[pytest.Item], reports: Reports) -> None:
    with taken_away(mutant):
        killer = next((item.nodeid for item in items if not reports.passes(item)), None)
    notes.tried(share, mutant.name, killer)
    sys.stderr.write(f"{'survives' if killer is None else 'found':9}{mutant.name} ({len(items)})\n")


def _map(notes: Notes, share: str, items: dict[str, pytest.Item], reports: Reports) -> None:
    """A test that fails without any mutant finds none."""
    called: set[str] = set()
    with noting(called):
        for name, item in items.items():
            if notes.mapped(name):
                continue
            called.clear()
            began = time.perf_counter()
            passes = reports.passes(item)
            notes.calls(share, name, time.perf_counter() - began, sorted(called) if passes else [])
            if not passes:
                sys.stderr.write(f"fails without a mutant: {name}\n")
