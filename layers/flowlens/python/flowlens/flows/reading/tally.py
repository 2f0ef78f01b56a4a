"""What became of the lines of a log: counted by name, the unreadable ones with examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

EXAMPLES = 3
_LONGEST = 200  # characters of an example


@dataclass(slots=True)
class Tally:
    """`counts` are records; `unreadable` are lines by reason, a few of each kept as they stood."""

    counts: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def count(self, name: str, number: int) -> None:
        if number:
            self.counts[name] += int(number)

    def fail(self, reason: str, number: int, lines: Iterable[str]) -> None:
        """`lines` is asked only for as many as are still wanted."""
        if not number:
            return
        self.unreadable[reason] += int(number)
        kept = self.examples.setdefault(reason, [])
        kept.extend(line[:_LONGEST] for line, _ in zip(lines, range(EXAMPLES - len(kept)), strict=False))
