"""`make bench`: measures us beside the peers that are installed; figures go to .build/bench.json and the docs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from tests.bench import page

OUT = Path(".build/bench.json")
PARTS = (
    "collector",
    "decoding",
    "rate",
    "restart",
    "stream",
    "files",
    "aggregate",
    "api",
    "access",
    "classification",
    "cost",
    "drawing",
)
# What FlowLens must reach; the bench only prints them, since a machine's mood is no test result.
_AIMS = {
    "collector.v5.flows_per_cpu_s": ">= 1,500,000",
    "collector.v9.flows_per_cpu_s": ">= 1,500,000",
    "collector.ipfix.flows_per_cpu_s": ">= 1,500,000",
    "collector.sflow.flows_per_cpu_s": ">= 800,000",
    **{f"decoding.{name}.numpy_flows_per_cpu_s": ">= 6,000,000" for name in ("v9", "ipfix")},
    "decoding.v5.numpy_flows_per_cpu_s": ">= 25,000,000",
    "decoding.sflow.numpy_flows_per_cpu_s": ">= 3,000,000",
    "rate.loss_free_datagrams_per_s": ">= 150,000",
    "rate.resident_end_mb": "<= 96",
    "restart.first_decode_ms": "<= 1,000",
    "stream.bytes_per_flow": "<= 12",
    "cost.stream_times_cheaper": ">= 15",
    "files.aws_vpc.text.records_per_cpu_s": ">= 500,000",
    "files.aws_vpc.parquet.records_per_cpu_s": ">= 1,500,000",
    "files.azure_vnet.records_per_cpu_s": ">= 150,000",
    "files.gcp_vpc.records_per_cpu_s": ">= 150,000",
    "files.pcap.records_per_cpu_s": ">= 400,000",
    "aggregate.step.before_database_ns_per_flow": "<= 200",
    "aggregate.edges_50k.flows_per_core_s": ">= 400,000",
    "aggregate.growth_10k_to_1m_percent": "< 20",
    "api.topology.p95_ms": "<= 200",
    "api.focus.p95_ms": "<= 150",
    "api.instant.p95_ms": "<= 300",
    "api.window.p95_ms": "<= 300",
    "api.search.p95_ms": "<= 100",
    "api.import_preview_50k_ms": "<= 15,000",
    "api.import_ms": "<= 1,000",
    **{f"access.{kind}.p95_ms": "<= 2" for kind in ("session", "token", "installation_token")},
    **{f"access.{kind}.adds_p95_ms": "<= 2" for kind in ("session", "token", "installation_token")},
    "classification.50k_addresses_ms": "<= 50",
    "drawing.grouped.first_paint_ms": "<= 2,000",
    "drawing.pan.frames_per_s": ">= 50",
    "drawing.zoom.frames_per_s": ">= 50",
    "drawing.svg_ms": "<= 2,000",
    "drawing.moved_percent": "< 5",
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
    page.write(found)
    sys.stdout.write("\n".join(table(found)) + "\n")


def _measured(part: str) -> dict[str, float]:
    run: Callable[[], dict[str, float]] = import_module(f"tests.bench.{part}").run
    return run()


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
