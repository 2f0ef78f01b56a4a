"""Starts pytest with the plugin, in as many processes as there are shares, and reads what came out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from tests.architecture.rooms import ROOT
from tests.mutants.notes import Notes, killers

# They ask whatever may be asked, thousands of times: no single guard is theirs to find.
_SLOW = ("test_contract.py", "test_hostile.py", "test_openapi.py")
_TESTS = "tests/functions/api"
_QUIET = ("-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", "--timeout=0")
_WHOLE = (
    "tests/store/test_policies.py::test_every_policy_is_needed",
    "tests/store/test_tenant_clauses.py::test_every_tenant_clause_is_needed",
    "tests/functions/api/test_matrix.py::test_every_single_guard_is_needed",
)


def whole() -> bool:
    """Policies, tenant clauses and permissions have tests that take all of them away, and say how many those are."""
    return subprocess.run([sys.executable, "-m", "pytest", *_QUIET, *_WHOLE], cwd=ROOT, check=False).returncode == 0


def known(notes: Notes, names: Sequence[str], *, shares: int) -> None:
    """Each of these mutants on the test that found it before."""
    found = killers()
    _side_by_side(
        notes,
        "known",
        [(part, sorted({found[name] for name in part if name in found})) for part in _dealt(names, shares)],
    )


def learn(notes: Notes, *, shares: int) -> None:
    """Which test calls which function."""
    files = sorted(str(one.relative_to(ROOT)) for one in (ROOT / _TESTS).glob("test_*.py") if one.name not in _SLOW)
    _side_by_side(notes, "map", [([], part) for part in _dealt(files, shares)])


def search(notes: Notes, names: Sequence[str], *, shares: int) -> None:
    """Each of these mutants on every test that calls its function."""
    tests = sorted({one.test for calling in notes.called().values() for one in calling})
    _side_by_side(notes, "search", [(part, tests) for part in _dealt(names, shares)])


def _dealt(names: Sequence[str], shares: int) -> list[list[str]]:
    return [list(names[share::shares]) for share in range(shares)]


def _side_by_side(notes: Notes, mode: str, work: list[tuple[list[str], list[str]]]) -> None:
    running = []
    for share, (names, tests) in enumerate(work):
        notes.want(str(share), names)
        if tests:
            running.append(subprocess.Popen(_command(tests), cwd=ROOT, env=_environment(notes, mode, share)))
    for one in running:
        one.wait()


def _command(tests: list[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", "-p", "tests.mutants.plugin", *_QUIET, *tests]


def _environment(notes: Notes, mode: str, share: int) -> dict[str, str]:
    left = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {**left, "MODE": mode, "SHARE": str(share), "WORK": str(notes.directory)}
