"""Flows for tests, a line each: `10.1.0.1:40000 > 10.200.0.1:443 tcp`, then words such as `flags=S octets=52`."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from uuid import UUID

import numpy as np
from flowlens.flows import body
from flowlens.flows.batch import FLOWS, Identity, pack
from flowlens.flows.columns import BY_NAME, Columns

_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmp6": 58, "gre": 47, "sctp": 132}
_FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}
NOW = 1_790_000_000_000  # ms
SPOOL = UUID("00000000-0000-7000-8000-00000000000a")


def halves(text: str) -> tuple[int, int]:
    """An address as the columns hold it."""
    address = ip_address(text)
    number = int(address) if isinstance(address, IPv6Address) else int(address) | 0xFFFF << 32
    return number >> 64, number & (2**64 - 1)


def _end(text: str) -> tuple[str, int]:
    if text.startswith("["):
        address, _, port = text[1:].partition("]:")
    elif text.count(":") > 1:
        return text, 0
    else:
        address, _, port = text.partition(":")
    return address, int(port or 0)


def _row(line: str, now: int) -> dict[str, int]:
    source, _, destination, protocol, *words = line.split()
    (src, src_port), (dst, dst_port) = _end(source), _end(destination)
    row = {"src_port": src_port, "dst_port": dst_port, "protocol": _PROTOCOLS[protocol]}
    row |= {"ip_version": ip_address(src).version, "octets": 100, "packets": 2, "format": 10}
    row["src_high"], row["src_low"] = halves(src)
    row["dst_high"], row["dst_low"] = halves(dst)
    row |= {"received": now, "start": now, "end": now}
    for word in words:
        name, _, value = word.partition("=")
        if name == "flags":
            row["tcp_flags"] = sum(_FLAGS[letter] for letter in value)
        elif name in ("at", "lasting", "sent"):
            _when(row, name, int(value))
        else:
            row[name] = int(value, 0)
    return row


def _when(row: dict[str, int], name: str, value: int) -> None:
    """`at` moves the flow in ms, `sent` its receipt too, `lasting` begins it earlier."""
    if name == "lasting":
        row["start"] = row["end"] - value
        return
    for column in ("start", "end", *(["received"] if name == "sent" else [])):
        row[column] += value


def flows(*lines: str, now: int = NOW) -> Columns:
    rows = [_row(line, now) for line in lines]
    names = {name for row in rows for name in row}
    values = {n: np.array([row.get(n, BY_NAME[n].default) for row in rows], BY_NAME[n].dtype) for n in names}
    return Columns(len(rows), values)


def record(number: int, columns: Columns, *, tenant: UUID, exporters: tuple[str, ...] = ("192.0.2.1",)) -> bytes:
    """A stream record of these flows."""
    return pack(Identity(tenant, SPOOL, 7, number), FLOWS, body.encode(columns, list(exporters)))
