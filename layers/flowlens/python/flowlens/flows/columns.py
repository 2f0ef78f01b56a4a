"""The columns of a flow: one row is one data record, one direction of a biflow, or one sFlow sample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Format(IntEnum):
    """Which protocol a flow came in."""

    NETFLOW1 = 1
    NETFLOW5 = 5
    NETFLOW7 = 7
    NETFLOW9 = 9
    IPFIX = 10
    SFLOW5 = 105
    CAPTURE = 151  # of an interface of a collector
    AWS_VPC = 201
    AZURE_NSG = 211
    AZURE_VNET = 212
    GCP_VPC = 221
    PCAP = 231


LOGS = tuple(int(one) for one in Format if one >= Format.AWS_VPC)  # read from files, not sent by devices


class RateSource(IntEnum):
    """Where a flow's sampling rate came from."""

    UNKNOWN = 0  # nobody said: the rate is taken as 1
    RECORD = 1  # in the data record itself (34, 305/306, 309/310, ...)
    HEADER = 2  # NetFlow v5 header
    OPTIONS = 3  # options data, by sampler or selector id
    SAMPLE = 4  # sFlow sample


class Initiator(IntEnum):
    """What the exporter says about who began the conversation."""

    UNKNOWN = 0
    SOURCE = 1
    DESTINATION = 2


DENIED = 3  # firewall_event: what a firewall or a cloud refused is an attempt, and nobody depends on it


