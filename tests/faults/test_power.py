"""A power cut at any time loses nothing that the spool called durable, and gives no name to two contents."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from flowlens.flows.batch import digest

from tests.faults import collector
from tests.faults.collector import Append
from tests.faults.disk import cut
from tests.faults.lives import Life
from tests.faults.shipping import Shipping, bodies
from tests.postgres import TENANT

CUTS = int(os.environ.get("CUTS", "15"))


class Powered(Shipping):
    """Lives over a disk that forgets; each ends with the power."""

    def __init__(self, home: Path, seed: int, bug: str = "", *, broken: bool = False) -> None:
        super().__init__(home / "spool")
        self._durable, self._bug, self._broken = home / "durable", bug, broken
        self._durable.mkdir()
        self._chance = Random(seed)

    def life(self) -> Life:
        broken = self._chance.randint(3, 20) if self._broken else 0
        disk = (str(self._durable), broken)
        return Life(collector.serve, str(self._directory), TENANT, self._bug, disk)

    def cut(self, round_number: int) -> None:
        """Some work, then darkness: now and then in the middle of it, at any moment of the next milliseconds."""
        life, chance = self.life(), self._chance
        with suppress(EOFError):
            if chance.random() < 0.7:
                self.work(life, bodies(round_number))
            appended = bodies(round_number)[: chance.randint(1, 24)]
            life.send(Append(appended))
            if chance.random() < 0.5:
                durable = life.recv()
                self.durable |= {digest(body) for body, true in zip(appended, durable, strict=True) if true}
            else:
                life.pipe.poll(chance.uniform(0, 0.01))
        life.kill()
        cut(self._directory, self._durable, chance)

    def lost(self) -> int:
        """How much of what was durable never comes, now that the power stays."""
        life = Life(collector.serve, str(self._directory), TENANT, "")
        self.ship(life)
        life.kill()
        return len(self.durable - self.taken)


@pytest.mark.parametrize("broken", [False, True], ids=["", "a sync fails"])
def test_power_cuts_lose_nothing_durable(tmp_path: Path, *, broken: bool) -> None:
    powered = Powered(tmp_path, 41, broken=broken)
    for number in range(1, CUTS + 1):
        powered.cut(number)
    assert len(powered.durable) > CUTS
    assert powered.lost() == 0


@pytest.mark.parametrize(
    ("bug", "broken"), [("no sync", False), ("a failed sync is tried again", True), ("names are not synced", False)]
)
def test_a_bug_of_durability_is_caught(tmp_path: Path, bug: str, *, broken: bool) -> None:
    """Some need the power to go at the right moment, which no seed can promise: they get many cuts to be seen in."""
    powered = Powered(tmp_path, 42, bug, broken=broken)
    assert any(caught(powered, number) for number in range(1, 151))


def caught(powered: Powered, number: int) -> bool:
    try:
        powered.cut(number)
        return number % 5 == 0 and powered.lost() > 0
    except AssertionError as error:
        return "twice" in str(error)  # the other way to be caught
