"""Between an exporter and a collector: a seeded network that loses, doubles, delays and reorders datagrams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Chances that a datagram meets this; a late one comes after up to `behind` others."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    behind: int = 12

    def carry(self, datagrams: Sequence[bytes], chance: Random) -> Iterator[bytes]:
        """In the order in which they arrive. The last one does, so that what is missing before it shows."""
        places: list[tuple[float, bytes]] = []
        for at, datagram in enumerate(datagrams):
            last = at == len(datagrams) - 1
            if not last and chance.random() < self.lost:
                continue
            delay = chance.uniform(0, self.behind) if not last and chance.random() < self.late else 0.0
            places.append((at + delay, datagram))
            if chance.random() < self.doubled:
                places.append((at + chance.uniform(0, self.behind), datagram))
        yield from (datagram for _, datagram in sorted(places, key=lambda place: place[0]))
