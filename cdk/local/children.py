"""The processes of the stack beside Postgres: how each is started, and how to see that it answers."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flowlens.model.errors import FlowLensError

from cdk import manifest
from cdk.local import aws, processes
from cdk.local.home import Home
from cdk.local.resources import Resources

Process = subprocess.Popen[bytes]


class NotStarted(FlowLensError):
    """A part of the stack did not start; the text says which and where its log is."""


def start_emulation(home: Home, port: int, lambdas: str) -> Process:
    endpoint = f"http://127.0.0.1:{port}"
    options = ["--lambdas", lambdas, "--streams", str(home.streams), "--checkpoints", str(home.checkpoints)]
    options += ["--keys", str(home.path / "keys")]
    return processes.spawn(
        [sys.executable, "-m", "cdk.local.emulation.server", str(port), *options],
        env=aws.environment(endpoint),
        log=home.logs / "emulation.log",
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asks of the collector."""

    listen: Sequence[str]
    unknown_exporters: str
    capture: Sequence[str]


def start_collector(home: Home, resources: Resources, ports: Mapping[str, int], asked: Asked) -> Process:
    chosen = {
        "COLLECTOR_UNKNOWN_EXPORTERS": asked.unknown_exporters,
        # The first is also where its health is served, which is nobody's business but this machine's.
        "COLLECTOR_BIND": ",".join(dict.fromkeys(("127.0.0.1", *asked.listen))),
        "COLLECTOR_NETFLOW_PORTS": f"{ports['netflow']},{ports['ipfix']}",
        "COLLECTOR_SFLOW_PORTS": str(ports["sflow"]),
        "COLLECTOR_HEALTH_PORT": str(ports["collector_health"]),
        "COLLECTOR_SPOOL": str(home.spool),
        "COLLECTOR_CAPTURE": ",".join(asked.capture),
        "COLLECTOR_DRAIN_SECONDS": "3",  # what is not shipped by then stays in the spool for the next start
    }
    return processes.spawn(
        [sys.executable, "-m", "collector_vm"],
        env=resources.environment(manifest.COLLECTOR) | chosen,
        log=home.logs / "collector.log",
        death=signal.SIGTERM,  # it still writes what it holds to its spool
    )


def start_demo(home: Home, endpoint: str) -> Process:
    return processes.spawn(
        [sys.executable, "-m", "cdk.local.cli", "demo", "--forever"],
        env=aws.environment(endpoint, {"FLOWLENS_HOME": str(home.path)}),
        log=home.logs / "demo.log",
        death=signal.SIGTERM,
    )


def await_leftovers(home: Home, *, seconds: float) -> None:
    """After a kill -9, the last run's children still put away what they hold; their ports are theirs so long."""
    deadline = time.monotonic() + seconds
    for pid in (home.running().get("pids") or {}).values():
        while pid and _ours(pid) and time.monotonic() < deadline:
            time.sleep(0.05)


def _ours(pid: int) -> bool:
    """Whether the process is (still, or again) one that works in this repository."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == processes.ROOT
    except OSError:
        return False


def await_emulation(home: Home, child: Process, endpoint: str) -> None:
    _await(f"{endpoint}/moto-api/data.json", child, f"the AWS emulation did not start: see {home.logs}/emulation.log")


def await_collector(home: Home, child: Process, port: int) -> None:
    _await(f"http://127.0.0.1:{port}/healthz", child, f"the collector did not start: see {home.logs}/collector.log")


def _await(url: str, child: Process, otherwise: str) -> None:
    """Raises NotStarted when the child ends, or has not answered after a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and child.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 (loopback)
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise NotStarted(otherwise)
