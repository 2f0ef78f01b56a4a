"""The aggregate is exact though its workers are killed, records come again, and batches come in any order."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import numpy as np
from flowlens.flows.columns import Columns
from flowlens.store.connection import Connection, tenant_transaction

from tests.faults.harness import Chaos, secrets_manager
from tests.postgres import APP, TENANT, Server
from tests.traffic import flows, record

RECORDS, FLOWS, KILLS, SEED = 400, 20, 100, 20260
NOW = int(time.time() * 1000)
Totals = dict[tuple[str, str, int], tuple[int, int, int, int]]


def generated(number: int) -> Columns:
    random = np.random.default_rng([SEED, number])
    lines = []
    for _ in range(FLOWS):
        client, server = f"10.1.0.{random.integers(1, 20)}:40000", f"10.200.0.{random.integers(1, 6)}:443"
        ends = (client, server) if random.random() < 0.5 else (server, client)
        lines.append(f"{ends[0]} > {ends[1]} tcp octets={random.integers(40, 9999)} packets={random.integers(1, 30)}")
    return flows(*lines, now=NOW - int(random.integers(0, 7_200_000)))


def expected(sent: list[Columns]) -> Totals:
    """Counted one flow at a time, by nothing that the product uses."""
    sums: dict[tuple[str, str, int], Counter[str]] = {}
    for columns in sent:
        names = ("src_low", "dst_low", "src_port", "octets", "packets")
        for src, dst, src_port, octets, packets in zip(*(columns[name].tolist() for name in names), strict=True):
            forward = src_port == 40000
            client, server = (src, dst) if forward else (dst, src)
            counter = sums.setdefault((_text(client), _text(server), 443), Counter())
            counter.update(flows=1, packets=packets, **{"sent" if forward else "received": octets})
    return {key: (c["flows"], c["sent"], c["received"], c["packets"]) for key, c in sums.items()}


def _text(low: int) -> str:
    return ".".join(str(low >> shift & 255) for shift in (24, 16, 8, 0))


def counted(app: Connection) -> Totals:
    query = """SELECT host(c.address), host(s.address), d.port,
                      d.flows, d.octets_sent, d.octets_received, d.packets_seen
                 FROM dependencies d
                 JOIN assets c ON c.asset_id = d.client_id
                 JOIN assets s ON s.asset_id = d.server_id"""
    with tenant_transaction(app, TENANT):
        return {(client, server, port): tuple(sums) for client, server, port, *sums in app.execute(query)}


def in_minutes(app: Connection) -> object:
    with tenant_transaction(app, TENANT):
        query = "SELECT sum(flows), sum(octets_sent), sum(octets_received), sum(packets_seen) FROM conversation_minutes"
        return app.execute(query).fetchone()


def run(app: Connection, postgres: Server, directory: Path, chaos: Chaos, *, records: int) -> Totals:
    """Delivers that many records; says what ought to have been counted."""
    sent = [generated(number) for number in range(records)]
    with secrets_manager(postgres.secret(APP, app.info.dbname)) as address:
        chaos.environment = {
            "AWS_ENDPOINT_URL": address,
            "DATABASE_SECRET": "database",
            "ARCHIVE_URL": directory.as_uri(),
            "POWERTOOLS_METRICS_DISABLED": "true",
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        }
        chaos.deliver([record(number + 1, columns, tenant=TENANT) for number, columns in enumerate(sent)])
    assert chaos.happened["killed before the answer"] + chaos.happened["killed after the answer"] == chaos.kills
    return expected(sent)


def test_totals_are_exact_after_a_hundred_kills_and_five_per_cent_repetitions(
    app: Connection, postgres: Server, tmp_path: Path
) -> None:
    wanted = run(app, postgres, tmp_path, Chaos(SEED, KILLS), records=RECORDS)
    assert counted(app) == wanted
    assert in_minutes(app) == tuple(sum(column) for column in zip(*wanted.values(), strict=True))
    with tenant_transaction(app, TENANT):
        assert app.execute("SELECT seen::text FROM ledger").fetchall() == [(f"{{[1,{RECORDS + 1})}}",)]


def test_the_harness_sees_that_totals_are_wrong_without_the_ledger(
    app: Connection, postgres: Server, tmp_path: Path
) -> None:
    wanted = run(app, postgres, tmp_path, Chaos(SEED, 20, without_ledger=True), records=100)
    found = counted(app)
    assert found != wanted
    assert sum(totals[0] for totals in found.values()) > sum(totals[0] for totals in wanted.values())
