"""The real collector as a process on free ports of loopback."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from tests.architecture.rooms import ROOT

TENANT = "00000000-0000-7000-8000-000000000001"


def free_port() -> int:
    """Below those that the kernel gives to clients: one that asks before anybody listens would connect to itself."""
    while True:
        port = secrets.randbelow(12_000) + 20_000
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", port))
            return port


def eventually(what: Callable[[], bool], seconds: float = 30) -> bool:
    """Waits for something to become true, as long as a slow machine may need."""
    until = time.monotonic() + seconds
    while not (true := what()) and time.monotonic() < until:
        time.sleep(0.05)
    return true


@dataclass(frozen=True, slots=True)
class Running:
    """A collector that answers."""

    process: subprocess.Popen[bytes]
    netflow: int
    sflow: int
    health: int

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health}{path}", timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def well(self) -> bool:
        return self.get("/healthz")[0] == 200

    def counter(self, name: str, exporter: str = "127.0.0.1") -> int:
        sought = f'flowlens_collector_{name}_total{{exporter="{exporter}"}} '
        lines = self.get("/metrics")[1].splitlines()
        return int(next((line.removeprefix(sought) for line in lines if line.startswith(sought)), 0))

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def send(datagrams: Iterable[bytes], port: int, host: str = "127.0.0.1", *, every: int = 50) -> None:
    """Sends with a breath now and then, so that loopback loses nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        for count, datagram in enumerate(datagrams):
            sender.sendto(datagram, (host, port))
            if count % every == 0:
                time.sleep(0.002)


@contextmanager
def collector(endpoint: str, spool: Path, **settings: str | int | float) -> Iterator[Running]:
    """A collector that puts to `endpoint`; settings are those of collector_vm.settings."""
    netflow, sflow, health = free_port(), free_port(), free_port()
    given = {
        "tenant": TENANT,
        "stream": "flows",
        "sources_table": "flow-sources",
        "bind": "127.0.0.1,::1",
        "netflow_ports": netflow,
        "sflow_ports": sflow,
        "health_port": health,
        "spool": spool,
        "spool_reserve_bytes": 0,
        "workers": 1,
        "drain_seconds": 20,
        **settings,
    }
    environment = {**os.environ, **{f"COLLECTOR_{name.upper()}": str(value) for name, value in given.items()}}
    environment |= {
        "AWS_ENDPOINT_URL": endpoint,
        "PYTHONPATH": f"{os.environ.get('PYTHONPATH', '')}:{ROOT}",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    environment |= {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    process = subprocess.Popen(
        [sys.executable, "-m", "collector_vm"], env=environment, cwd=spool.parent, stdout=subprocess.DEVNULL
    )
    running = Running(process, netflow, sflow, health)
    try:
        if not eventually(running.well):
            raise TimeoutError("the collector does not answer")
        yield running
    finally:
        if process.poll() is None:
            process.kill()  # its workers feel it and end by themselves
            process.wait()


def health(running: Running) -> dict[str, object]:
    document: dict[str, object] = orjson.loads(running.get("/healthz")[1])
    return document
