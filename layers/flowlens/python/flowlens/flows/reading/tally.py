"""What became of the lines of a log: counted by name, the unreadable ones with examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

EXAMPLES = 3
MOST_SILENCES = 100_000  # interfaces x hours that are told apart
_LONGEST = 200  # characters of an example


@dataclass(slots=True)
class Silence:
    """What an interface did not see within an hour: intervals without data, their seconds, intervals not captured."""

    nodata: int = 0
    seconds: int = 0
    skipped: int = 0


@dataclass(slots=True)
class Tally:
    """`counts` are records; `unreadable` are lines by reason, a few of each kept as they stood.

    `silences` are by exporter and hour since 1970.
    """

    counts: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    silences: dict[tuple[str, int], Silence] = field(default_factory=dict)
    fields: tuple[str, ...] = ()  # what the log names, where its format is people's choice

    def count(self, name: str, number: int) -> None:
        if number:
            self.counts[name] += int(number)

    def add(self, other: Tally) -> None:
        """That of another log."""
        self.counts += other.counts
        self.unreadable += other.unreadable
        for reason, lines in other.examples.items():
            kept = self.examples.setdefault(reason, [])
            kept.extend(lines[: EXAMPLES - len(kept)])

        for (exporter, hour), one in other.silences.items():
            self.silent(exporter, hour, one)

    def silent(self, exporter: str, hour: int, one: Silence) -> None:
        """Beyond MOST_SILENCES they are only counted."""
        if (exporter, hour) not in self.silences and len(self.silences) >= MOST_SILENCES:
            self.count("silences_untold", one.nodata + one.skipped)
            return
        kept = self.silences.setdefault((exporter, hour), Silence())
        kept.nodata += one.nodata
        kept.seconds += one.seconds
        kept.skipped += one.skipped

    def fail(self, reason: str, number: int, lines: Iterable[str]) -> None:
        """`lines` is asked only for as many as are still wanted."""
        if not number:
            return
        self.unreadable[reason] += int(number)
        kept = self.examples.setdefault(reason, [])
        kept.extend(line[:_LONGEST] for line, _ in zip(lines, range(EXAMPLES - len(kept)), strict=False))
