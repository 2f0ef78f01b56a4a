"""The API's figures: the topology of 10,000 assets and 50,000 dependencies through the handler, and its import."""

from __future__ import annotations

import compileall
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import boto3
from flowlens.store.connection import connect, tenant_transaction
from moto import mock_aws

from cdk.local.postgres import OWNER
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, through_gateway
from tests.postgres import APP, running

ROOT = Path(__file__).resolve().parents[2]
_ASSETS, _DEPENDENCIES, _REQUESTS = 10_000, 50_000, 60
_FILL = """
    INSERT INTO assets (tenant_id, address_space_id, address, first_seen, last_seen)
    SELECT %(tenant)s, %(space)s,
           CASE WHEN n %% 20 = 0 THEN '93.0.0.0'::inet + n * 7919
                WHEN n %% 20 = 1 THEN '2001:db8::'::inet + n * 65537::bigint
                ELSE '10.0.0.0'::inet + (n %% 40) * 65536 + n END, now() - interval '1 day', now()
      FROM generate_series(1, %(assets)s) AS n;
"""
_EDGES = """
    INSERT INTO dependencies (tenant_id, address_space_id, client_id, server_id, protocol, port, first_seen, last_seen,
        during, flows, octets_sent, octets_received, packets_sent, packets_received, octets_seen, packets_seen,
        by_initiator, by_flags, by_service, by_port_order, first_evidence)
    SELECT DISTINCT ON (2, 3, 6, 5) %(tenant)s::uuid, %(space)s::integer, 1 + n * 7919 %% %(assets)s,
           1 + (n * n) %% (%(assets)s / 10),
           6, (ARRAY[443, 5432, 6379, 9092, 3306, 8080, 22])[1 + n %% 7], now() - interval '1 day', now(),
           tstzmultirange(tstzrange(now() - interval '1 day', now() + interval '1 hour')), n, n * 1000, n * 5000, n, n,
           n * 6000, n * 2, 0, n, 0, 0, '{"exporter": "192.0.2.1", "format": 9, "domain": 0, "evidence": "flags"}'
      FROM generate_series(1::bigint, %(edges)s) AS n
"""


def run() -> dict[str, float]:
    """Medians and percentiles in milliseconds."""
    return {"api.topology.p95_ms": round(_topology(), 1), "api.import_ms": round(_import(), 1)}


def _topology() -> float:
    """Each request comes after something was counted, so that nothing remembered can answer it."""
    with _filled() as (estate, ask):
        took = []
        for number in range(_REQUESTS + 5):
            estate.count()
            before = time.perf_counter()
            reply = ask("/topology", headers={"accept-encoding": "gzip"})
            took.append((time.perf_counter() - before) * 1000)
            if reply.status != 200 or reply.json()["totals"]["dependencies"] < _DEPENDENCIES * 0.99:
                raise RuntimeError(f"request {number}: {reply.status} {reply.body[:200]!r}")
    return statistics.quantiles(took[5:], n=20)[-1]


@contextmanager
def _filled() -> Generator[tuple[Estate, Ask]]:
    with running() as server:
        database = server.migrated()
        with connect(server.secret(OWNER, database)) as owner:
            estate = Estate(owner)
            values = {"tenant": estate.tenant, "space": estate.default_space(), "assets": _ASSETS}
            with tenant_transaction(owner, estate.tenant):
                owner.execute(_FILL, values)
                owner.execute(_EDGES, values | {"edges": _DEPENDENCIES})
            owner.execute("ANALYZE")
            environment = {
                "DATABASE_SECRET": "database",
                "FLOW_SOURCES_TABLE": "flow-sources",
                "AWS_DEFAULT_REGION": "us-east-1",
            }
            with mock_aws(), patch.dict(os.environ, environment):
                secret = json.dumps(server.secret(APP, database))
                boto3.client("secretsmanager").create_secret(Name="database", SecretString=secret)
                yield estate, Ask(transport=through_gateway, token=estate.administrator())


def _import() -> float:
    """The median of fresh processes with compiled bytecode."""
    compileall.compile_dir(ROOT / "functions", quiet=1)
    compileall.compile_dir(ROOT / "layers/flowlens/python", quiet=1)
    code = "import time; t = time.perf_counter(); import functions.api.handler; print((time.perf_counter() - t) * 1000)"
    runs = [
        float(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True).stdout)
        for _ in range(7)
    ]
    return statistics.median(runs)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=1) + "\n")
