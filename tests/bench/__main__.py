"""`make bench`: measures ourselves beside the peers that are installed, prints a table and writes .build/bench.json."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

OUT = Path(".build/bench.json")
PARTS = ("collector", "stream", "files", "aggregate", "api")
# What FlowLens must reach; the bench only prints them, since a machine's mood is no test result.
_AIMS = {
    "collector.v5.flows_per_cpu_s": ">= 1,500,000",
    "collector.v9.flows_per_cpu_s": ">= 1,500,000",
    "collector.ipfix.flows_per_cpu_s": ">= 1,500,000",
    "collector.sflow.flows_per_cpu_s": ">= 800,000",
    "stream.bytes_per_flow": "<= 13",
    "files.aws_vpc.text.records_per_cpu_s": ">= 500,000",
    "files.aws_vpc.parquet.records_per_cpu_s": ">= 1,500,000",
    "aggregate.flows_per_core_s": ">= 150,000",
    "api.topology.p95_ms": "<= 300",
    "api.import_ms": "<= 1,000",
}


def main() -> None:
    arguments = argparse.ArgumentParser(prog="make bench", description=__doc__)
    arguments.add_argument("--only", choices=PARTS, help="measure one part")
    only = arguments.parse_args().only
    found: dict[str, float] = {}
    for part in [only] if only else PARTS:
        found |= _measured(part)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(_kept(only) | found, indent=2, sort_keys=True) + "\n")
    sys.stdout.write("\n".join(table(found)) + "\n")


def _measured(part: str) -> dict[str, float]:
    run: Callable[[], float | dict[str, float]] = import_module(f"tests.bench.{part}").run
    value = run()
    return value if isinstance(value, dict) else {f"{part}.flows_per_core_s": round(value)}


def _kept(only: str | None) -> dict[str, float]:
    """With ONLY, the figures of the other parts stay as they were."""
    if only is None or not OUT.exists():
        return {}
    kept: dict[str, float] = json.loads(OUT.read_text())
    return {key: value for key, value in kept.items() if _part(key) != only}


def _part(key: str) -> str:
    first = key.partition(".")[0]
    return "collector" if first == "peer" else first


def table(found: dict[str, float]) -> list[str]:
    """One line a figure; ours come with what they must reach."""
    width = max(map(len, found), default=0)
    lines = [f"{'figure':<{width}}  {'median':>14}  must reach"]
    for key, value in found.items():
        shown = f"{value:,.0f}" if value >= 1_000 else f"{value:,.2f}"
        lines.append(f"{key:<{width}}  {shown:>14}  {_AIMS.get(key, '')}".rstrip())
    return lines


if __name__ == "__main__":
    main()
