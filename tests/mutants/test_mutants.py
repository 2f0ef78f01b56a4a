"""Each guard of the API and its services has a test that misses it when it is taken away; a sample is tried."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

from tests.mutants import running
from tests.mutants.mutating import ACCEPTED, mutants
from tests.mutants.notes import Notes, killers

_SAMPLE = 110


def test_every_guard_has_a_test_that_is_known_to_miss_it() -> None:
    names = [one.name for one in mutants()]
    assert len(names) == len(set(names))
    unknown = sorted(set(names) - killers().keys() - ACCEPTED.keys())
    assert unknown == [], "make mutants NEW=1 finds the tests that miss them; where it finds none, write one"
    gone = sorted((killers().keys() | ACCEPTED.keys()) - set(names))
    assert gone == [], "no guard of this name is there: make mutants NEW=1 forgets it"
    assert not killers().keys() & ACCEPTED.keys()


def test_guards_that_are_taken_away_are_missed(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Others in each run; SEED says which."""
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(1_000_000)))
    names = sorted(one.name for one in mutants() if one.name in killers())
    chosen = random.Random(seed).sample(names, _SAMPLE)
    notes = Notes(tmp_path / "notes")
    running.known(notes, chosen, shares=1)
    results = notes.results()
    assert results.keys() == set(chosen), "the run broke off"
    assert [name for name in chosen if results[name] is None] == [], f"SEED={seed}"
    record_property(f"taken away: guards of the API and its services ({len(names)} there are)", len(chosen))
