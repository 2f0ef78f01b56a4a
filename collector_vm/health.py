"""What the outside may ask the collector: is it well (`/healthz`), and what has it counted (`/metrics`)?"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
from flowlens.flows.losses import lost_flows
from flowlens.flows.report import COUNTERS

from collector_vm import allowances
from collector_vm.status import Gauges, Status

MAX_LABELS = 1_000  # exporters with a label of their own
OTHER = "other"
_TOTALS_ONLY = ("kernel_dropped", "template_store_failures", *allowances.NAMES)


@dataclass(frozen=True, slots=True)
class Health:
    """The collector as its parent sees it: one status, or none yet, for each worker."""

    alive: int
    statuses: Sequence[Status | None]
    restarts: int = 0

    @property
    def well(self) -> bool:
        known = [status for status in self.statuses if status is not None]
        all_fresh = len(known) == len(self.statuses) and all(status.fresh for status in known)
        return all_fresh and self.alive == len(self.statuses) and not any(s.gauges.spool_full for s in known)

    def document(self) -> dict[str, object]:
        known = [status for status in self.statuses if status is not None]
        return {
            "status": "ok" if self.well else "unwell",
            "workers": len(self.statuses),
            "alive": self.alive,
            "reporting": sum(status.fresh for status in known),
            "spool_full": any(status.gauges.spool_full for status in known),
            "spool_waiting": sum(status.gauges.spool_waiting for status in known),
            "receive_buffer": _least_buffer(status.gauges for status in known),
            "capturing": sum(status.gauges.capturing for status in known),
        }


@dataclass(slots=True)
class _Ledger:
    by_exporter: dict[str, Counter[str]] = field(default_factory=dict)
    totals: Counter[str] = field(default_factory=Counter)


def _ledger(statuses: Iterable[Status]) -> _Ledger:
    """Sums over workers. Only accepted exporters have a label: addresses in datagrams may be anybody's invention."""
    ledger = _Ledger()
    for status in statuses:
        for part in status.reports:
            for exporter in part.exporters:
                known = exporter.exporter in ledger.by_exporter or len(ledger.by_exporter) < MAX_LABELS
                label = exporter.exporter if exporter.state == "accepted" and known else OTHER
                ledger.by_exporter.setdefault(label, Counter()).update(exporter.counters)
        if status.reports:
            ledger.totals.update(status.reports[0].totals)
    return ledger


def metrics(health: Health) -> str:
    """Prometheus text, version 0.0.4."""
    statuses = [status for status in health.statuses if status is not None]
    ledger = _ledger(statuses)
    lines: list[str] = []
    for name in COUNTERS:
        lines.append(f"# TYPE flowlens_collector_{name}_total counter")
        if name in _TOTALS_ONLY:
            lines.append(f"flowlens_collector_{name}_total {ledger.totals[name]}")
            continue
        for exporter, counters in sorted(ledger.by_exporter.items()):
            lines.append(f'flowlens_collector_{name}_total{{exporter="{exporter}"}} {counters[name]}')
    lines += _lost(ledger)
    lines.append("# TYPE flowlens_collector_malformed_reason_total counter")
    for name, count in sorted(ledger.totals.items()):
        if name.startswith("malformed."):
            reason = name.removeprefix("malformed.")
            lines.append(f'flowlens_collector_malformed_reason_total{{reason="{reason}"}} {count}')
    for name, value in _gauges(health, statuses).items():
        lines += [f"# TYPE flowlens_collector_{name} gauge", f"flowlens_collector_{name} {value}"]
    return "\n".join(lines) + "\n"


def _lost(ledger: _Ledger) -> Iterator[str]:
    """Flows lost, as an interval. Where nobody knows how many at most there is no upper end."""
    found = [(exporter, lost_flows(counters)) for exporter, counters in sorted(ledger.by_exporter.items())]
    for end in ("least", "most"):
        yield f"# TYPE flowlens_collector_lost_flows_{end} gauge"
        for exporter, lost in found:
            if (value := getattr(lost, end)) is not None:
                yield f'flowlens_collector_lost_flows_{end}{{exporter="{exporter}"}} {value}'


def _gauges(health: Health, statuses: Sequence[Status]) -> dict[str, float]:
    gauges = [status.gauges for status in statuses]
    return {
        "workers": health.alive,
        "worker_restarts": health.restarts,
        "spool_bytes": sum(g.spool_bytes for g in gauges),
        "spool_waiting": sum(g.spool_waiting for g in gauges),
        "spool_oldest_seconds": max((g.spool_oldest_seconds for g in gauges), default=0.0),
        "spool_full": int(any(g.spool_full for g in gauges)),
        "spool_unreadable": sum(g.spool_unreadable for g in gauges),
        "parked_octets": sum(g.parked_octets for g in gauges),
        "receive_buffer_bytes": _least_buffer(gauges),
        "capturing": sum(g.capturing for g in gauges),
        "resident_bytes": sum(g.resident_bytes for g in gauges),
        "compiled": int(bool(gauges) and all(g.compiled for g in gauges)),
    }


def _least_buffer(gauges: Iterable[Gauges]) -> int:
    """Of those that listen: whoever captures has none."""
    return min((one.receive_buffer for one in gauges if one.receive_buffer), default=0)


def server(address: tuple[str, int], look: Callable[[], Health]) -> ThreadingHTTPServer:
    """Answers GET on two paths; whoever says nothing for two seconds is sent away."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 2
        server_version = "flowlens"
        sys_version = ""

        def do_GET(self) -> None:
            if self.path == "/healthz":
                health = look()
                self._answer(200 if health.well else 503, "application/json", orjson.dumps(health.document()))
            elif self.path == "/metrics":
                self._answer(200, "text/plain; version=0.0.4", metrics(look()).encode())
            else:
                self._answer(404, "text/plain", b"GET /healthz or /metrics\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Probes come every few seconds: not a line for each."""

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET

    return Server(address, Handler)
