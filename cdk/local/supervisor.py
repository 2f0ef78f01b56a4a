"""The whole of FlowLens on one machine: starts it in order, watches it, stops it in order."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from flowlens.model.errors import Invalid

from cdk.local import children, ports, processes, uploads
from cdk.local.children import NotStarted
from cdk.local.demo import geography
from cdk.local.edge import Edge, app
from cdk.local.home import Home
from cdk.local.lambdas import LambdaService
from cdk.local.postgres import DATABASE, OWNER, Postgres
from cdk.local.resources import LOG_BUCKET, Database, Resources
from cdk.local.tail import Tail
from cdk.local.wakers import Wakers
from cdk.local.watch import Watched

_PAGES = processes.ROOT / "web" / "dist"
_LOOK_SECONDS = 0.5
_TRIM_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user asked for. A port of None is the customary one if free, 0 is any."""

    home: Home
    port: int | None = None
    netflow_port: int | None = None
    ipfix_port: int | None = None
    sflow_port: int | None = None
    listen: tuple[str, ...] = ("127.0.0.1", "::1")
    unknown_exporters: str = "accept"
    capture: tuple[str, ...] = ()
    demo: bool = False
    outbound: str = ""  # networks, with commas, that FlowLens may ask though they are not public
    quotas: str = ""  # what may be asked in a minute, where it is not the defaults
    authorities: str = ""  # certificates as PEM that it trusts there

    def __post_init__(self) -> None:
        for address in self.listen:
            try:
                ip_address(address)
            except ValueError:
                raise Invalid(f"--listen takes addresses of this machine, and {address!r} is none") from None

    @property
    def elsewhere(self) -> bool:
        """Whether exporters on other machines are heard."""
        return any(not ip_address(one).is_loopback for one in self.listen)


