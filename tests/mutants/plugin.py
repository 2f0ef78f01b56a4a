"""A pytest plugin that runs tests against mutants: each must make one of them fail.

MUTANTS=all tries every mutant on every test that calls its function, quickest first, and writes who found it to
killers.json. MUTANTS=<number> tries a sample (by SEED) of those on the test that found them.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.mutating import ACCEPTED, Mutant, mutants, noting, taken_away

KILLERS = Path(__file__).with_name("killers.json")
_MOST = 30  # tests that one mutant is tried on


class Reports:
    """Swallows what pytest would print of runs that are meant to fail."""

    def __init__(self, session: pytest.Session) -> None:
        self._ends = (session.items[0], session.items[-1])
        self.took: dict[str, float] = {}

    def passes(self, item: pytest.Item) -> bool:
        """The session's fixtures stay, and no module's: a test of another one is said to come next."""
        began = time.perf_counter()
        other = next(end for end in self._ends if end.path != item.path)
        reports = runtestprotocol(item, log=False, nextitem=other)
        self.took[item.nodeid] = time.perf_counter() - began
        return all(report.passed or report.skipped for report in reports)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    wanted = os.environ["MUTANTS"]
    reports = Reports(session)
    items = {item.nodeid: item for item in session.items}
    found = _all(items, reports) if wanted == "all" else _sample(items, reports, int(wanted))
    Path(os.environ["REPORT"]).write_text(json.dumps(found, indent=1))
    return True


def _all(items: dict[str, pytest.Item], reports: Reports) -> dict[str, Any]:
    every = list(mutants())
    calls = _calls(items, reports)
    known = json.loads(KILLERS.read_text()) if KILLERS.exists() else {}
    killers, survivors = {}, []
    for mutant in every:
        candidates = _likely(mutant, calls[f"{mutant.module}.{mutant.function}"], reports)
        if known.get(mutant.name) in items:
            candidates.insert(0, known[mutant.name])
        killer = _killer(mutant, [items[name] for name in candidates], reports)
        if killer is None:
            survivors.append(mutant.name)
        else:
            killers[mutant.name] = killer
            KILLERS.write_text(json.dumps(dict(sorted(killers.items())), indent=0) + "\n")
        sys.stderr.write(f"{'survives' if killer is None else 'found':9}{mutant.name} ({len(candidates)})\n")
    return {"tried": len(every), "survivors": sorted(set(survivors) - ACCEPTED.keys())}


def _likely(mutant: Mutant, calling: list[str], reports: Reports) -> list[str]:
    """Those that are about the same noun first, and the quick ones of them."""
    noun = mutant.module.rpartition(".")[2]
    return sorted(calling, key=lambda name: (f"test_{noun}" not in name, reports.took[name]))[:_MOST]


def _sample(items: dict[str, pytest.Item], reports: Reports, count: int) -> dict[str, Any]:
    known = json.loads(KILLERS.read_text())
    found = [mutant for mutant in mutants() if known.get(mutant.name) in items]
    chosen = random.Random(os.environ["SEED"]).sample(found, min(count, len(found)))
    chosen.sort(key=lambda one: str(known[one.name]))
    survivors = [one.name for one in chosen if _killer(one, [items[known[one.name]]], reports) is None]
    return {"tried": len(chosen), "survivors": survivors}


def _killer(mutant: Mutant, items: list[pytest.Item], reports: Reports) -> str | None:
    with taken_away(mutant):
        return next((item.nodeid for item in items if not reports.passes(item)), None)


def _calls(items: dict[str, pytest.Item], reports: Reports) -> dict[str, list[str]]:
    """Which tests call which functions; a test that fails without any mutant finds none."""
    found: dict[str, list[str]] = defaultdict(list)
    called: set[str] = set()
    with noting(called):
        for name, item in items.items():
            called.clear()
            if not reports.passes(item):
                sys.stderr.write(f"fails without a mutant: {name}\n")
                continue
            for function in called:
                found[function].append(name)
    return found
