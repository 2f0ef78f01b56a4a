"""Flows as people and other programs read them: addresses and times as text, unknowns empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import numpy as np
from flowlens.flows.columns import BY_NAME, SCHEMA, Columns, Format, Initiator, RateSource, Values
from numpy.typing import NDArray

Cells = list[object]
_LATEST: Final = 253_402_300_799_999  # the end of the year 9999, ms: what RFC 3339 can say

# The columns that most exporters fill, in the order they are written, and what is kept of each in Parquet.
_COMMON: Final[Mapping[str, str]] = {
    "exporter": "text",
    "format": "text",
    "domain": "number",
    "received": "time",
    "start": "time",
    "end": "time",
    "source": "text",
    "source_port": "number",
    "destination": "text",
    "destination_port": "number",
    "protocol": "number",
    "tcp_flags": "number",
    "icmp_type": "number",
    "icmp_code": "number",
    "tos": "number",
    "octets": "number",
    "packets": "number",
    "sampling_rate": "number",
    "rate_source": "text",
    "input_if": "number",
    "output_if": "number",
    "next_hop": "text",
    "src_as": "number",
    "dst_as": "number",
    "src_mask": "number",
    "dst_mask": "number",
    "vlan": "number",
    "src_mac": "text",
    "dst_mac": "text",
    "direction": "text",
    "end_reason": "number",
    "initiator": "text",
}
_SHOWN: Final = frozenset({"src", "dst", "src_port", "dst_port", "icmp", "ip_version", *_COMMON})


def _further() -> Iterator[tuple[str, str]]:
    """What the schema has beyond those: the halves of an address as one text, anything else as a number."""
    for column in SCHEMA:
        stem = column.name.removesuffix("_high")
        if stem not in _SHOWN and not stem.endswith("_low"):
            yield stem, "number" if stem == column.name else "text"


_FURTHER: Final = dict(_further())
KINDS: Final[Mapping[str, str]] = {**_COMMON, **_FURTHER}


@dataclass(frozen=True, slots=True)
class Flows:
    """Some decoded flows, and the addresses that their `exporter` column points into."""

    columns: Columns
    exporters: list[str]


def cells(flows: Flows) -> dict[str, Cells]:
    """Each column of KINDS as values to print; None where the exporter did not say."""
    columns = flows.columns
    names = {int(f): f.name.lower() for f in Format}
    sources = {int(r): r.name.lower() for r in RateSource}
    return {
        "exporter": [flows.exporters[i] for i in columns["exporter"].tolist()],
        "format": [names.get(f) for f in columns["format"].tolist()],
        "domain": columns["domain"].tolist(),
        **{name: times(columns[name]) for name in ("received", "start", "end")},
        "source": addresses(columns, "src"),
        "source_port": columns["src_port"].tolist(),
        "destination": addresses(columns, "dst"),
        "destination_port": columns["dst_port"].tolist(),
        **{name: columns[name].tolist() for name in ("protocol", "tcp_flags")},
        "icmp_type": _said(columns["icmp"], columns["icmp"].astype(np.uint16) >> 8, 0xFFFF),
        "icmp_code": _said(columns["icmp"], columns["icmp"].astype(np.uint16) & 255, 0xFFFF),
        **{name: columns[name].tolist() for name in ("tos", "octets", "packets", "sampling_rate")},
        "rate_source": [sources.get(r) for r in columns["rate_source"].tolist()],
        **{name: columns[name].tolist() for name in ("input_if", "output_if")},
        "next_hop": addresses(columns, "next_hop"),
        **{name: columns[name].tolist() for name in ("src_as", "dst_as", "src_mask", "dst_mask", "vlan")},
        "src_mac": _macs(columns["src_mac"]),
        "dst_mac": _macs(columns["dst_mac"]),
        "direction": [("ingress", "egress", None)[min(d, 2)] for d in columns["direction"].tolist()],
        "end_reason": _said(columns["end_reason"], columns["end_reason"], 0),
        "initiator": _initiators(columns["initiator"]),
        **{name: _more(columns, name, kind) for name, kind in _FURTHER.items()},
    }


def times(values: Values) -> Cells:
    """RFC 3339 in UTC with milliseconds; what lies outside its years is put on their edge."""
    within = np.clip(values.astype(np.int64), 0, _LATEST).astype("datetime64[ms]")
    return [text + "Z" for text in np.datetime_as_string(within, unit="ms").tolist()]


def addresses(columns: Columns, which: str) -> Cells:
    """An end's address as text; None where the record carries none."""
    pairs = np.empty(columns.rows, np.dtype([("high", "u8"), ("low", "u8")]))
    pairs["high"], pairs["low"] = columns[f"{which}_high"], columns[f"{which}_low"]
    unique, inverse = np.unique(pairs, return_inverse=True)
    texts = [_address(high, low) for high, low in unique.tolist()]
    return [texts[i] for i in inverse.tolist()]


def _address(high: int, low: int) -> str | None:
    if high == 0 and low >> 32 == 0xFFFF:
        return str(IPv4Address(low & 0xFFFF_FFFF))
    return str(IPv6Address(high << 64 | low)) if high or low else None


def _more(columns: Columns, name: str, kind: str) -> Cells:
    if kind == "text":
        return addresses(columns, name)
    return _said(columns[name], columns[name], BY_NAME[name].default)


def _said(values: Values, shown: Values, unsaid: int) -> Cells:
    return [None if value == unsaid else part for value, part in zip(values.tolist(), shown.tolist(), strict=True)]


def _macs(values: Values) -> Cells:
    return [value.to_bytes(8, "big")[2:].hex(":") if value else None for value in values.tolist()]


def _initiators(values: Values) -> Cells:
    names: dict[int, str] = {Initiator.SOURCE: "source", Initiator.DESTINATION: "destination"}
    return [names.get(i) for i in values.tolist()]


def octets(columns: Columns) -> int:
    return _sum(columns["octets"])


def packets(columns: Columns) -> int:
    return _sum(columns["packets"])


def _sum(values: Values) -> int:
    """In two halves, since hostile 64-bit counts would overflow one sum."""
    wide: NDArray[np.uint64] = values.astype(np.uint64)
    return (int((wide >> np.uint64(32)).sum()) << 32) + int((wide & np.uint64(0xFFFF_FFFF)).sum())
