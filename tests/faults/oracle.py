"""Flows by number, and what they come to: counted one at a time, by nothing that the product uses."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

import numpy as np
from flowlens.flows import body
from flowlens.flows.columns import Columns

from tests.traffic import flows

NOW = int(time.time() * 1000)
Totals = dict[tuple[str, str, int], tuple[int, int, int, int]]  # flows, octets sent, octets received, packets


def generated(seed: int, number: int, *, rows: int = 10) -> Columns:
    """The flows of one record."""
    random = np.random.default_rng([seed, number])
    lines = []
    for _ in range(rows):
        client, server = f"10.1.0.{random.integers(1, 20)}:40000", f"10.200.0.{random.integers(1, 6)}:443"
        ends = (client, server) if random.random() < 0.5 else (server, client)
        lines.append(f"{ends[0]} > {ends[1]} tcp octets={random.integers(40, 9999)} packets={random.integers(1, 30)}")
    return flows(*lines, now=NOW - int(random.integers(0, 7_200_000)))


def encoded(columns: Columns) -> bytes:
    return body.encode(columns, ["192.0.2.1"])


def altered(columns: Columns) -> Columns:
    """As large, but other octets."""
    return Columns(columns.rows, {**columns.values, "octets": columns["octets"] + np.uint64(1)})


def expected(sent: Iterable[Columns]) -> Totals:
    sums: dict[tuple[str, str, int], Counter[str]] = {}
    for columns in sent:
        names = ("src_low", "dst_low", "src_port", "octets", "packets")
        for src, dst, src_port, octets, packets in zip(*(columns[name].tolist() for name in names), strict=True):
            forward = src_port == 40000
            client, server = (src, dst) if forward else (dst, src)
            counter = sums.setdefault((_text(client), _text(server), 443), Counter())
            counter.update(flows=1, packets=packets, **{"sent" if forward else "received": octets})
    return {key: (c["flows"], c["sent"], c["received"], c["packets"]) for key, c in sums.items()}


def _text(low: int) -> str:
    return ".".join(str(low >> shift & 255) for shift in (24, 16, 8, 0))
