"""The API of 50,000 assets and 500,000 dependencies with a day of history, through the handler; and its import."""

from __future__ import annotations

import compileall
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import boto3
from flowlens.store.connection import connect, tenant_transaction
from moto import mock_aws

from cdk.local.demo.large import LargeEstate
from cdk.local.postgres import OWNER
from cdk.local.seed import seed
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply, through_gateway
from tests.postgres import APP, running

ROOT = Path(__file__).resolve().parents[2]
_ASSETS, _DEPENDENCIES, _HOURS = 50_000, 500_000, 24
Question = Callable[[], Reply]
_WORDS = ("10.1.", "443", "app-0042", "zzz", "postgres", "10.33", "8080", "domain")
_GZIP = {"accept-encoding": "gzip"}


def run() -> dict[str, float]:
    """Milliseconds: the median, and what 95 of 100 answers took, of an estate as `flowlens seed` makes it, warm."""
    found: dict[str, float] = {}
    with _seeded() as (ask, last, addresses):
        for name, asked in _questions(ask, last, addresses).items():
            took = _took(asked)
            found[f"api.{name}.median_ms"] = round(statistics.median(took), 1)
            found[f"api.{name}.p95_ms"] = round(statistics.quantiles(took, n=20)[-1], 1)
        found["api.import_preview_50k_ms"] = round(_preview(ask, addresses), 1)
    return found | {"api.import_ms": round(_import(), 1)}


def _questions(ask: Ask, last: datetime, addresses: Sequence[str]) -> dict[str, Sequence[Question]]:
    """Each list is asked in order; the first of each is not measured."""

    def hours(ago: float) -> str:
        return (last - timedelta(hours=ago)).isoformat()

    def map_of(**query: object) -> Question:
        return lambda: ask("/topology", {"at": hours(0), **query}, headers=_GZIP)

    def window(ago: float) -> Question:
        query = {"from": hours(ago + 1), "to": hours(ago), "group": "environment"}
        return lambda: ask("/topology", query, headers=_GZIP)

    def search(text: str) -> Question:
        return lambda: ask("/search", {"q": text}, headers=_GZIP)

    def classified_anew(number: int) -> Question:
        def change() -> Reply:
            rule = {"network": f"10.{200 + number}.0.0/16", "attributes": {"environment": "laboratory"}}
            if ask("/classification-rules", method="POST", body=rule).status != 201:
                raise RuntimeError("the rule was refused")
            return map_of(group="environment")()

        return change

    groups = ("network", "datacenter", "environment", "application")
    return {
        "topology": [map_of(group=group) for group in groups for _ in range(10)],
        "focus": [map_of(group="none", focus=address, hops=2) for address in addresses[:40]],
        "instant": [map_of(at=hours(step / 4), group="environment") for step in range(40)],
        "window": [window(step / 4) for step in range(4, 44)],
        "search": [search(text) for text in (*addresses[:30], *_WORDS)],
        "rule_changed": [classified_anew(number) for number in range(20)],
    }


def _took(asked: Sequence[Question]) -> list[float]:
    took = []
    for question in asked:
        before = time.perf_counter()
        reply = question()
        took.append((time.perf_counter() - before) * 1000)
        if reply.status != 200:
            raise RuntimeError(f"{reply.status} {reply.body[:200]!r}")
    return took[1:]


def _preview(ask: Ask, addresses: Sequence[str]) -> float:
    """From the first octet sent to the answer."""
    rows = (f"{address},host-{n},Team {n % 40}\r\n" for n, address in enumerate(addresses))
    content = ("address,name,owner\r\n" + "".join(rows)).encode()
    before = time.perf_counter()
    made = ask("/imports", method="POST", body={"kind": "assets", "name": "bench.csv"}).json()["id"]
    for part, at in enumerate(range(0, len(content), 2 << 20), start=1):
        ask(f"/imports/{made}/parts/{part}", method="PUT", body=content[at : at + (2 << 20)])
    found = ask(f"/imports/{made}/preview", method="POST", body={}).json()
    if found["new"] != len(addresses):
        raise RuntimeError(f"the preview found {found['new']} of {len(addresses)}")
    return (time.perf_counter() - before) * 1000


@contextmanager
def _seeded() -> Generator[tuple[Ask, datetime, list[str]]]:
    """The caller, the estate's last second, and its addresses in no order."""
    with running() as server:
        database = server.migrated()
        with connect(server.secret(OWNER, database)) as owner:
            estate = Estate(owner)
            now = datetime.now(UTC)
            seed(owner, estate.tenant, LargeEstate(_ASSETS, _DEPENDENCIES), hours=_HOURS, now=now)
            owner.execute("VACUUM ANALYZE")  # as autovacuum leaves what is written an hour an hour
            with tenant_transaction(owner, estate.tenant):
                found = owner.execute("SELECT host(address) FROM assets ORDER BY hashint8(asset_id)").fetchall()
            environment = {
                "DATABASE_SECRET": "database",
                "FLOW_SOURCES_TABLE": "flow-sources",
                "THROTTLES_TABLE": "throttles",
                "QUOTAS": "off",
                "ORIGIN_SECRET": "origin",
                "FACTORS_SECRET": "factors",
                "FLOW_LOGS_QUEUE": "flow-logs",
                "LOG_EVENTS_STREAM": "log-events",
                "VISITS_QUEUE": "visits",
                "VISITS_TABLE": "visit-marks",
                "LOG_BUCKETS": "flow-logs",
                "SEALING_SECRET": "sealing",
                "OUTBOUND_FUNCTION": "outbound-ask",
                "VISIT_FUNCTION": "outbound-visit",
                "VISIT_ROLE": "arn:aws:iam::123456789012:role/local",
                "LOG_TENANT": str(estate.tenant),
                "GEOGRAPHY_URL": "file:///nowhere",
                "HEADS_URL": "file:///nowhere",
                "SIGNING_KEY": "alias/audit-signing",
                "AWS_DEFAULT_REGION": "us-east-1",
            }
            with mock_aws(), patch.dict(os.environ, environment):
                secret = json.dumps(server.secret(APP, database))
                boto3.client("secretsmanager").create_secret(Name="database", SecretString=secret)
                ask = Ask(transport=through_gateway, token=estate.administrator())
                yield ask, now, [address for (address,) in found]


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
