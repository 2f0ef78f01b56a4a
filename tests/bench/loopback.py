"""Sends recordings over UDP loopback as fast as the receiver keeps up, and sees what the kernel dropped."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.sending import Sender

_FULL = 1_500_000  # octets of a receive queue, the kernel's own overhead included; 4 MiB is what peers get


@dataclass(frozen=True, slots=True)
class Queue:
    """What the kernel says of the UDP sockets on a port: octets that wait, datagrams dropped since they were opened."""

    waiting: int
    dropped: int


def queue(port: int) -> Queue:
    waiting = dropped = 0
    for table in ("udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            cells = line.split()
            if int(cells[1].rpartition(":")[2], 16) == port:
                waiting += int(cells[4].rpartition(":")[2], 16)
                dropped += int(cells[12])
    return Queue(waiting, dropped)


def send(sender: Sender, port: int, *, count: int) -> None:
    """So many datagrams. Waits whenever the receiver's queue is filling, so that nobody loses any."""

    def wait() -> None:
        while queue(port).waiting > _FULL:
            time.sleep(0.001)

    sender.send(count, wait)
    while queue(port).waiting:
        time.sleep(0.005)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int, *, seconds: float = 30) -> None:
    """Returns when somebody has bound the port."""
    needle = f":{port:04X} "
    deadline = time.monotonic() + seconds
    while not any(needle in Path(f"/proc/net/{table}").read_text() for table in ("udp", "udp6")):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody listens on UDP port {port}")
        time.sleep(0.02)
