"""Rewrites the marked tables of web/docs/performance.md from a run's figures; what people wrote between them stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

PAGE = Path("web/docs/performance.md")
Figures = Mapping[str, float]
_PROTOCOLS = {"v5": "NetFlow v5", "v9": "NetFlow v9", "ipfix": "IPFIX", "sflow": "sFlow v5"}
_FORMATS = {
    "aws_vpc.text": ("AWS VPC, text", "500,000"),
    "aws_vpc.gzip": ("AWS VPC, text in gzip", "-"),
    "aws_vpc.parquet": ("AWS VPC, Parquet", "1,500,000"),
    "azure_vnet": ("Azure virtual network", "150,000"),
    "gcp_vpc": ("Google Cloud VPC", "150,000"),
    "pcap": ("pcap, headers", "400,000"),
}
_PEERS = ("nfcapd", "nfcapd_lz4", "sfcapd", "nfacctd", "sfacctd")


def write(figures: Figures) -> None:
    """Only tables that a figure of this run belongs to."""
    text = PAGE.read_text()
    for name, table in _TABLES.items():
        lines = table(figures)
        if lines:
            block = re.compile(rf"(<!-- bench:{name} -->\n).*?(<!-- end -->)", re.DOTALL)
            text = block.sub(partial(_filled, lines), text)
    PAGE.write_text(text)


def _filled(lines: list[str], found: re.Match[str]) -> str:
    return found[1] + "\n".join(lines) + "\n" + found[2]


def _collector(figures: Figures) -> list[str]:
    if "collector.v9.flows_per_cpu_s" not in figures:
        return []
    rows = [
        "| protocol | FlowLens | nfcapd | nfcapd -y | sfcapd | nfacctd | sfacctd | goal | reached |",
        "|---" * 9 + "|",
    ]
    for protocol, title in _PROTOCOLS.items():
        ours = figures[f"collector.{protocol}.flows_per_cpu_s"]
        theirs = {peer: figures.get(f"peer.{peer}.{protocol}.flows_per_cpu_s", 0.0) for peer in _PEERS}
        rival, times = ("sfcapd", 1.5) if protocol == "sflow" else ("nfcapd_lz4", 1.0 if protocol == "v5" else 1.5)
        reached = f"{ours / theirs[rival]:.2f} times" if theirs[rival] else "-"
        cells = (title, _millions(ours), *(_millions(theirs[peer]) for peer in _PEERS))
        rows.append(_row(*cells, f"{times:.1f} times {rival.replace('_lz4', ' -y')}", reached))
    return rows


def _decoding(figures: Figures) -> list[str]:
    if "decoding.v9.kernel_flows_per_cpu_s" not in figures:
        return []
    rows = ["| protocol | kernel | NumPy | `netflow` 0.12.2 |", "|---|---|---|---|"]
    for protocol, title in _PROTOCOLS.items():
        ways = (
            figures.get(f"decoding.{protocol}.{way}_flows_per_cpu_s", 0.0) for way in ("kernel", "numpy", "netflow")
        )
        rows.append(_row(title, *map(_millions, ways)))
    return rows


def _stream(figures: Figures) -> list[str]:
    if "stream.bytes_per_flow" not in figures:
        return []
    rows = ["| | bytes per flow at 10,000 flows a record |", "|---|---|"]
    rows += [_row(title, f"{figures[f'stream.{name}.bytes_per_flow']:.2f}") for name, title in _PROTOCOLS.items()]
    rows.append(_row("all", f"**{figures['stream.bytes_per_flow']:.2f}** (goal: at most 12)"))
    return [*rows, _row("one JSON document a flow", f"{figures['stream.json_bytes_per_flow']:.0f}")]


def _cost(figures: Figures) -> list[str]:
    if "cost.kinesis_usd" not in figures:
        return []
    rows = ["| USD per 10⁹ flows | FlowLens | one JSON record a flow |", "|---|---|---|"]
    rows.append(
        _row("Kinesis, provisioned", f"{figures['cost.kinesis_usd']:.3f}", f"{figures['cost.json_kinesis_usd']:.2f}")
    )
    if "cost.aggregate_usd" in figures:
        rows.append(_row("Lambda and Aurora", f"{figures['cost.aggregate_usd']:.3f}", "-"))
    rows.append(_row("Lambda, reading only", "-", f"{figures['cost.json_lambda_usd']:.2f}"))
    times = figures["cost.stream_times_cheaper"]
    return [*rows, _row("on the stream", "1", f"{times:.0f} times as much (goal: at least 15)")]


def _rate(figures: Figures) -> list[str]:
    if "rate.loss_free_datagrams_per_s" not in figures:
        return []
    start, end = figures["rate.resident_start_mb"], figures["rate.resident_end_mb"]
    rows = ["| | figure | goal |", "|---|---|---|"]
    rate = f"{figures['rate.loss_free_datagrams_per_s']:,.0f} datagrams/s"
    rows.append(_row("v9, one core, 10 s, none lost", rate, "150,000 datagrams/s"))
    return [
        *rows,
        _row("resident memory of the worker, before and after", f"{start:.0f} and {end:.0f} MB", "96 MB, flat"),
    ]


_QUESTIONS = {
    "topology": ("grouped map: networks, datacenters, environments, applications", "200 ms"),
    "focus": ("two hops around any host", "150 ms"),
    "instant": ("time slider, an instant", "300 ms"),
    "window": ("time slider, a window of an hour, 15 minutes a step", "300 ms"),
    "search": ("search by addresses, prefixes, ports and names", "100 ms"),
    "rule_changed": ("a CIDR rule is written, and the map grouped by it", "-"),
}


def _api(figures: Figures) -> list[str]:
    if "api.topology.p95_ms" not in figures:
        return []
    rows = ["| | median | p95 | goal |", "|---|---|---|---|"]
    for name, (title, goal) in _QUESTIONS.items():
        shown = (f"{figures[f'api.{name}.{which}_ms']:.0f} ms" for which in ("median", "p95"))
        rows.append(_row(title, *shown, goal))
    seconds = {"import_preview_50k": ("an import of 50,000 rows, sent and previewed", "15 s")}
    seconds["import"] = ("importing the handler with compiled bytecode", "1 s")
    rows += [
        _row(what, f"{figures[f'api.{name}_ms'] / 1000:.1f} s", "-", goal) for name, (what, goal) in seconds.items()
    ]
    return rows


def _drawing(figures: Figures) -> list[str]:
    if "drawing.pan.frames_per_s" not in figures:
        return []
    rows = ["| | figure | goal |", "|---|---|---|"]
    plain = f"{figures['drawing.plain_picture.frames_per_s']:.0f}"
    for how, title in (("pan", "moving the map"), ("zoom", "zooming")):
        frames = f"{figures[f'drawing.{how}.frames_per_s']:.0f} a second (a plain picture: {plain})"
        rows.append(_row(f"frames while {title}", frames, "50 a second"))
    seconds = {
        "drawing.grouped.first_paint_ms": ("first paint, grouped by network", "2 s"),
        "drawing.first_paint_ms": ("first paint, all 10,000 hosts and 50,000 links", "-"),
        "drawing.svg_ms": ("the whole map as SVG", "2 s"),
    }
    rows += [_row(title, f"{figures[key] / 1000:.1f} s", goal) for key, (title, goal) in seconds.items()]
    moved = f"{figures['drawing.moved_percent']:.1f} % of the width"
    return [*rows, _row("way of the node that moves most when 5 % of the hosts are others", moved, "5 %")]


def _files(figures: Figures) -> list[str]:
    if "files.aws_vpc.text.records_per_cpu_s" not in figures:
        return []
    rows = ["| format | octets a record | FlowLens | without the kernel | goal |", "|---|---|---|---|---|"]
    for name, (title, goal) in _FORMATS.items():
        rates = (f"{figures[f'files.{name}.{way}records_per_cpu_s']:,.0f}" for way in ("", "numpy_"))
        rows.append(_row(title, f"{figures[f'files.{name}.octets_per_record']:,.0f}", *rates, goal))
    return rows


def _millions(value: float) -> str:
    return f"{value / 1e6:.2f} M" if value else "-"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


_TABLES: Mapping[str, Callable[[Figures], list[str]]] = {
    "collector": _collector,
    "decoding": _decoding,
    "stream": _stream,
    "cost": _cost,
    "rate": _rate,
    "api": _api,
    "files": _files,
    "drawing": _drawing,
}
