"""`make verify-recordings`: every recording over real UDP into a fresh stack; what is counted must equal what is true.

Each recording comes from an exporter address of its own that is enrolled in an address space of its own, so that one
stack counts them apart although their hosts overlap. Nothing is sent twice: a lost datagram is a difference.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from flowlens.flows.columns import Columns, join

from cdk.local.decode import Reading
from cdk.local.demo.enrol import Api, enrol
from cdk.local.demo.estate import Exporter
from cdk.local.packets import Payload
from cdk.local.pcap import read
from cdk.local.replay import Pace, exports, seconds_to_now, send, survey, target
from cdk.local.shift import Shifter
from tests.bench.loopback import queue
from tests.planted import Conversation, Volume, truth, unplanted
from tests.recordings import EXPORTS, TOTALS, Totals
from tests.stack import RunningStack, start

_RATE = 3_000  # datagrams per second
_BURST, _WAITING = 20, 50_000  # and no burst before the receive queue is this short: any buffer holds that
_TENANT = "00000000-0000-7000-8000-000000000001"
_STALLED = 60.0  # seconds without one more flow in the database after which the rest is missing
_TOTALS = """
    SELECT coalesce(sum(flows), 0), coalesce(sum(octets_seen), 0), coalesce(sum(packets_seen), 0),
           coalesce(sum(flows) FILTER (WHERE family(address) = 4), 0),
           coalesce(sum(flows) FILTER (WHERE family(address) = 6), 0)
      FROM dependencies JOIN assets ON asset_id = client_id JOIN address_spaces AS s
        ON s.address_space_id = dependencies.address_space_id
     WHERE s.name = %s
"""
_CONVERSATIONS = """
    SELECT host(c.address), host(v.address), protocol, port, flows, octets_sent, octets_received, packets_sent,
           packets_received
      FROM dependencies AS d JOIN assets AS c ON c.asset_id = client_id JOIN assets AS v ON v.asset_id = server_id
      JOIN address_spaces AS s ON s.address_space_id = d.address_space_id
     WHERE s.name = %s AND protocol IN (6, 17)
"""


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording and the exporter that sends it."""

    name: str
    address: str

    @property
    def path(self) -> Path:
        return EXPORTS / f"{self.name}.pcap.gz"

    @property
    def port(self) -> str:
        return "sflow" if "sflow" in self.name else "netflow"

    @property
    def exporter(self) -> Exporter:
        return Exporter(self.name, "", self.address, space=f"verify {self.name}")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing counted beside the truth."""

    what: str
    counted: int
    true: int

    @property
    def same(self) -> bool:
        return self.counted == self.true


RECORDINGS = tuple(Recording(name, f"127.0.20.{number}") for number, name in enumerate(TOTALS, 1))


def replay(recording: Recording, stack: RunningStack) -> int:
    """Sends it as `flowlens replay` does; how many datagrams."""
    found, pace = survey(exports(recording.path)), Pace(rate=_RATE)
    shifter = Shifter(seconds_to_now(found, pace, now=time.time()))
    port = stack.ports[recording.port]
    with target(f"127.0.0.1:{port}", source=recording.address) as out:
        return send(_gently(exports(recording.path), port), out=out, pace=pace, shifter=shifter)


def _gently(payloads: Iterator[Payload], port: int) -> Iterator[Payload]:
    """Lets a machine that is busy with something else catch up, so that the kernel drops nothing."""
    for number, payload in enumerate(payloads):
        while number % _BURST == 0 and queue(port).waiting > _WAITING:
            time.sleep(0.005)
        yield payload


def totals(connection: psycopg.Connection, recording: Recording) -> Totals:
    """What the database counted, as on the wire."""
    row = connection.execute(_TOTALS, [recording.exporter.space]).fetchone()
    return Totals(*(int(value) for value in row or (0,) * 5))


def conversations(connection: psycopg.Connection, recording: Recording) -> dict[Conversation, Volume]:
    rows = connection.execute(_CONVERSATIONS, [recording.exporter.space])
    return {Conversation(*row[:4]): Volume(*row[4:]) for row in rows}


def decoded(recording: Recording) -> Columns:
    return join([flows.columns for flows in Reading(read(recording.path))])


def checks(connection: psycopg.Connection, recording: Recording) -> Iterator[Check]:
    """Everything that must be equal."""
    counted, true = totals(connection, recording), TOTALS[recording.name]
    for name, one, other in zip(Totals._fields, counted, true, strict=True):
        yield Check(name, one, other)
    found, planted = conversations(connection, recording), truth(decoded(recording))
    yield Check("TCP and UDP conversations", len(found), len(planted))
    yield Check("with the planted client, server, port and volume", len(found.items() & planted.items()), len(planted))
    yield Check("turned the wrong way", len(list(unplanted(found))), 0)


def losses(stack: RunningStack, recording: Recording, sent: int) -> Iterator[Check]:
    """What the collector says of the exporter."""
    source = _source(stack, recording)
    yield Check("datagrams received", source["counters"].get("received", 0), sent)
    yield Check("datagrams and sets lost", sum(source["losses"].values()), 0)


def _wait(progress: Callable[[], int], wanted: int) -> None:
    """Until the number is reached, or has stood still for too long."""
    last, since = progress(), time.monotonic()
    while last < wanted and time.monotonic() - since < _STALLED:
        time.sleep(0.5)
        if (now := progress()) != last:
            last, since = now, time.monotonic()


def verify(stack: RunningStack) -> bool:
    """Whether every recording came out as it is; prints counted beside true."""
    api = Api(stack.url, stack.token)
    enrol(api, [recording.exporter for recording in RECORDINGS])
    sent = {recording: replay(recording, stack) for recording in RECORDINGS}
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('app.tenant', %s, false)", [_TENANT])
        for recording in RECORDINGS:
            _wait(partial(_flows, connection, recording), TOTALS[recording.name].flows)
            _wait(partial(_received, stack, recording), sent[recording])
        results = {r: [*losses(stack, r, sent[r]), *checks(connection, r)] for r in RECORDINGS}
    for recording, found in results.items():
        _print(recording, found)
    return all(check.same for found in results.values() for check in found)


def _flows(connection: psycopg.Connection, recording: Recording) -> int:
    return totals(connection, recording).flows


def _received(stack: RunningStack, recording: Recording) -> int:
    """By the collector's last report, which comes every ten seconds."""
    return int(_source(stack, recording)["counters"].get("received", 0))


def _source(stack: RunningStack, recording: Recording) -> dict[str, Any]:
    found: list[dict[str, Any]] = stack.read("/sources")["items"]
    return next(source for source in found if source["exporter"] == recording.address)


def _print(recording: Recording, found: list[Check]) -> None:
    lines = [f"{recording.name:<52}{'counted':>14}{'true':>14}"]
    lines += [f"  {c.what:<50}{c.counted:>14,}{c.true:>14,}{'' if c.same else '  DIFFERENT'}" for c in found]
    sys.stdout.write("\n".join(lines) + "\n\n")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="flowlens-verify-") as folder:
        stack = start(Path(folder) / "home")
        try:
            same = verify(stack)
        finally:
            stack.stop()
    sys.stdout.write("every recording counted to the unit\n" if same else "counted and true differ\n")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
