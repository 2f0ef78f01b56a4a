"""What runs against mutants know of each other: files of JSON lines in a directory, and killers.json."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KILLERS = Path(__file__).with_name("killers.json")


@dataclass(frozen=True, slots=True)
class Called:
    """A test that calls a function, and the seconds that it takes."""

    test: str
    took: float


def killers() -> dict[str, str]:
    """By mutant the test that fails on it."""
    return dict(json.loads(KILLERS.read_text())) if KILLERS.exists() else {}


def keep(found: dict[str, str]) -> None:
    KILLERS.write_text(json.dumps(dict(sorted(found.items())), indent=0) + "\n")


@dataclass(frozen=True, slots=True)
class Notes:
    """Each share of the work writes files of its own, and reads those of all."""

    directory: Path

    def want(self, share: str, names: list[str]) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / f"wanted-{share}").write_text(json.dumps(names))

    def wanted(self, share: str) -> frozenset[str]:
        return frozenset(json.loads((self.directory / f"wanted-{share}").read_text()))

    def tried(self, share: str, mutant: str, killer: str | None) -> None:
        self._add(f"tried-{share}", {"mutant": mutant, "killer": killer})

    def results(self) -> dict[str, str | None]:
        """By mutant that was tried the test that missed it, None where none did."""
        found: dict[str, str | None] = {}
        for one in self._lines("tried-*"):
            found[one["mutant"]] = one["killer"] or found.get(one["mutant"])
        return found

    def calls(self, share: str, test: str, took: float, functions: list[str]) -> None:
        self._add(f"calls-{share}", {"test": test, "took": round(took, 3), "functions": functions})

    def mapped(self, test: str) -> bool:
        return any(one["test"] == test for one in self._lines("calls-*"))

    def called(self) -> dict[str, list[Called]]:
        """By function the tests that call it."""
        found: dict[str, list[Called]] = defaultdict(list)
        for one in self._lines("calls-*"):
            for function in one["functions"]:
                found[function].append(Called(one["test"], one["took"]))
        return found

    def _add(self, name: str, line: dict[str, Any]) -> None:
        with (self.directory / f"{name}.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")

    def _lines(self, pattern: str) -> Iterator[dict[str, Any]]:
        for file in sorted(self.directory.glob(f"{pattern}.jsonl")):
            yield from map(json.loads, file.read_text().splitlines())
