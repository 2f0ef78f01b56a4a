"""Flows by number, and what they come to: counted one at a time, by nothing that the product uses."""

from __future__ import annotations

import time
from collections.abc import Iterable

import numpy as np
from flowlens.flows import body
from flowlens.flows.columns import Columns

from tests.traffic import flows, halves

NOW = int(time.time() * 1000)
_ROW = flows("10.1.0.1:40000 > 10.200.0.1:443 tcp octets=40 packets=1")
_CLIENTS, _SERVERS = (np.uint64(halves(network)[1]) for network in ("10.1.0.0", "10.200.0.0"))
Totals = dict[tuple[str, str, int], tuple[int, int, int, int]]  # flows, octets sent, octets received, packets


def generated(seed: int, number: int, *, rows: int = 10) -> Columns:
    """The flows of one record."""
    random = np.random.default_rng([seed, number])
    clients, servers = random.integers(1, 20, rows), random.integers(1, 6, rows)
    forward = random.random(rows) < 0.5
    low = {"client": _CLIENTS + clients.astype(np.uint64), "server": _SERVERS + servers.astype(np.uint64)}
    values = {name: np.repeat(column, rows) for name, column in _ROW.values.items()}
    values["src_low"] = np.where(forward, low["client"], low["server"])
    values["dst_low"] = np.where(forward, low["server"], low["client"])
    values["src_port"] = np.where(forward, 40000, 443).astype(values["src_port"].dtype)
    values["dst_port"] = np.where(forward, 443, 40000).astype(values["dst_port"].dtype)
    values["octets"] = random.integers(40, 9999, rows).astype(values["octets"].dtype)
    values["packets"] = random.integers(1, 30, rows).astype(values["packets"].dtype)
    moment = NOW - int(random.integers(0, 7_200_000))
    values |= {name: np.full(rows, moment, values[name].dtype) for name in ("received", "start", "end")}
    return Columns(rows, values)


def encoded(columns: Columns) -> bytes:
    return body.encode(columns, ["192.0.2.1"])


def altered(columns: Columns) -> Columns:
    """As large, but other octets."""
    return Columns(columns.rows, {**columns.values, "octets": columns["octets"] + np.uint64(1)})


def expected(sent: Iterable[Columns]) -> Totals:
    sums: dict[tuple[int, int], list[int]] = {}
    for columns in sent:
        names = ("src_low", "dst_low", "src_port", "octets", "packets")
        for src, dst, src_port, octets, packets in zip(*(columns[name].tolist() for name in names), strict=True):
            forward = src_port == 40000
            total = sums.setdefault((src, dst) if forward else (dst, src), [0, 0, 0, 0])
            total[0] += 1
            total[1 if forward else 2] += octets
            total[3] += packets
    return {(_text(c), _text(s), 443): (total[0], total[1], total[2], total[3]) for (c, s), total in sums.items()}


def _text(low: int) -> str:
    return ".".join(str(low >> shift & 255) for shift in (24, 16, 8, 0))