class Tunnel(IntEnum):
    """What carried the packets of a flow between its outer ends."""

    NONE = 0
    IP = 1  # IPv4 or IPv6 within either
    GRE = 2  # NVGRE too
    VXLAN = 3
    GENEVE = 4


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its NumPy type, unit and meaning. A column that a batch lacks holds `default` in every row."""

    name: str
    dtype: np.dtype[np.integer[Any]]
    unit: str
    meaning: str
    default: int = 0


def _c(name: str, dtype: str, unit: str, meaning: str, default: int = 0) -> Column:
    return Column(name, np.dtype(dtype), unit, meaning, default)


# Addresses are two big-endian halves; an IPv4 address a.b.c.d is ::ffff:a.b.c.d (high 0, low 0xffff_aabbccdd).
SCHEMA: tuple[Column, ...] = (
    _c("exporter", "u2", "index", "position in the batch's list of exporter addresses"),
    _c("format", "u1", "enum Format", "protocol the flow came in"),
    _c("domain", "u4", "id", "v9 source id, IPFIX observation domain, v5 engine type<<8|id, sFlow sub-agent id"),
    _c("received", "i8", "ms since 1970 UTC", "when the collector received the datagram"),
    _c("start", "i8", "ms since 1970 UTC", "first packet, by the exporter's clock"),
    _c("end", "i8", "ms since 1970 UTC", "last packet, by the exporter's clock"),
    _c("src_high", "u8", "address half", "source address, bits 127..64"),
    _c("src_low", "u8", "address half", "source address, bits 63..0"),
    _c("dst_high", "u8", "address half", "destination address, bits 127..64"),
    _c("dst_low", "u8", "address half", "destination address, bits 63..0"),
    _c("ip_version", "u1", "4, 6 or 0", "0 when the record carries no IP address"),
    _c("protocol", "u1", "IANA number", "IP protocol"),
    _c("src_port", "u2", "port", "source port; 0 where the protocol has none"),
    _c("dst_port", "u2", "port", "destination port; 0 where the protocol has none"),
    _c("icmp", "u2", "type<<8 | code", "ICMP type and code; 0xffff when not ICMP or not said", 0xFFFF),
    _c("tcp_flags", "u2", "bits", "TCP control bits, OR-ed over the flow"),
    _c("tos", "u1", "bits", "IPv4 type of service or IPv6 traffic class"),
    _c("octets", "u8", "octets", "as on the wire, not scaled by sampling"),
    _c("packets", "u8", "packets", "as on the wire, not scaled by sampling"),
    _c("sampling_rate", "u4", "1 in N", "what octets and packets are multiplied by; 1 when unsampled", 1),
    _c("rate_source", "u1", "enum RateSource", "where sampling_rate came from"),
    _c("input_if", "u4", "ifIndex", "ingress interface; 0 unknown or local"),
    _c("output_if", "u4", "ifIndex", "egress interface; 0 unknown or local"),
    _c("next_hop_high", "u8", "address half", "next hop, bits 127..64"),
    _c("next_hop_low", "u8", "address half", "next hop, bits 63..0"),
    _c("src_as", "u4", "AS number", "source (or peer) AS"),
    _c("dst_as", "u4", "AS number", "destination (or peer) AS"),
    _c("src_mask", "u1", "bits", "source prefix length"),
    _c("dst_mask", "u1", "bits", "destination prefix length"),
    _c("vlan", "u2", "id", "VLAN id; 0 untagged or not said"),
    _c("src_mac", "u8", "48 bits", "source MAC address"),
    _c("dst_mac", "u8", "48 bits", "destination MAC address"),
    _c("direction", "u1", "0 ingress, 1 egress", "flowDirection (61); 255 when not said", 255),
    _c("end_reason", "u1", "RFC 5102 136", "flowEndReason; 0 when not said"),
    _c("initiator", "u1", "enum Initiator", "who began it, where the exporter says so (239, RFC 5103 biflow, NSEL)"),
    _c("nat_src_high", "u8", "address half", "source address after translation, bits 127..64"),
    _c("nat_src_low", "u8", "address half", "source address after translation, bits 63..0"),
    _c("nat_dst_high", "u8", "address half", "destination address after translation, bits 127..64"),
    _c("nat_dst_low", "u8", "address half", "destination address after translation, bits 63..0"),
    _c("nat_src_port", "u2", "port", "source port after translation"),
    _c("nat_dst_port", "u2", "port", "destination port after translation"),
    _c("nat_event", "u1", "IANA natEvent", "what a translator did; 0 when not said"),
    _c("firewall_event", "u1", "IANA firewallEvent", "1 created, 2 deleted, 3 denied, 4 alert, 5 updated; 0 not said"),
    _c("firewall_code", "u2", "Cisco ASA code", "the firewall's own reason for its event"),
    _c("ingress_vrf", "u4", "id", "routing instance the packets came in by"),
    _c("egress_vrf", "u4", "id", "routing instance the packets went out by"),
    _c("application", "u8", "engine<<56 | selector", "application as the exporter classified it, RFC 6759"),
    _c("forwarding", "u1", "RFC 7270 89", "forwarded, dropped or consumed, with the reason; 0 when not said"),
    _c("post_vlan", "u2", "id", "VLAN id on the way out"),
    _c("customer_vlan", "u2", "id", "inner (customer) VLAN id"),
    _c("mpls_label", "u4", "label", "top label of the MPLS stack"),
    _c("tunnel", "u1", "enum Tunnel", "what carried the packets; the row's own ends are then those inside"),
    _c("vni", "u4", "id", "virtual network of the tunnel (VXLAN, Geneve, NVGRE)"),
    _c("outer_src_high", "u8", "address half", "source address of the tunnel, bits 127..64"),
    _c("outer_src_low", "u8", "address half", "source address of the tunnel, bits 63..0"),
    _c("outer_dst_high", "u8", "address half", "destination address of the tunnel, bits 127..64"),
    _c("outer_dst_low", "u8", "address half", "destination address of the tunnel, bits 63..0"),
)
BY_NAME: Mapping[str, Column] = {c.name: c for c in SCHEMA}
Values = NDArray[np.integer[Any]]  # every column is of whole numbers


@dataclass(slots=True)
class Columns:
    """`rows` flows as columns. `values` may lack any column: its rows then hold the column's default."""

    rows: int
    values: dict[str, Values] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Values:
        """The column as an array of `rows` values (a read-only view where it is all default)."""
        found = self.values.get(name)
        if found is not None:
            return found
        column = BY_NAME[name]
        return np.broadcast_to(np.array(column.default, column.dtype), (self.rows,))

    def take(self, rows: Values | NDArray[np.bool_]) -> Columns:
        """The rows picked by a mask or by positions."""
        picked = {name: values[rows] for name, values in self.values.items()}
        count = int(np.count_nonzero(rows)) if rows.dtype == np.bool_ else len(rows)
        return Columns(count, picked)


def join(parts: Sequence[Columns]) -> Columns:
    """All rows of `parts`, in order."""
    parts = [p for p in parts if p.rows]
    if len(parts) == 1:
        return parts[0]
    names: Iterable[str] = dict.fromkeys(name for p in parts for name in p.values)
    made: dict[tuple[int, ...], Values] = {}  # columns that share their values go on doing so
    values: dict[str, Values] = {}
    for name in names:
        columns = [p[name] for p in parts]
        key = tuple(map(id, columns))
        if key not in made or not all(name in p.values for p in parts):
            made[key] = _joined(columns)
        values[name] = made[key]
    return Columns(sum(p.rows for p in parts), values)


def _joined(columns: Sequence[Values]) -> Values:
    """One after the other; where all say the same one thing, that is said once."""
    first = columns[0]
    if all(column.strides[0] == 0 and column[0] == first[0] for column in columns):
        return np.broadcast_to(first[:1].reshape(()), (sum(map(len, columns)),))
    return np.concatenate(columns)
