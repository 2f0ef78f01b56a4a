"""`make mutants`: every guard is taken away in turn, in the code, the database and the queries; survivors are printed,
and there must be none.

Each is tried on the test that found it the last time (killers.json); those that nobody is known to find, on every test
that calls their function. A run that was stopped goes on where it was; NEW=1 tries only what has no killer yet.
"""

from __future__ import annotations

import shutil
import sys
from argparse import ArgumentParser

from tests.architecture.rooms import ROOT
from tests.mutants import running
from tests.mutants.mutating import ACCEPTED, mutants
from tests.mutants.notes import Notes, keep, killers


def main() -> int:
    parser = ArgumentParser(prog="tests.mutants")
    parser.add_argument("--new", action="store_true", help="only those that no test is known to find")
    parser.add_argument("--shares", type=int, default=2, help="processes side by side")
    asked = parser.parse_args()
    notes, every = Notes(ROOT / ".build/mutants"), [one.name for one in mutants()]
    found = {name: test for name, test in killers().items() if name in every}
    if not asked.new:
        running.known(
            notes, [name for name in every if name in found and not notes.results().get(name)], shares=asked.shares
        )
        found = {name: killer for name, killer in notes.results().items() if killer and name in every}
    left = [name for name in every if name not in found and name not in ACCEPTED and not notes.results().get(name)]
    if left:
        running.learn(notes, shares=asked.shares)
        running.search(notes, left, shares=asked.shares)
    found |= {name: killer for name, killer in notes.results().items() if killer and name in every}
    keep(found)
    survivors = [name for name in every if name not in found and name not in ACCEPTED]
    missed = running.whole()
    sys.stdout.write(f"{len(every)} guards were taken away; {len(survivors)} were not missed\n")
    sys.stdout.write("".join(f"  {name}\n" for name in survivors))
    if not survivors:
        shutil.rmtree(notes.directory)  # the next run begins anew
    return 1 if survivors or not missed else 0


if __name__ == "__main__":
    sys.exit(main())
