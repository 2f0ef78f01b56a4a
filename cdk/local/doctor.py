"""`flowlens doctor`: what is wrong with this set-up, and what to do about it, in plain words."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from cdk.local import checkup_machine, checkup_stack
from cdk.local.finding import Finding, Level
from cdk.local.home import Home

_MARKS = {Level.OK: "ok  ", Level.WARN: "warn", Level.FAIL: "FAIL"}


def run(home: Home) -> int:
    """Prints a line for each thing looked at; 1 when something must be mended."""
    counted: Counter[Level] = Counter()
    for finding in examine(home):
        counted[finding.level] += 1
        sys.stdout.write(f"{_MARKS[finding.level]}  {finding.what}\n")
        if finding.todo:
            sys.stdout.write(f"      {finding.todo}\n")
    sys.stdout.write(f"\n{counted[Level.FAIL]} to mend, {counted[Level.WARN]} to know about\n")
    return 1 if counted[Level.FAIL] else 0


def examine(home: Home) -> Iterator[Finding]:
    running = home.held()
    checks: list[Callable[[Home], Iterable[Finding]]] = list(checkup_machine.CHECKS)
    checks += checkup_stack.CHECKS if running else checkup_machine.BEFORE_START
    for check in checks:
        yield from check(home)
