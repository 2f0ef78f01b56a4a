"""Flows as text: what a hand-made case expects, and what came."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address
from pathlib import Path

from flowlens.flows.columns import SCHEMA, Columns, Format, Initiator, RateSource, Tunnel
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode

RECEIVED = 1_760_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENUMS = {"format": Format, "rate_source": RateSource, "initiator": Initiator, "tunnel": Tunnel}
Row = dict[str, str | int]


def read_hex(path: Path) -> list[bytes]:
    """The datagrams of a .hex file: an empty line parts them, `#` begins a comment."""
    bare = re.sub(r"#.*", "#", path.read_text())
    pieces = (bytes.fromhex(re.sub(r"[#\s]", "", part)) for part in bare.split("\n\n"))
    return [piece for piece in pieces if piece]


def rows(flows: Columns) -> list[Row]:
    """Each flow as what differs from a column's default, addresses and times readable."""
    columns = {column.name: flows[column.name].tolist() for column in SCHEMA}
    return [_row({name: values[at] for name, values in columns.items()}) for at in range(flows.rows)]


def _row(values: dict[str, int]) -> Row:
    row: Row = {}
    for column in SCHEMA:
        value = values[column.name]
        stem, _, half = column.name.rpartition("_")
        if half == "high":
            whole = value << 64 | values[f"{stem}_low"]
            row |= {stem: _address(whole)} if whole else {}
        elif half != "low" and value != column.default and column.name != "received":
            row[column.name] = _text(column.name, value)
    return row


def _address(whole: int) -> str:
    address = IPv6Address(whole)
    return str(address.ipv4_mapped or address)


def _text(name: str, value: int) -> str | int:
    if name in _ENUMS:
        return str(_ENUMS[name](value).name)
    if name in ("start", "end"):
        return (_EPOCH + timedelta(milliseconds=value)).isoformat(timespec="milliseconds")
    return f"{value:#06x}" if name == "icmp" else f"{value:012x}" if name.endswith("_mac") else value


def decoded(datagrams: list[bytes]) -> dict[str, object]:
    """What a new state makes of the datagrams, one after the other, and what it counted."""
    state, flows = DecoderState(), []
    for datagram in datagrams:
        flows += rows(decode(Datagrams.of([datagram], received=RECEIVED), state))
    state.finish()
    return {"flows": flows, "counters": dict(sorted(state.counters(0).items()))}


def signatures(parts: list[Columns]) -> dict[str, int]:
    """The flows of several batches, without their order."""
    found: dict[str, int] = defaultdict(int)
    for part in parts:
        for row in rows(part):
            found[str(row)] += 1
    return dict(found)