class Stack:
    """Everything that runs. Make it, start it, watch it and stop it from one thread, the main one."""

    def __init__(self, wishes: Wishes, tell: Callable[[str], None]) -> None:
        self._wishes = wishes
        self._tell = tell
        self._home = wishes.home
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._watched: list[Watched] = []
        self._wakers: Wakers | None = None
        self._edge: Edge | None = None
        self._postgres = Postgres(self._home.database, log=self._home.logs / "postgres.log")
        self.ports = self._choose_ports()
        self._endpoint = f"http://127.0.0.1:{self.ports['aws']}"
        self._lambdas = LambdaService(self._home.logs)
        self._resources: Resources | None = None
        self._started = time.time()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['web']}"

    @property
    def logs(self) -> Path:
        return self._home.logs

    @property
    def token(self) -> str:
        return self._home.read_token() or ""

    def start(self) -> None:
        """Returns when the map can be opened and exporters can send."""
        threading.Thread(target=_import_boto3, daemon=True).start()  # while the emulation imports moto
        self._start_emulation()
        self._postgres.start()
        resources = self._resources = self._declare()
        for spec in resources.functions():
            self._lambdas.add(spec)
        for first in ("deploy-migrate", "operations-publish"):
            self._lambdas.function(first).warm()
        self._await_emulation()
        resources.create()
        self._home.write_sealing_key(resources.read_sealing_key())
        self._lambdas.function("api-handler").warm()
        self._call("deploy-migrate")
        self._home.write_token(resources.read_admin_token())
        self._call("operations-publish")  # the collector learns whom to hold before it hears anybody
        self._start_collector()
        self._start_wakers()
        self._start_edge()
        children.await_collector(self._home, self._children["collector"], self.ports["collector_health"])
        self._write_run()
        if self._wishes.demo:
            self._start_demo()
        self._watch()

    def run(self) -> None:
        """Watches until the thread is interrupted."""
        trimmed, demo = 0.0, Tail(self._home.logs / "demo.log")
        while True:
            time.sleep(_LOOK_SECONDS)
            for watched in self._watched:
                if words := watched.look():
                    self._tell(words)
                    self._write_run()
            for line in demo.lines():
                self._tell(line)
            if time.monotonic() - trimmed > _TRIM_SECONDS:
                processes.trim_logs(self._home.logs)
                trimmed = time.monotonic()

    def stop(self) -> None:
        """In the order of the flows, so that what was received is counted; each part has its time, then is killed."""
        self._watched.clear()
        if self._wakers:
            self._wakers.rest()
        for name in ("demo", "collector"):
            self._stop_child(name, seconds=20)
        if self._wakers:
            self._wakers.stop()
        if self._edge:
            self._edge.stop(seconds=5)
        self._lambdas.close()
        self._stop_child("emulation", seconds=5)
        self._postgres.stop()
        self._home.run_file.unlink(missing_ok=True)

    def status(self) -> dict[str, object]:
        """For `flowlens doctor`."""
        return {
            "started": self._started,
            "running": [name for name, pid in self._pids().items() if pid is not None],
            "restarts": {watched.name: watched.restarts for watched in self._watched},
            "ports": self.ports,
            "streams": self._wakers.status() if self._wakers else {},
        }

    # --- starting, part by part

    def _choose_ports(self) -> dict[str, int]:
        wishes, udp = self._wishes, socket.SOCK_DGRAM
        return {
            "web": ports.choose(socket.SOCK_STREAM, wishes.port, 8080),
            "netflow": ports.choose(udp, wishes.netflow_port, 2055, addresses=wishes.listen),
            "ipfix": ports.choose(udp, wishes.ipfix_port, 4739, addresses=wishes.listen),
            "sflow": ports.choose(udp, wishes.sflow_port, 6343, addresses=wishes.listen),
            "aws": ports.any_free(),
            "collector_health": ports.any_free(),
        }

    def _start_emulation(self) -> None:
        self._children["emulation"] = children.start_emulation(self._home, self.ports["aws"], self._lambdas.url)

    def _await_emulation(self) -> None:
        children.await_emulation(self._home, self._children["emulation"], self._endpoint)

    def _declare(self) -> Resources:
        where = Database(
            host="127.0.0.1", port=self._postgres.port, dbname=DATABASE, owner=OWNER, password=self._postgres.password
        )
        return Resources(
            endpoint=self._endpoint,
            database=where,
            archive=self._home.archive,
            admin_token=self._home.read_token(),
            sealing_key=self._home.read_sealing_key(),
            outbound={"networks": self._wishes.outbound, "authorities": self._wishes.authorities},
            choices={"quotas": self._wishes.quotas},
            factor_key=self._home.factor_key(),
        )

    def _call(self, function: str) -> None:
        outcome = self._lambdas.invoke(function, b"{}")
        if outcome.failed:
            said = json.loads(outcome.payload)
            log = self._home.logs / f"{function}.log"
            raise NotStarted(f"{function} failed: {said.get('errorType')}: {said.get('errorMessage')} (see {log})")

    def _start_wakers(self) -> None:
        self._wakers = Wakers(
            self._endpoint,
            self._lambdas,
            self._home.checkpoints,
            ready=lambda: self._postgres.pid is not None,  # no retry is spent on a database that is away
        )
        self._wakers.start()

    def _start_collector(self) -> None:
        if self._resources is not None:
            wishes = self._wishes
            asked = children.Asked(wishes.listen, wishes.unknown_exporters, wishes.capture)
            self._children["collector"] = children.start_collector(self._home, self._resources, self.ports, asked)

    def _start_edge(self) -> None:
        api = self._lambdas.function("api-handler")
        config = {
            "api": "/api/v1",
            "stage": "local",
            "netflowPort": self.ports["netflow"],
            "ipfixPort": self.ports["ipfix"],
            "sflowPort": self.ports["sflow"],
        }
        application: Any = app(
            invoke=api.invoke, pages=_PAGES, config=config, status=self.status, keep=self._keep_upload
        )
        self._edge = Edge(application, self.ports["web"])
        self._edge.start()
        deadline = time.monotonic() + 10
        while not self._edge.serving:
            if time.monotonic() > deadline or not self._edge.alive:
                raise NotStarted(f"port {self.ports['web']} cannot be served: choose another with --port")
            time.sleep(0.01)

    def _keep_upload(self, form: uploads.Form) -> None:
        uploads.take(form, LOG_BUCKET, self._endpoint, datetime.now(UTC))

    def _start_demo(self) -> None:
        geography.give(self._home.archive)
        self._children["demo"] = children.start_demo(self._home, self._endpoint)

    # --- keeping it alive

    def _watch(self) -> None:
        self._watched = [
            Watched(name="Postgres", alive=lambda: self._postgres.pid is not None, restart=self._postgres.start),
            Watched(name="the AWS emulation", alive=self._lives("emulation"), restart=self._restart_emulation),
            Watched(name="the collector", alive=self._lives("collector"), restart=self._start_collector),
        ]
        if self._wishes.demo:
            self._watched.append(Watched(name="the demo", alive=self._lives("demo"), restart=self._start_demo))

    def _lives(self, name: str) -> Callable[[], bool]:
        return lambda: self._children[name].poll() is None

    def _restart_emulation(self) -> None:
        """It forgot everything but the stream's records."""
        self._start_emulation()
        self._await_emulation()
        try:
            if self._resources is not None:
                self._resources.create()
        except (BotoCoreError, ClientError) as refused:
            raise NotStarted(f"it answers, but not well ({refused})") from refused
        self._call("operations-publish")

    def _stop_child(self, name: str, *, seconds: float) -> None:
        if child := self._children.get(name):
            processes.stop(child, seconds=seconds)

    def _pids(self) -> dict[str, int | None]:
        alive = {name: child.pid for name, child in self._children.items() if child.poll() is None}
        return {"postgres": self._postgres.pid, **alive}

    def _write_run(self) -> None:
        self._home.write_run(
            {
                "url": self.url,
                "token_file": str(self._home.token_file),
                "pid": os.getpid(),
                "pids": self._pids(),
                "ports": self.ports,
                "aws_endpoint": self._endpoint,
                "database_url": self._postgres.dsn(),
            }
        )


def _import_boto3() -> None:
    import boto3.session  # noqa: F401 (half a second that the first client need not wait for)
