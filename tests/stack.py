"""The whole of FlowLens, started as its user starts it: `flowlens up` in a home and on ports of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cdk.local import tether
from cdk.local.home import Home

_PATIENCE = 120.0  # a machine that is busy with other tests


@dataclass(slots=True)
class RunningStack:
    """A stack in a process of its own."""

    home: Home
    process: subprocess.Popen[bytes]

    @property
    def told(self) -> dict[str, Any]:
        """What run.json says: url, pids, ports, aws_endpoint, database_url."""
        return self.home.running()

    @property
    def url(self) -> str:
        return str(self.told["url"])

    @property
    def token(self) -> str:
        return self.home.read_token() or ""

    @property
    def ports(self) -> dict[str, int]:
        return dict(self.told["ports"])

    @property
    def database_url(self) -> str:
        return str(self.told["database_url"])

    def get(self, path: str, *, token: str | None = None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case, body; with the administrator's token unless given another."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["web"], timeout=60)
        try:
            bearer = self.token if token is None else token
            connection.request("GET", path, headers={"Authorization": f"Bearer {bearer}"} if bearer else {})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def read(self, path: str) -> Any:
        """The JSON of an API path that must answer well, e.g. /sources."""
        status, _, body = self.get(f"/api/v1{path}")
        assert status == 200, f"{path}: {status} {body[:500]!r}"
        return json.loads(body)

    def send(self, port: str, payloads: Iterable[bytes], *, source: str = "127.0.0.1") -> int:
        """Datagrams to the port of that name, slowly enough for any receive buffer; how many they were."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.bind((source, 0))
            out.connect(("127.0.0.1", self.ports[port]))
            sent = 0
            for payload in payloads:
                out.send(payload)
                sent += 1
                if sent % 50 == 0:
                    time.sleep(0.01)
        return sent

    def listens(self, port: str) -> bool:
        """Whether a socket is bound to the port of that name: asked of the kernel, so that nothing is sent."""
        bound = f":{self.ports[port]:04X}"
        tables = [Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("udp", "udp6")]
        return any(line.split()[1].endswith(bound) for table in tables for line in table)

    def stop(self) -> int:
        """As Ctrl-C does; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(_PATIENCE)


def start(home: Path, *options: str) -> RunningStack:
    """Returns when the stack says that it runs."""
    log = home.with_suffix(".up.log")
    random = [part for name in ("port", "netflow-port", "ipfix-port", "sflow-port") for part in (f"--{name}", "0")]
    with log.open("ab") as output:
        process = subprocess.Popen(
            tether.command(
                [sys.executable, "-m", "cdk.local.cli", "up", "--home", str(home), *random, *options],
                death=signal.SIGTERM,
            ),
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            cwd=Path(__file__).parents[1],
            env={name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FLOWLENS_"))},
        )
    stack = RunningStack(Home(home), process)
    until(lambda: process.poll() is not None or stack.told.get("pid") == process.pid, "the stack starts")
    if process.poll() is not None:
        raise AssertionError(log.read_text()[-3000:])
    # Its greeting makes a link for the first account, which ends the link that a test made before it.
    until(lambda: process.poll() is not None or "Ctrl-C stops it" in log.read_text(), "the stack greets")
    return stack


def until(true: Callable[[], object], what: str, *, seconds: float = _PATIENCE) -> None:
    """Waits for something that will come; fails, saying what did not, when it is long overdue."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.1)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningStack]:
    """One for the whole session: a test that uses it sends from addresses of its own and looks for its own."""
    running = start(tmp_path_factory.mktemp("stack") / "home")
    yield running
    running.stop()
