"""What exporters taught anew since it was last put away: bounded, merged, and fair to each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flowlens.flows.decoding.lessons import Subject
from flowlens.flows.decoding.tally import Tally

EXPORTER_LIMIT = 4096 + 64  # all templates and all domains that an exporter may have
LIMIT = 65_536  # of all exporters
SHARE = 128  # of one exporter in a call
BURST, REFILL = 2 * EXPORTER_LIMIT, 1.0  # that an exporter may have put away at once, and each second after that


@dataclass(slots=True)
class Marks:
    """Subjects by exporter; each says whether it was withdrawn. Who changes its mind all day waits for its share."""

    tally: Tally
    _by_exporter: dict[int, dict[Subject, bool]] = field(default_factory=dict)
    _spent: dict[int, float] = field(default_factory=dict)
    _count: int = 0
    _taken_ms: int = 0

    def mark(self, exporter: int, subject: Subject, *, withdrawn: bool = False) -> None:
        waiting = self._by_exporter.setdefault(exporter, {})
        if subject not in waiting:
            if len(waiting) >= EXPORTER_LIMIT or self._count >= LIMIT:
                self.tally.add(exporter, "templates_not_kept")
                return
            self._count += 1
        waiting[subject] = withdrawn

    def __len__(self) -> int:
        return self._count

    def take(self, now_ms: int, most: int) -> Iterator[tuple[int, Subject, bool]]:
        """At most so many, from each exporter in turn; `now_ms` by a clock that only goes forward."""
        self._refill(now_ms)
        for exporter in list(self._by_exporter):
            waiting = self._by_exporter.pop(exporter)
            spent = self._spent.get(exporter, 0.0)
            count = max(min(len(waiting), SHARE, most, int(BURST - spent)), 0)
            most -= count
            self._count -= count
            if count:
                self._spent[exporter] = spent + count
            for subject in list(waiting)[:count]:
                yield exporter, subject, waiting.pop(subject)
            if waiting:
                self._by_exporter[exporter] = waiting  # behind the others

    def _refill(self, now_ms: int) -> None:
        gained = max(now_ms - self._taken_ms, 0) / 1000 * REFILL
        self._taken_ms = now_ms
        self._spent = {exporter: spent - gained for exporter, spent in self._spent.items() if spent > gained}
