"""`flowlens replay`: the export datagrams of a capture, sent again as if they were being exported now."""

from __future__ import annotations

import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from flowlens.model.errors import Invalid

from cdk.local.packets import Datagrams, Payload
from cdk.local.pcap import read
from cdk.local.progress import bar
from cdk.local.shift import Shifter, exported_at, version

_MAX_EXPORTERS = 1_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast to send: so many datagrams a second, or so many times the recorded pace, or (both None) at once."""

    rate: float | None = None
    speed: float | None = None

    @classmethod
    def of(cls, *, rate: float | None, speed: float | None, fast: bool) -> Pace:
        """The pace that the options ask for; the recorded one when they ask for nothing."""
        if (rate is not None) + (speed is not None) + fast > 1:
            raise Invalid("choose one of --rate, --speed and --as-fast-as-possible")
        return cls(rate, None if rate or fast else speed or 1.0)

    def due(self, position: int, since_first: float) -> float:
        """Seconds after the first datagram at which the one at `position` is to be sent."""
        if self.rate is not None:
            return position / self.rate
        return since_first / self.speed if self.speed is not None else 0.0


@dataclass(slots=True)
class Survey:
    """What a capture holds, learnt before anything is sent."""

    datagrams: int = 0
    others: int = 0
    first: int = 0  # ns, as captured
    last: int = 0
    exported: int = 0  # the latest header time, seconds
    exporters: Counter[str] = field(default_factory=Counter)

    @property
    def span(self) -> float:
        return max(0, self.last - self.first) / 1e9


def exports(path: Path, *, port: int | None = None) -> Iterator[Payload]:
    """The datagrams of a capture, those to `port` where one is given."""
    capture = read(path)
    for payload in Datagrams(capture, capture.skipped):
        if port is None or payload.destination_port == port:
            yield payload


def survey(payloads: Iterable[Payload]) -> Survey:
    found = Survey()
    for payload in payloads:
        if version(payload.data) is None:
            found.others += 1
            continue
        found.first = min(found.first or payload.at, payload.at)
        found.last = max(found.last, payload.at)
        found.exported = max(found.exported, exported_at(payload.data) or 0)
        found.datagrams += 1
        if payload.sender in found.exporters or len(found.exporters) < _MAX_EXPORTERS:
            found.exporters[payload.sender] += 1
    return found


def seconds_to_now(found: Survey, pace: Pace, *, now: float) -> int:
    """The shift with which the latest export carries the moment at which it will be sent."""
    if not found.exported:
        return 0
    return round(now + pace.due(found.datagrams, found.span)) - found.exported


def send(payloads: Iterable[Payload], *, out: socket.socket, pace: Pace, shifter: Shifter | None) -> int:
    """Sends every export datagram on a connected socket, in order; returns how many."""
    began, first, sent = time.monotonic(), None, 0
    for payload in payloads:
        if version(payload.data) is None:
            continue
        first = payload.at if first is None else first
        wait = began + pace.due(sent, (payload.at - first) / 1e9) - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        data = payload.data if shifter is None else shifter.shift(payload.source, payload.data)
        deliver(out, data)
        sent += 1
    return sent


def deliver(out: socket.socket, data: bytes) -> None:
    """Nobody need be listening: a refusal answers an earlier datagram, and this one has not been sent yet."""
    try:
        out.send(data)
    except ConnectionRefusedError:
        with suppress(ConnectionRefusedError):
            out.send(data)


def target(to: str, *, source: str | None = None) -> socket.socket:
    """A UDP socket connected to HOST:PORT, sending from `source` where one is given."""
    host, _, port = to.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise Invalid(f"{to!r} is not HOST:PORT, such as 127.0.0.1:2055 or [::1]:2055")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)[0]
    except socket.gaierror as error:
        raise Invalid(f"{host} cannot be resolved: {error.strerror}") from error
    out = socket.socket(family, kind)
    try:
        if source is not None:
            out.bind((source, 0))
        out.connect(address)
    except OSError as error:
        out.close()
        raise Invalid(f"cannot send from {source or 'here'} to {to}: {error.strerror or error}") from error
    return out


def run(file: Path, *, to: str, pace: Pace, shift: bool, source: str | None, port: int | None) -> None:
    """The command: survey, say where it goes, send, say what was sent."""
    if str(file) == "-":
        raise Invalid("replay reads the capture twice, so it cannot read standard input")
    found = survey(exports(file, port=port))
    if not found.datagrams:
        raise Invalid(f"{file} holds no NetFlow, IPFIX or sFlow datagram{f' to port {port}' if port else ''}")
    with target(to, source=source) as out:
        shifter = Shifter(seconds_to_now(found, pace, now=time.time())) if shift else None
        _announce(found, out)
        payloads = exports(file, port=port)
        with bar("sending", total=found.datagrams) as advance:
            try:
                sent = send(_counting(payloads, advance), out=out, pace=pace, shifter=shifter)
            except OSError as error:
                raise Invalid(f"cannot send to {to}: {(error.strerror or str(error)).lower()}") from error
    _say(f"sent {sent:,} datagrams" + (f", {found.others:,} others left out" if found.others else ""))
    if shifter is not None and (missing := shifter.unknown["template_missing"]):
        _say(f"{missing:,} data sets keep their recorded times: their template had not come yet")


def _counting(payloads: Iterable[Payload], advance: Callable[[float], None]) -> Iterator[Payload]:
    for payload in payloads:
        yield payload
        advance(1)


def _announce(found: Survey, out: socket.socket) -> None:
    host, port = out.getpeername()[:2]
    local = out.getsockname()[0]
    _say(f"sending {found.datagrams:,} datagrams from {local} to {host} port {port}")
    if not ip_address(host.partition("%")[0]).is_loopback:
        _say("this leaves the machine")
    if len(found.exporters) > 1:
        _say(f"{len(found.exporters)} exporters of the capture will all appear as {local}")


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201
