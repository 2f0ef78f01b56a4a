"""A kill at each system call of a transaction and of the spool, and errors of the disk: nothing durable is lost."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest
from flowlens.aws.stream import Entry, Outcome
from flowlens.flows.batch import digest, unpack
from flowlens.store.connection import connect, tenant_transaction

from tests.faults import collector, worker
from tests.faults.checker import EDGES, SEEN
from tests.faults.collector import Append, Offer, Step
from tests.faults.lives import Life
from tests.faults.oracle import encoded, expected, generated
from tests.faults.secrets import secrets_manager
from tests.faults.tracing import calls, occurrences, traced
from tests.lambdas import kinesis
from tests.postgres import APP, TENANT, Server
from tests.traffic import record

SEED = 31
EVERY = int(os.environ.get("EVERY", "16"))  # the n-th system call only; the long form takes each


class Aggregate:
    """Workers on one database; each record is counted by name."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self.records = 0

    def life(self) -> Life:
        return Life(worker.serve, self._environment, "")

    def payload(self) -> bytes:
        """A batch of two records that were never sent."""
        self.records += 2
        numbers = (self.records - 1, self.records)
        return json.dumps(kinesis([record(n, generated(SEED, n), tenant=TENANT) for n in numbers])).encode()


@pytest.fixture
def aggregate(postgres: Server, tmp_path: Path) -> Generator[tuple[Aggregate, dict[str, str | int]]]:
    secret = postgres.secret(APP, postgres.migrated())
    with secrets_manager(secret) as address:
        environment = {
            "AWS_ENDPOINT_URL": address,
            "DATABASE_SECRET": "database",
            "ARCHIVE_URL": (tmp_path / "archive").as_uri(),
            "POWERTOOLS_METRICS_DISABLED": "true",
        }
        yield Aggregate(environment), secret


def test_a_kill_at_any_system_call_of_a_transaction_leaves_totals_exact(
    aggregate: tuple[Aggregate, dict[str, str | int]], tmp_path: Path
) -> None:
    lab, secret = aggregate
    log = tmp_path / "calls"
    survivor, first = lab.life(), lab.life()
    with traced(first.pid, "-o", str(log)):
        first.send(lab.payload())
        assert not first.recv().failed
    first.kill()
    names = occurrences(calls(log))
    killed = 0
    for name, number in names[::EVERY]:
        life, payload = lab.life(), lab.payload()
        with traced(life.pid, "-o", "/dev/null", "-e", f"inject={name}:signal=KILL:when={number}"):
            life.send(payload)
            try:
                life.recv()
            except EOFError:
                killed += 1
        life.kill()
        survivor.send(payload)
        assert not survivor.recv().failed
    survivor.kill()
    assert killed > len(names[::EVERY]) // 2
    wanted = expected(generated(SEED, number) for number in range(1, lab.records + 1))
    with connect(secret) as conn, tenant_transaction(conn, TENANT):
        assert {(c, s, port): tuple(sums) for c, s, port, *sums in conn.execute(EDGES)} == wanted
        assert [(low, high) for *_, low, high in conn.execute(SEEN)] == [(1, lab.records + 1)]


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


def faults(directory: Path, tmp_path: Path) -> list[tuple[str, int]]:
    """The system calls of one collector's work, without faults."""
    log = tmp_path / "calls"
    shipping = Shipping(directory)
    life = shipping.life()
    with traced(life.pid, "-o", str(log)):
        shipping.work(life, bodies(0))
    life.kill()
    names = calls(log)
    assert {"write", "fdatasync", "fsync", "pwrite64", "openat", "unlink"} <= set(names)
    return occurrences(names)


def meets(shipping: Shipping, injection: str, round_number: int) -> bool:
    """One life with a fault, the next without; whether the fault ended the first."""
    life, died = shipping.life(), False
    with traced(life.pid, "-o", "/dev/null", "-e", f"inject={injection}"):
        try:
            shipping.work(life, bodies(round_number))
        except EOFError:
            died = True
    life.kill()
    after = shipping.life()
    shipping.ship(after)
    after.kill()
    assert shipping.durable <= shipping.taken, f"lost after {injection}"
    return died


def test_a_kill_at_any_system_call_of_the_spool_loses_nothing_durable(tmp_path: Path) -> None:
    points = faults(tmp_path / "first", tmp_path)[::EVERY]
    shipping = Shipping(tmp_path / "spool")
    died = [meets(shipping, f"{name}:signal=KILL:when={n}", at) for at, (name, n) in enumerate(points, 1)]
    assert sum(died) > len(points) // 2


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("call", ["write", "pwrite64", "fdatasync", "fsync", "openat", "unlink"])
def test_an_error_of_the_disk_loses_nothing_durable(tmp_path: Path, call: str, error: str) -> None:
    shipping = Shipping(tmp_path / "spool")
    for number in (1, 3):
        with suppress(EOFError):
            meets(shipping, f"{call}:error={error}:when={number}", number)
    assert shipping.durable
