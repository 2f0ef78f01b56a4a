"""The aggregate's price: CPU from stream records to merged rows, ours and Postgres's together.

Every figure is of CPU time (user and system) of this process and of all processes of a server that is durable, as in
`flowlens up`; each is the median of some rounds in which the edges are known already.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamEvent
from flowlens.aws import archive
from flowlens.flows import batch, body, deltas
from flowlens.flows.conversations import Origin, fold
from flowlens.flows.direction import decide
from flowlens.flows.kernel.text import base64_decoded
from flowlens.kit import memory
from flowlens.services import merging
from flowlens.services.flows import Delivery
from flowlens.services.records import Desk, as_parquet
from flowlens.store.connection import Connection, connect

from tests.bench.estate import FLOWS_PER_RECORD, Estate, event
from tests.postgres import APP, TENANT, Server, running

RECORDS, INVOCATIONS, ROUNDS = 12, 8, 3
SIZES = {"10k": 10_000, "50k": 50_000, "100k": 100_000, "1m": 1_000_000}
_ACTIVE = 10_000  # edges that speak in the rounds whose cost is compared between estates
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU nanoseconds a flow."""

    counting: float
    merging: float
    server: float

    @property
    def flows_per_core_second(self) -> float:
        return 1e9 / (self.counting + self.merging + self.server)


def run() -> dict[str, float]:
    memory.keep_freed()  # as the function does
    found = steps()
    costs = {}
    for name, size in SIZES.items():
        first, all_speak, some_speak = _estate(size)
        costs[name] = some_speak
        found[f"aggregate.edges_{name}.flows_per_core_s"] = round(all_speak.flows_per_core_second)
        found[f"aggregate.edges_{name}.of_10k_flows_per_core_s"] = round(some_speak.flows_per_core_second)
        found[f"aggregate.edges_{name}.first_sight_us_per_edge"] = round(first, 1)
    grown = costs["10k"].flows_per_core_second / costs["1m"].flows_per_core_second - 1
    found["aggregate.growth_10k_to_1m_percent"] = round(100 * grown, 1)
    return found


def _estate(size: int) -> tuple[float, Cost, Cost]:
    """Microseconds an edge when it is seen first; and the costs when all edges speak, and when _ACTIVE of them do."""
    with (
        running(durable=True) as server,
        tempfile.TemporaryDirectory(prefix="flowlens-bench-") as directory,
        connect(server.secret(APP, server.migrated())) as conn,
    ):
        worker = Worker(server, conn, archive.at(Path(directory).as_uri()))
        estate = Estate(size)
        introduced = worker.round(estate.introduction())
        first = (introduced.counting + introduced.merging + introduced.server) / 1000
        return first, _steady(worker, estate, size), _steady(worker, estate, _ACTIVE)


def _steady(worker: Worker, estate: Estate, speaking: int) -> Cost:
    return _median([worker.round(estate.traffic(RECORDS * INVOCATIONS, speaking)) for _ in range(ROUNDS)])


def _median(costs: list[Cost]) -> Cost:
    return Cost(*(median(getattr(cost, name) for cost in costs) for name in Cost.__slots__))


@dataclass(frozen=True, slots=True)
class Worker:
    """What the handler does, with its CPU time and the server's."""

    server: Server
    conn: Connection
    kept: archive.Archive

    def round(self, payloads: list[bytes]) -> Cost:
        """All of them, as fast as can be, in invocations of RECORDS; merged as is due, and at the end."""
        counting = merged = flows = 0.0
        before = self._server_seconds()
        for at in range(0, len(payloads), RECORDS):
            invocation = event(payloads[at : at + RECORDS])
            began = time.process_time()
            data = [
                base64_decoded(record.kinesis.data) for record in KinesisStreamEvent(json.loads(invocation)).records
            ]
            flows += Desk(self.conn, self.kept, data).settle().total("flows")
            counted = time.process_time()
            merging.merge_due(self.conn, TENANT)
            counting, merged = counting + counted - began, merged + time.process_time() - counted
        began = time.process_time()
        merging.merge_all(self.conn, TENANT)
        merged += time.process_time() - began
        server = self._server_seconds() - before
        return Cost(*(seconds / flows * 1e9 for seconds in (counting, merged, server)))

    def _server_seconds(self) -> float:
        """CPU time of the server's processes, those that ended included."""
        postmaster, ticks = self.server.postgres.pid, 0
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


def steps() -> dict[str, float]:
    """CPU nanoseconds a flow of each step that comes before the database, and of keeping the flows."""
    payloads = Estate(SIZES["50k"]).traffic(RECORDS, SIZES["50k"])
    invocation = event(payloads)
    opened = [batch.unpack(payload) for payload in payloads]
    bodies = [body.decode(record.body) for record in opened]
    origin = Origin(np.array([1]), np.array([1]))
    folded = [fold(one.columns, origin).rows for one in bodies]
    deliveries = [Delivery(r.identity, b, r.digest) for r, b in zip(opened, bodies, strict=True)]
    timed: dict[str, Callable[[], object]] = {
        "event": lambda: [base64_decoded(r.kinesis.data) for r in KinesisStreamEvent(json.loads(invocation)).records],
        "hash": lambda: [batch.unpack(payload) for payload in payloads],
        "decode": lambda: [body.decode(record.body) for record in opened],
        "direction": lambda: [decide(one.columns) for one in bodies],
        "direction_and_fold": lambda: [fold(one.columns, origin) for one in bodies],
        "pack": lambda: [deltas.encode(rows, {1: "192.0.2.1"}) for rows in folded],
        "archive": lambda: [as_parquet(delivery) for delivery in deliveries],
    }
    found = {name: _nanoseconds(step) for name, step in timed.items()}
    found["before_database"] = sum(found[n] for n in ("event", "hash", "decode", "direction_and_fold", "pack"))
    return {f"aggregate.step.{name}_ns_per_flow": round(value, 1) for name, value in found.items()}


def _nanoseconds(step: Callable[[], object]) -> float:
    took = []
    for _ in range(4 * ROUNDS):
        began = time.process_time()
        step()
        took.append(time.process_time() - began)
    return median(took) / (RECORDS * FLOWS_PER_RECORD) * 1e9


if __name__ == "__main__":
    memory.keep_freed()
    for name, size in SIZES.items():
        sys.stdout.write(f"{name} {_estate(size)}\n")
        sys.stdout.flush()
    sys.stdout.write(json.dumps(steps(), indent=1) + "\n")
