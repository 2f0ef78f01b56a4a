"""A collector's spool worked through lives: what it called durable, and what it put under which name."""

from __future__ import annotations

from pathlib import Path

from flowlens.aws.stream import Entry, Outcome
from flowlens.flows.batch import digest, unpack

from tests.faults import collector
from tests.faults.collector import Append, Offer, Step
from tests.faults.lives import Life
from tests.faults.oracle import encoded, generated
from tests.postgres import TENANT

SEED = 31


class Shipping:
    """A collector's life over a directory: what it said is durable, and what it put under which name."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.durable: set[bytes] = set()
        self.put: dict[tuple[int, int], bytes] = {}  # digest by epoch and record
        self.taken: set[bytes] = set()

    def life(self) -> Life:
        return Life(collector.serve, str(self._directory), TENANT, "")

    def work(self, life: Life, bodies: list[bytes]) -> None:
        """Appends over two files and more, ships, acknowledges and deletes, unless it dies."""
        for half in (bodies[::2], bodies[1::2]):
            life.send(Append(half))
            durable = life.recv()
            self.durable |= {digest(body) for body, true in zip(half, durable, strict=True) if true}
            self.ship(life)

    def ship(self, life: Life) -> None:
        while True:
            life.send(Step())
            while isinstance(said := life.recv(), Offer):
                self._take(said.entries)
                life.send(Outcome())
            if said.idle:
                return

    def _take(self, entries: list[Entry]) -> None:
        for entry in entries:
            found = unpack(entry.data)
            name = (found.identity.epoch, found.identity.record)
            assert self.put.setdefault(name, found.digest) == found.digest, "a name was given twice"
            self.taken.add(found.digest)


def bodies(round_number: int) -> list[bytes]:
    """More than one spool file holds."""
    return [encoded(generated(SEED, round_number * 100 + n)) for n in range(24)]
