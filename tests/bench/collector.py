"""Flows per CPU-second of our collector and of its peers: the same recordings, the same run, by turns."""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict
from contextlib import closing

from tests.bench import loopback, peers, pipe, processes
from tests.bench.laps import Laps
from tests.bench.sending import Sender
from tests.recordings import TOTALS, payloads

ROUNDS = 3
# protocol: how often its recording is sent, so that the fastest takes about half a second of CPU
_TIMES = {"v5": 40, "v9": 24, "ipfix": 24, "sflow": 20}


class Void(Exception):
    """Somebody lost something: the round says nothing about cost."""


def run() -> dict[str, float]:
    """Medians over the rounds that nobody spoilt."""
    found: dict[str, list[float]] = defaultdict(list)
    for number in range(ROUNDS):
        for protocol in _TIMES:
            for name, peer in _contenders(protocol):
                try:
                    value = _peer(peer, protocol) if peer else _ours(protocol)
                except Void as void:
                    _say(f"round {number + 1}: {name} {protocol} is void: {void}")
                else:
                    found[f"{name}.{protocol}.flows_per_cpu_s"].append(value)
                    _say(f"round {number + 1}: {name} {protocol} {value:,.0f} flows per CPU-second")
    return {key: round(statistics.median(values)) for key, values in found.items()}


def _contenders(protocol: str) -> list[tuple[str, peers.Peer | None]]:
    those = [p for p in peers.PEERS if protocol in p.protocols and p.installed]
    return [("collector", None), *((f"peer.{p.name}", p) for p in those)]


def _ours(protocol: str) -> float:
    recording = pipe.RECORDINGS[protocol]
    times = _TIMES[protocol]
    cost = pipe.collect(recording, datagrams=times * len(payloads(recording)))
    _demand(cost.lost, cost.flows, TOTALS[recording].flows * times)
    return cost.flows_per_cpu_second


def _peer(peer: peers.Peer, protocol: str) -> float:
    recording = pipe.RECORDINGS[protocol]
    times = max(1, round(_TIMES[protocol] * peer.share))
    flows = TOTALS[recording].flows * times
    laps = Laps(recording)
    with peers.running(peer) as running, closing(Sender(laps, running.port)) as sender:
        loopback.send(sender, running.port, count=len(laps))  # the first templates, the first pages of memory
        before = processes.settled(running.pid, quiet=running.quiet)
        loopback.send(sender, running.port, count=times * len(laps))
        used = processes.settled(running.pid, quiet=running.quiet) - before
        dropped = loopback.queue(running.port).dropped
        _demand(dropped, running.count(), flows + TOTALS[recording].flows)
    return flows / (used / 1e9)


def _demand(dropped: int, counted: int | None, flows: int) -> None:
    if dropped:
        raise Void(f"the kernel dropped {dropped:,} datagrams")
    if counted is not None and counted != flows:
        raise Void(f"it counted {counted:,} of {flows:,} flows")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
