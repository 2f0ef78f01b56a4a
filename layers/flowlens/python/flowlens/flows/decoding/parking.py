"""Sets whose template has not come: kept for a while, within bounds, then given up by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from flowlens.flows.decoding.scopes import ScopeKey
from flowlens.flows.decoding.tally import Tally

EXPORTER_LIMIT = 256 << 10  # octets, each set's own overhead included
LIMIT = 64 << 20  # octets, of all exporters
PATIENCE = 5 * 60 * 1000  # ms
OVERHEAD = 256  # octets that Python spends on a parked set


class Parked(NamedTuple):
    """The content of a set, and what its datagram said."""

    content: bytes
    received: int
    exported: int
    uptime: int
    since: int  # by the state's clock


@dataclass(slots=True)
class Parking:
    """Parked sets by scope and template id."""

    tally: Tally
    octets: int = 0
    _by_template: dict[tuple[ScopeKey, int], list[Parked]] = field(default_factory=dict)
    _held: dict[int, int] = field(default_factory=dict)  # octets by exporter

    @property
    def exporters(self) -> tuple[int, ...]:
        """Who has sets waiting."""
        return tuple(self._held)

    def room(self, exporter: int, octets: int) -> bool:
        """Whether a set of so many octets may be parked; if not, it is lost at once."""
        octets += OVERHEAD
        return self._held.get(exporter, 0) + octets <= EXPORTER_LIMIT and self.octets + octets <= LIMIT

    def park(self, key: ScopeKey, template_id: int, one: Parked) -> None:
        """Keeps a set, for which there must be room."""
        self._by_template.setdefault((key, template_id), []).append(one)
        self._account(key.exporter, len(one.content) + OVERHEAD)

    def take(self, key: ScopeKey, template_id: int) -> list[Parked]:
        """All that waited for this template."""
        found = self._by_template.pop((key, template_id), [])
        for one in found:
            self._account(key.exporter, -len(one.content) - OVERHEAD)
        return found

    def lose(self, exporter: int, sets: int, octets: int) -> None:
        """Counts sets as lost for want of a template."""
        self.tally.add(exporter, "template_missing", sets)
        self.tally.add(exporter, "template_missing_octets", octets)

    def give_up(self, before: int | None = None) -> None:
        """Loses what has been parked since before that moment, or everything."""
        for key, template_id in list(self._by_template):
            for one in self.take(key, template_id):
                if before is None or one.since < before:
                    self.lose(key.exporter, 1, len(one.content))
                else:
                    self.park(key, template_id, one)

    def restart(self, now: int) -> None:
        """Lets everything wait from now."""
        for waiting in self._by_template.values():
            waiting[:] = [one._replace(since=now) for one in waiting]

    def _account(self, exporter: int, octets: int) -> None:
        self.octets += octets
        self._held[exporter] = self._held.get(exporter, 0) + octets
        if not self._held[exporter]:
            del self._held[exporter]
