"""One seed becomes a scenario, the scenario a history: collectors, a stream, workers and a Postgres, with faults.

What is random is drawn from the seed; what the operating system does between processes and threads is not. So a seed
replays the scenario and the chances of its faults, not each kill: a seed that failed may have to run several times.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from uuid import UUID

import orjson
from flowlens.aws.stream import Entry, Outcome
from flowlens.flows import batch
from flowlens.flows.batch import FLOWS, Identity, digest, pack, unpack

from cdk.local.postgres import Postgres
from cdk.manifest import MAPPINGS
from tests.faults.lives import Collector, Nemesis, Workers
from tests.faults.oracle import altered, encoded, generated
from tests.faults.stream import Clock, Misbehaviour, Poller, Stream, Work

SETTINGS = replace(MAPPINGS[0], batch_size=4, parallel=2)
BROKEN = UUID("00000000-0000-7000-8000-00000000dead")  # the source of poison
_CALM = Nemesis()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is to happen. `drawn` makes one from a seed."""

    seed: int
    records: int = 60
    rows: int = 10
    collectors: int = 2
    crashes: int = 0
    nemesis: Nemesis = _CALM
    wrong: Misbehaviour = field(default_factory=Misbehaviour)
    poison: float = 0.0
    damaged: float = 0.0
    conflicts: int = 0
    reshard: bool = True
    bug: str = ""

    @classmethod
    def drawn(cls, seed: int, *, records: int = 60, rows: int = 10, crashes: int = 1) -> Scenario:
        chance = Random(seed)
        wrong = Misbehaviour(
            throttled=chance.uniform(0, 0.3),
            throttled_until=chance.choice([0.0, 3600.0]),
            unconfirmed=chance.uniform(0.02, 0.1),
            redelivered=chance.uniform(0.05, 0.3),
            unanswered=chance.uniform(0, 0.1),
        )
        most = 4 * records  # halves of halves are killed too, and that has no end
        nemesis = Nemesis(killed=chance.uniform(0.55, 0.65), frozen=chance.uniform(0, 0.05), most=most)
        return cls(
            seed=seed,
            records=records,
            rows=rows,
            crashes=crashes,
            nemesis=nemesis,
            wrong=wrong,
            poison=chance.uniform(0, 0.05),
            damaged=chance.uniform(0, 0.1),
            conflicts=chance.randint(1, 5),
        )


