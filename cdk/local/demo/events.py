"""What happens in the demo: a new dependency, a server that dies, a port scan, and the nightly backups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from cdk.local.demo.estate import REPORTING, Asset, Estate, link
from cdk.local.demo.flow import Conversation
from cdk.local.demo.traffic import DAY, Traffic, clock, probe

# Seconds into each simulated day.
NEW_DEPENDENCY, DEATH, SCAN, REVIVAL, BACKUPS = 60.0, 120.0, 210.0, 330.0, 425.0
_SCANNED_PORTS = (
    21,
    22,
    23,
    25,
    80,
    110,
    135,
    139,
    143,
    443,
    445,
    1433,
    3306,
    3389,
    5432,
    5900,
    6379,
    8080,
    9200,
    27017,
)
_PROBES_PER_SECOND = 15


@dataclass(frozen=True, slots=True)
class Happened:
    """A planted event: when (seconds since the demo began), in a sentence."""

    at: float
    text: str


@dataclass(slots=True)
class Script:
    """Plays the events of each day onto the traffic; the same seed plays the same."""

    estate: Estate
    seed: int
    _planned: Iterator[tuple[float, str]] = field(init=False)
    _next: tuple[float, str] = field(init=False)
    _random: Random = field(init=False)
    _probes: list[tuple[float, str, Conversation]] = field(default_factory=list)
    _dead: Asset | None = None

    def __post_init__(self) -> None:
        self._random = Random(self.seed + 1)  # noqa: S311 (a simulation, not a secret)
        self._planned = _plan()
        self._next = next(self._planned)

    def play(self, second: float, traffic: Traffic) -> Iterator[Happened]:
        """Lets happen what is due by `second`."""
        while self._next[0] <= second:
            at, what = self._next
            yield Happened(at, f"{clock(at)}  {self._happen(what, at, traffic)}")
            self._next = next(self._planned)

    def probes(self, second: float) -> Iterator[tuple[str, Conversation]]:
        """The steps of a running scan that are due, and the exporter that sees them."""
        while self._probes and self._probes[-1][0] <= second:
            _, exporter, conversation = self._probes.pop()
            yield exporter, conversation

    def _happen(self, what: str, at: float, traffic: Traffic) -> str:
        if what == "new dependency":
            return self._connect(at, traffic)
        if what == "death":
            return self._kill(traffic)
        if what == "revival":
            return self._revive(traffic)
        if what == "scan":
            return self._scan(at)
        return "nightly backups begin: every database copies itself to its site's backup server"

    def _connect(self, at: float, traffic: Traffic) -> str:
        client = self._random.choice(self.estate.at("ams", "app"))
        known = {k.server for k in self.estate.links if k.client == client}
        server = self._random.choice([a for a in self.estate.at("ams", "db") if a not in known])
        traffic.add([link(client, server, REPORTING)], at)
        return f"new dependency: {_say(client)} begins to query {_say(server)} on tcp/{REPORTING.port}"

    def _kill(self, traffic: Traffic) -> str:
        self._dead = self._random.choice(self.estate.at("fra", "cache"))
        traffic.dead.add(self._dead.address)
        return f"a server dies: {_say(self._dead)} answers nobody any more"

    def _revive(self, traffic: Traffic) -> str:
        traffic.dead.clear()
        return f"{_say(self._dead)} is back" if self._dead else "all servers are up"

    def _scan(self, at: float) -> str:
        scanner = self._random.choice(self.estate.at("nyc", "user"))
        targets = [a for tier in ("db", "app", "web") for a in self.estate.at("nyc", tier)]
        steps = [(target, port) for target in targets for port in _SCANNED_PORTS]
        for number, (target, port) in enumerate(steps):
            answered = self._random.random() < 0.8
            client_port = 40_000 + number
            step = probe(scanner.address, target.address, client_port=client_port, port=port, answered=answered)
            self._probes.append((at + number / _PROBES_PER_SECOND, "nyc-edge-1", step))
        self._probes.reverse()
        return f"port scan: {_say(scanner)} tries {len(_SCANNED_PORTS)} ports on each of {len(targets)} machines"


def _plan() -> Iterator[tuple[float, str]]:
    day = 0
    while True:
        for offset, what in (
            (NEW_DEPENDENCY, "new dependency"),
            (DEATH, "death"),
            (SCAN, "scan"),
            (REVIVAL, "revival"),
            (BACKUPS, "backups"),
        ):
            yield day * DAY + offset, what
        day += 1


def _say(asset: Asset) -> str:
    return f"{asset.name} ({asset.address})"
