"""Exporters that others made, sending to the running collector: their conversations are found through the API."""

from __future__ import annotations

import struct
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

from cdk.local.pcap import read
from tests.exporters.exporters import EXPORTERS, Exporter
from tests.planted import Conversation, is_client
from tests.recordings import EXPORTS
from tests.stack import RunningStack, until

pytestmark = pytest.mark.exporters
_CONVERSATIONS = 120


def generate(folder: Path, seed: int) -> Path:
    """Traffic of a known estate, another one for each seed."""
    capture = folder / "traffic.pcap"
    command = [sys.executable, str(EXPORTS / "make" / "gen_traffic.py"), str(capture), str(_CONVERSATIONS), str(seed)]
    subprocess.run(command, check=True, capture_output=True)
    return capture


def planted(capture: Path, *, only_ipv4: bool) -> set[Conversation]:
    """The TCP and UDP conversations in generated traffic, read from its packets."""
    found = set()
    for frame in read(capture):
        packet, version = frame.data[14:], frame.data[14] >> 4
        protocol, size, header = (packet[9], 4, 20) if version == 4 else (packet[6], 16, 40)
        at = 12 if version == 4 else 8
        ends = [str(ip_address(packet[at + n * size : at + (n + 1) * size])) for n in (0, 1)]
        if protocol in (6, 17) and (version == 4 or not only_ipv4):
            ports = struct.unpack_from(">HH", packet, header)
            client, server, port = (*ends, ports[1]) if is_client(ends[0]) else (*reversed(ends), ports[0])
            found.add(Conversation(client, server, protocol, port))
    return found


def known(stack: RunningStack) -> set[Conversation]:
    """Every dependency that the API tells of."""
    found, cursor = set(), ""
    while cursor is not None:
        page = stack.read(f"/dependencies?limit=500{f'&cursor={cursor}' if cursor else ''}")
        for item in page["items"]:
            ends = (item["client"]["address"], item["server"]["address"])
            found.add(Conversation(*ends, item["protocol"], item["port"]))
        cursor = page["next_cursor"]
    return found


def status(stack: RunningStack, exporter: Exporter) -> str:
    sources = {source["exporter"]: source for source in stack.read("/sources")["items"]}
    return str(sources[exporter.source]["status"])


@pytest.mark.parametrize(("seed", "exporter"), list(enumerate(EXPORTERS, 101)), ids=[e.name for e in EXPORTERS])
def test_the_conversations_of_a_live_exporter_are_on_the_map(
    stack: RunningStack, tmp_path: Path, seed: int, exporter: Exporter
) -> None:
    capture = generate(tmp_path, seed)
    expected = planted(capture, only_ipv4=exporter.name.endswith("v5"))
    assert len(expected) > _CONVERSATIONS / 2
    exporter.run(capture, stack.ports[exporter.to])
    until(lambda: expected <= known(stack), f"the conversations of {exporter.name}")
    until(lambda: status(stack, exporter) == "active", f"the collector's report of {exporter.name}")
