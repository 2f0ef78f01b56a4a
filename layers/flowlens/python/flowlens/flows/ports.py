"""Services by port: what IANA registered, and what operators know better (ports.csv)."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Values

_PRIVILEGED, _EPHEMERAL = 1024, 32768
_UDP = np.isin(np.arange(256), (17, 136))  # the others with ports are looked up as TCP
_UDP_TABLE = np.where(_UDP, 65536, 0)
_UNKNOWN = 4


@cache
def _names() -> dict[tuple[str, int], tuple[str, str]]:
    """(protocol, port) → (name, origin); where both name a port, our own word comes last and stays."""
    with (files("flowlens.flows") / "ports.csv").open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["origin"] == "flowlens")
    return {(row["protocol"], int(row["port"])): (row["name"], row["origin"]) for row in rows}


def name(port: int, protocol: int) -> str | None:
    """What usually listens there."""
    if protocol not in (6, 17, 33, 132, 136):
        return None
    found = _names().get(("udp" if _UDP[protocol] else "tcp", port))
    return found[0] if found else None


def beginning(part: str) -> list[tuple[int, int]]:
    """(protocol, port) of the services whose name begins with it, whatever the case, by protocol and port."""
    wanted = part.lower()
    return [service for name, service in _small_names() if name.startswith(wanted)]


@cache
def _small_names() -> list[tuple[str, tuple[int, int]]]:
    """(name in small letters, (protocol, port)) by protocol and port."""
    numbers = {"tcp": 6, "udp": 17}
    found = [(name.lower(), (numbers[protocol], port)) for (protocol, port), (name, _) in _names().items()]
    return sorted(found, key=lambda one: one[1])


@cache
def ranks_by_port() -> NDArray[np.uint8]:
    """By port, the ports of TCP first, then those of UDP."""
    ranks = np.full((2, 65536), _UNKNOWN, np.uint8)
    for (protocol, port), (_, origin) in _names().items():
        ranks[int(protocol == "udp"), port] = (0 if origin == "flowlens" else 2) + (port >= _EPHEMERAL)
    ranks[:, 1:_PRIVILEGED] = 0
    return ranks.ravel()


def ranks(protocol: Values, *sides: Values) -> list[NDArray[np.uint8]]:
    """How well the port of each side is known, 0 best: privileged or ours, ours but ephemeral, IANA's, that but
    ephemeral, unknown."""
    table = _UDP_TABLE[protocol]
    return [ranks_by_port()[table + side] for side in sides]