class Laboratory:
    """Runs one scenario; what happened is in `history`, a file of JSON lines."""

    def __init__(self, scenario: Scenario, postgres: Postgres, environment: Mapping[str, str], home: Path) -> None:
        self.scenario = scenario
        self.happened: Counter[str] = Counter()
        self.history = home / "history.jsonl"
        self._file = self.history.open("ab")
        self._chance = Random(scenario.seed)
        self._postgres = postgres
        self._tenant = UUID(environment["TENANT"])
        self._stream = Stream(2, Clock(1e9), chance=self._child(), wrong=self._later(scenario.wrong))
        self._workers = Workers(environment, scenario.nemesis, self._child(), scenario.bug)
        self._workers.up.set()
        self._poller = Poller(SETTINGS, self._stream, self._workers.invoke, chance=self._child(), run=self._spread)
        self._collectors = [
            Collector(home / f"spool-{n}", self._tenant, self._put, scenario.nemesis, self._child(), scenario.bug)
            for n in range(scenario.collectors)
        ]
        self._numbers: dict[bytes, int] = {}  # by the digest of a body
        self._crashes_due = 0
        self._pool = ThreadPoolExecutor(6)

    def run(self) -> Counter[str]:
        """The storm, then the calm in which everything must come right; says what happened."""
        self._tell(event="began", seed=self.scenario.seed, rows=self.scenario.rows)
        self.happened["flows"] = self.scenario.records * self.scenario.rows
        try:
            self._storm()
            self._drain()
            self._conflict()
            self._calm()
        finally:
            self._close()
        self.happened += self._stream.happened + self._workers.happened + self._workers.failures
        for one in self._collectors:
            self.happened += one.happened
        return self.happened

    # --- the storm

    def _storm(self) -> None:
        scenario, number = self.scenario, 0
        crashes = [self._chance.randrange(scenario.records) for _ in range(scenario.crashes)]
        reshard_at = scenario.records // 2 if scenario.reshard else -1
        while number < scenario.records:
            upto = min(number + self._chance.randint(1, 12), scenario.records)
            self._append(self._chance.choice(self._collectors), range(number, upto))
            self._crashes_due += sum(number <= at < upto for at in crashes)
            if number <= reshard_at < upto:
                self._stream.split("0")
            number = upto
            for one in self._collectors:
                self._stream.clock.wait(one.step().pause)
            if self._chance.random() < 0.4:
                self._poller.round()

    def _append(self, one: Collector, numbers: range) -> None:
        bodies = [encoded(generated(self.scenario.seed, number, rows=self.scenario.rows)) for number in numbers]
        self._numbers |= {digest(body): number for number, body in zip(numbers, bodies, strict=True)}
        for number, durable in zip(numbers, one.append(bodies), strict=True):
            if durable:
                self._tell(event="durable", number=number)

    def _put(self, entries: Sequence[Entry]) -> Outcome:
        for entry in entries:
            record = unpack(entry.data)
            name = [str(record.identity.source), record.identity.epoch, record.identity.record]
            number = self._numbers[record.digest]
            self._tell(event="put", name=name, number=number)
            if self._chance.random() < self.scenario.damaged:
                self._plant("damaged", entry.key, entry.data[: batch.HEADER_SIZE] + self._other(number))
            if self._chance.random() < self.scenario.poison:
                self._plant("poison", entry.key, pack(self._nobody(), FLOWS, b"no flows"))
        return self._stream.put(entries)

    def _plant(self, what: str, key: str, data: bytes) -> None:
        self.happened[what] += 1
        self._tell(event="planted", what=what, digest=digest(data).hex())
        while self._stream.put([Entry(key, data)]).failed:
            self._stream.clock.wait(10)

    def _other(self, number: int) -> bytes:
        return encoded(altered(generated(self.scenario.seed, number, rows=self.scenario.rows)))

    def _nobody(self) -> Identity:
        return Identity(self._tenant, BROKEN, 1, self.happened["poison"] + 1)

    def _conflict(self) -> None:
        """Another content under the names of records that are dealt with."""
        taken = [(r.key, unpack(r.data)) for shard in self._stream.shards for r in shard.records if self._whole(r.data)]
        for key, record in self._chance.sample(taken, min(self.scenario.conflicts, len(taken))):
            self._plant("conflict", key, pack(record.identity, FLOWS, self._other(self._numbers[record.digest])))

    def _whole(self, data: bytes) -> bool:
        return digest(data[batch.HEADER_SIZE :]) in self._numbers

    # --- the database

    def _spread(self, work: Iterable[Work]) -> None:
        """All lanes at once; a crash that is due falls into their work. Postgres must be started by this thread."""
        running = [self._pool.submit(one) for one in work]
        if self._crashes_due and running:
            self._crashes_due -= 1
            time.sleep(self._chance.uniform(0, 0.05))
            self._crash()
        for one in running:
            one.result()

    def _crash(self) -> None:
        """As `pg_ctl -m immediate restart`."""
        self._workers.up.clear()
        if pid := self._postgres.pid:
            os.kill(pid, signal.SIGQUIT)
        self._postgres.start()
        self._workers.up.set()
        self.happened["Postgres crashes"] += 1

    # --- the calm

    def _drain(self) -> None:
        """Until collectors and stream are empty, with whatever goes wrong still going wrong."""
        while not all(self._idle(one) for one in self._collectors):
            self._poller.round()
        self._poller.drain()
        for _ in range(self._crashes_due):  # there was no more work for them to fall into
            self._crash()

    def _idle(self, one: Collector) -> bool:
        stepped = one.step()
        self._stream.clock.wait(stepped.pause)
        return stepped.idle

    def _calm(self) -> None:
        """No more faults: what is left drains, and what the faults brought to the failure queue is redriven."""
        self._workers.nemesis = _CALM
        self._stream.wrong = Misbehaviour()
        began = self._stream.clock.now()
        self._poller.drain()
        buried, self._poller.buried = self._poller.buried, []
        self.happened["buried"] += len(buried)
        self._poller.redrive(buried)
        self._tell(event="drained", seconds=self._stream.clock.now() - began, backlog=self._poller.backlog())
        for why, count in self._workers.failures.items():
            self._tell(event="failed", why=why, count=count)
        for files, growth in self._workers.vitals:
            self._tell(event="vitals", files=files, growth=growth)

    # --- the rest

    def _later(self, wrong: Misbehaviour) -> Misbehaviour:
        return replace(wrong, throttled_until=1e9 + wrong.throttled_until)

    def _child(self) -> Random:
        return Random(self._chance.random())

    def _tell(self, **event: object) -> None:
        self._file.write(orjson.dumps(event) + b"\n")

    def _close(self) -> None:
        self._pool.shutdown()
        self._workers.close()
        for one in self._collectors:
            one.close()
        self._file.close()
