"""Who asked and who served: the strongest evidence decides, and is kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import cast

import numpy as np
from numpy.typing import NDArray

from flowlens.flows import ports
from flowlens.flows.columns import Columns, Format, Initiator, Values
from flowlens.flows.grouping import constant, group, mixed

_ICMP, _TCP, _ICMP6 = 1, 6, 58
_SYN, _SYN_ACK = 0x02, 0x12
_PLACE_BITS = 17
_ENDS = ("exporter", "protocol", *(f"{end}_{part}" for end in ("src", "dst") for part in ("high", "low", "port")))
# Echo, timestamp, information and mask (RFC 792, RFC 950); echo (RFC 4443).
_REQUESTS = {_ICMP: (8, 13, 15, 17), _ICMP6: (128,)}
_REPLIES = {_ICMP: (0, 14, 16, 18), _ICMP6: (129,)}
WITH_PORTS = np.isin(np.arange(256), (6, 17, 33, 132, 136))  # TCP, UDP, DCCP, SCTP, UDP-Lite

Mask = NDArray[np.bool_]


class Evidence(IntEnum):
    """The rungs of the ladder, strongest first."""

    INITIATOR = 1  # the exporter says who began
    FLAGS = 2  # a first packet: TCP's SYN or SYN+ACK, ICMP's request or reply
    SERVICE = 3  # one port is better known than the other
    PORT_ORDER = 4  # nothing but the lower port


@dataclass(frozen=True, slots=True)
class Direction:
    """Per flow: whether its source is the client, and which rung of Evidence says so."""

    forward: Mask
    evidence: NDArray[np.uint8]


def decide(flows: Columns) -> Direction:
    """All flows of one pair of endpoints, seen by one exporter, follow the strongest evidence among them."""
    forward, evidence = _by_ports(flows)
    by_packet, asked = _by_first_packet(flows)
    forward[by_packet] = asked[by_packet]
    evidence[by_packet] = Evidence.FLAGS
    initiator = flows["initiator"]
    told = initiator != Initiator.UNKNOWN
    forward[told] = (initiator == Initiator.SOURCE)[told]
    evidence[told] = Evidence.INITIATOR
    _agree(flows, forward, evidence)
    return Direction(forward, evidence)


def _by_ports(flows: Columns) -> tuple[Mask, NDArray[np.uint8]]:
    protocol = flows["protocol"]
    source, destination = flows["src_port"], flows["dst_port"]
    with_ports = WITH_PORTS[protocol]
    if not with_ports.all():
        source, destination = np.where(with_ports, source, 0), np.where(with_ports, destination, 0)
    source_rank, destination_rank = ports.ranks(protocol, source, destination)
    known = source_rank != destination_rank
    forward = np.where(known, destination_rank < source_rank, destination < source)
    same = ~known & (source == destination)
    if same.any():
        forward[same] = _after(flows.take(same))
    return forward, np.where(known, Evidence.SERVICE, Evidence.PORT_ORDER).astype(np.uint8)


def _after(flows: Columns) -> Mask:
    """Whether the source's address is the higher: arbitrary, but both directions of a pair agree on it."""
    high, other = _numbers(flows, "src_high"), _numbers(flows, "dst_high")
    lower = _numbers(flows, "src_low") > _numbers(flows, "dst_low")
    return np.asarray((high > other) | ((high == other) & lower))


def _numbers(flows: Columns, name: str) -> NDArray[np.unsignedinteger]:
    return cast("NDArray[np.unsignedinteger]", flows[name])


def _by_first_packet(flows: Columns) -> tuple[Mask, Mask]:
    """Which flows show their first packet, and whether the source sent the first of the conversation.

    SYN with ACK proves something in a single packet only, for a flow's flags are OR-ed over all its packets. AWS notes
    an ACK only where it came in one packet with a SYN, so there it always means the answer.
    """
    protocol, flags = flows["protocol"], _numbers(flows, "tcp_flags") & _SYN_ACK
    asked = (protocol == _TCP) & (flags == _SYN)
    telling = (flows["packets"] == 1) | (flows["format"] == Format.AWS_VPC)
    answered = (protocol == _TCP) & (flags == _SYN_ACK) & telling
    for icmp in (_ICMP, _ICMP6):
        rows = (protocol == icmp) & (flows["icmp"] != 0xFFFF)
        if rows.any():
            kind = _numbers(flows, "icmp") >> 8
            asked |= rows & np.isin(kind, _REQUESTS[icmp])
            answered |= rows & np.isin(kind, _REPLIES[icmp])
    return asked | answered, asked


def _agree(flows: Columns, forward: Mask, evidence: NDArray[np.uint8]) -> None:
    with_ports = WITH_PORTS[flows["protocol"]]
    strong = (evidence <= Evidence.FLAGS) & with_ports
    if not strong.any():
        return  # what ports say is the same for both directions
    # Rows that may share a pair with a strong one: a few too many are harmless, for they only agree with themselves.
    places = _places(flows)
    marked = np.zeros(1 << _PLACE_BITS, np.bool_)
    marked[places[strong]] = True
    rows = np.flatnonzero(marked[places] & with_ports)
    some = Columns(len(rows), {name: flows[name][rows] for name in _ENDS})
    turned = _turned(some)
    first, second = _ordered(some, turned)
    groups = group([some["exporter"], some["protocol"], *first, *second])
    votes = evidence[rows] * 2 + (forward[rows] == turned)
    decided = np.minimum.reduceat(votes[groups.order], groups.starts)[groups.of_rows]
    evidence[rows] = decided >> 1
    forward[rows] = (decided & 1 == 1) == turned


def _places(flows: Columns) -> NDArray[np.uint64]:
    """A number that both directions of a pair share, and hardly another pair."""
    pairs = [_alike(flows[f"src_{name}"], flows[f"dst_{name}"]) for name in ("high", "low", "port")]
    source, destination = (mixed(list(columns)) for columns in zip(*pairs, strict=True))
    return (source + destination) >> np.uint64(64 - _PLACE_BITS)


def _alike(source: Values, destination: Values) -> tuple[Values, Values]:
    """`mixed` passes over a constant column: of a pair over both or over none, so that either end is hashed alike."""
    if constant(source) == constant(destination):
        return source, destination
    return np.ascontiguousarray(source), np.ascontiguousarray(destination)


def _turned(flows: Columns) -> Mask:
    """Whether the source is the higher end, by its address and then by its port."""
    same = (flows["src_high"] == flows["dst_high"]) & (flows["src_low"] == flows["dst_low"])
    return np.asarray(_after(flows) | (same & (flows["src_port"] > flows["dst_port"])))


def _ordered(flows: Columns, swapped: Mask) -> tuple[list[Values], list[Values]]:
    """The two endpoints in an order that both directions share."""
    names = ("high", "low", "port")
    first = [np.where(swapped, flows[f"dst_{name}"], flows[f"src_{name}"]) for name in names]
    second = [np.where(swapped, flows[f"src_{name}"], flows[f"dst_{name}"]) for name in names]
    return first, second
