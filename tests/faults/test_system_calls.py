"""A kill at each system call of a transaction and of the spool, and errors of the disk: nothing durable is lost."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest
from flowlens.services import merging
from flowlens.store.connection import connect, tenant_transaction

from tests.faults import worker
from tests.faults.checker import EDGES, SEEN
from tests.faults.lives import Life
from tests.faults.oracle import expected, generated
from tests.faults.secrets import secrets_manager
from tests.faults.shipping import SEED, Shipping, bodies
from tests.faults.tracing import calls, occurrences, traced
from tests.lambdas import kinesis
from tests.postgres import APP, TENANT, Server
from tests.traffic import record

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
    with connect(secret) as conn:
        merging.merge_all(conn, TENANT)
        with tenant_transaction(conn, TENANT):
            found = {(c, s, port): tuple(sums) for c, s, port, *sums in conn.execute(EDGES)}
            seen = [(low, high) for *_, low, high in conn.execute(SEEN)]
    assert found == wanted
    assert seen == [(1, lab.records + 1)]


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
