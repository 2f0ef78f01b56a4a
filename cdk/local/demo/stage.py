"""`flowlens demo`: enrols the exporters, then plays the estate's day and a VPC's until it is told to stop."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from botocore.exceptions import BotoCoreError, ClientError
from flowlens.model.errors import Invalid, NotFound

from cdk.local import aws
from cdk.local.demo.enrol import Api, enrol
from cdk.local.demo.estate import EXPORTERS, Estate, build
from cdk.local.demo.events import Happened, Script
from cdk.local.demo.exporters import Device
from cdk.local.demo.flow import Conversation
from cdk.local.demo.rules import classify
from cdk.local.demo.traffic import DAY, Traffic, clock
from cdk.local.demo.vpc import EVERY, Shop
from cdk.local.home import Home
from cdk.local.replay import deliver
from cdk.local.resources import LOG_BUCKET

_TICK = 0.5
_NETFLOW, _SFLOW = 2055, 6343
_PAUSE = 0.0005  # between datagrams, so that small receive buffers keep up


@dataclass(slots=True)
class Play:
    """The whole demo without clock and network: what happens, and what every exporter sends."""

    seed: int
    estate: Estate = field(init=False)
    traffic: Traffic = field(init=False)
    script: Script = field(init=False)
    devices: dict[str, Device] = field(init=False)

    def __post_init__(self) -> None:
        self.estate = build(self.seed)
        self.traffic = Traffic(self.estate, self.seed)
        self.script = Script(self.estate, self.seed)
        self.devices = {e.name: Device(e, self.seed) for e in EXPORTERS}

    def events(self, second: float) -> list[Happened]:
        return list(self.script.play(second, self.traffic))

    def datagrams(self, second: float, at: int) -> Iterator[tuple[str, bytes]]:
        """What was due by `second` of the play, exported at `at` (ms since 1970): exporter and datagram."""
        seen: dict[str, list[Conversation]] = {name: [] for name in self.devices}
        for exporter, conversation in (*self.traffic.until(second), *self.script.probes(second)):
            seen[exporter].append(conversation)
        for name, device in self.devices.items():
            for datagram in device.datagrams(seen[name], at):
                yield name, datagram


@dataclass(frozen=True, slots=True)
class Stack:
    """Where FlowLens runs."""

    url: str
    token: str
    netflow: int = _NETFLOW
    sflow: int = _SFLOW
    aws: str = ""  # the emulation's address, where the VPC's logs are delivered


def running(home: Home) -> Stack:
    """The stack that `flowlens up` started with this home."""
    told = home.running()
    if not told:
        raise NotFound(f"nothing runs with {home.path}: start it with `flowlens up`, or give --api and --token")
    try:
        ports: Mapping[str, int] = told["ports"]
        return Stack(
            told["url"], home.read_token() or "", ports["netflow"], ports["sflow"], told.get("aws_endpoint", "")
        )
    except (KeyError, TypeError) as error:
        raise Invalid(f"{home.run_file} is damaged: stop FlowLens and start it again") from error


def _find(api: str | None, token: str | None) -> Stack:
    if api is None:
        found = running(Home.chosen())
        return replace(found, token=token or found.token)
    if token is None:
        raise Invalid("--api needs a --token (or FLOWLENS_TOKEN)")
    return Stack(api, token)


def run(*, minutes: float | None, api: str | None, token: str | None, seed: int) -> None:
    """The command; `minutes` of None goes on until Ctrl-C."""
    stack = _find(api, token)
    known = Api(stack.url, stack.token)
    enrol(known, EXPORTERS)
    classify(known)
    play = Play(seed)
    _say(f"{len(play.estate.assets)} assets, {len(play.estate.links)} dependencies, {len(EXPORTERS)} exporters")
    _say(f"a day passes in {DAY / 60:g} minutes; it is {clock(0)}. The map: {stack.url}")
    with ExitStack() as open_sockets:
        sockets = {e.name: _socket(open_sockets, e.address, stack, e.speaks) for e in EXPORTERS}
        _perform(play, sockets, _Bucket(stack.aws, Shop(seed)), seconds=None if minutes is None else minutes * 60)


@dataclass(slots=True)
class _Bucket:
    """Where the VPC's logs are delivered; nowhere when FlowLens runs elsewhere."""

    endpoint: str
    shop: Shop
    due: float = EVERY

    def deliver(self, second: float, at: int) -> None:
        """A log that cannot be delivered is said and left: the emulation restarts."""
        if not self.endpoint or second < self.due:
            return
        self.due = second + EVERY
        key, data = self.shop.log(second, at)
        try:
            aws.client("s3", self.endpoint).put_object(Bucket=LOG_BUCKET, Key=key, Body=data)
        except (BotoCoreError, ClientError) as error:
            _say(f"a flow log was not delivered: {error}")


def _perform(play: Play, sockets: Mapping[str, socket.socket], bucket: _Bucket, *, seconds: float | None) -> None:
    began, sent = time.monotonic(), 0
    while seconds is None or time.monotonic() - began < seconds:
        second = time.monotonic() - began
        for happened in play.events(second):
            _say(happened.text)
        for exporter, datagram in play.datagrams(second, time.time_ns() // 1_000_000):
            deliver(sockets[exporter], datagram)
            sent += 1
            time.sleep(_PAUSE)
        bucket.deliver(second, time.time_ns() // 1_000_000)
        time.sleep(_TICK)
    _say(f"sent {sent:,} datagrams")


def _socket(stack: ExitStack, address: str, to: Stack, speaks: str) -> socket.socket:
    out = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    try:
        out.bind((address, 0))
    except OSError as error:
        raise Invalid(f"this machine does not let {address} be used as a loopback address") from error
    out.connect(("127.0.0.1", to.sflow if speaks == "sflow5" else to.netflow))
    return out


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201
