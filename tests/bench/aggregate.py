"""The aggregate's price: flows per core-second from stream records to committed rows, Postgres's CPU time included."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from statistics import median
from uuid import UUID

import numpy as np
from flowlens.aws import archive
from flowlens.flows import body
from flowlens.flows.batch import FLOWS, Identity, pack
from flowlens.flows.columns import Columns
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.services.records import Desk
from flowlens.store.connection import connect

from tests.postgres import APP, TENANT, running
from tests.recordings import payloads

RECORDING, FLOWS_PER_RECORD = "softflowd_v9", 10_000
ROUNDS = 5
_TICKS = os.sysconf("SC_CLK_TCK")
_SPOOL = UUID("00000000-0000-7000-8000-0000000000be")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of one round: ours and the server's."""

    flows: int
    client: float
    server: float

    @property
    def flows_per_core_second(self) -> float:
        return self.flows / (self.client + self.server)


def run() -> float:
    """The median of some rounds in which the estate is known already: each sends the recording once, as one batch.

    The server is durable, as in `flowlens up`; the first rounds, which make all assets and dependencies, come before.
    """
    return median(cost.flows_per_core_second for cost in measure()[1:])


def measure() -> list[Cost]:
    """The first round, which makes every asset and dependency; then ROUNDS more."""
    numbers = count(1)
    with running(durable=True) as server, tempfile.TemporaryDirectory(prefix="flowlens-bench-") as directory:
        kept = archive.at(Path(directory).as_uri())
        with connect(server.secret(APP, server.migrated())) as conn:
            costs = []
            for _ in range(1 + ROUNDS):
                records = _records(numbers)
                before = time.process_time(), _server_seconds(server.postgres.pid)
                settled = Desk(conn, kept, records).settle()
                after = time.process_time(), _server_seconds(server.postgres.pid)
                costs.append(Cost(settled.total("flows"), after[0] - before[0], after[1] - before[1]))
    return costs


def _records(numbers: count[int]) -> list[bytes]:
    """The recording as if it were received now."""
    recorded = payloads(RECORDING)
    now = int(time.time() * 1000)
    columns = decode(Datagrams.of([data for _, data in recorded], received=now), DecoderState())
    shift = now - int(columns["end"].max())
    shifted = {name: columns[name] + shift for name in ("start", "end")}
    columns = replace(columns, values={**columns.values, **shifted})
    parts = [
        columns.take(np.arange(at, min(at + FLOWS_PER_RECORD, columns.rows)))
        for at in range(0, columns.rows, FLOWS_PER_RECORD)
    ]
    return [_packed(part, next(numbers)) for part in parts]


def _packed(columns: Columns, number: int) -> bytes:
    return pack(Identity(TENANT, _SPOOL, 1, number), FLOWS, body.encode(columns, ["192.0.2.1"]))


def _server_seconds(postmaster: int | None) -> float:
    """CPU time of the server's processes, those that ended included."""
    ticks = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(entry.name) == postmaster:
            ticks += sum(int(value) for value in fields[11:15])
        elif int(fields[1]) == postmaster:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS


if __name__ == "__main__":
    for cost in measure():
        print(f"{cost.flows_per_core_second:12,.0f} flows per core-second  {cost}")  # noqa: T201
