"""Captured packets, many at once: what their headers say, the flows that they come to, and the names that few say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

import numpy as np

from flowlens.flows.columns import Columns, Format, Initiator, Values
from flowlens.flows.decoding.elements import ETHERNET, IPV4, IPV6
from flowlens.flows.decoding.fields import Octets, Offsets
from flowlens.flows.decoding.frames import Frames, Peek
from flowlens.flows.decoding.packets import write_packets
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.grouping import group, repeated
from flowlens.flows.reading import spoken
from flowlens.flows.reading.octets import Mask
from flowlens.flows.sightings import Kind, Sighting, Subject

HEADERS = 192  # octets of a packet that are looked at: Ethernet, tags, a tunnel, IPv6 twice and TCP
_MINUTE = 60_000
_SYN, _SYN_ACK, _PUSH = 0x02, 0x12, 0x08
_UDP, _TCP, _DNS = 17, 6, 53
# https://www.tcpdump.org/linktypes.html: what a packet begins with, and how much goes before that.
_LINKS = {1: (ETHERNET, 0), 228: (IPV4, 0), 229: (IPV6, 0)}
_COOKED = {113: (14, 16), 276: (0, 20)}  # where the type of what follows stands
_BARE = {12: 0, 14: 0, 101: 0, 0: 4, 108: 4}  # IP of either version
_SUMMED = ("received", "start", "end", "packets", "octets", "initiator")  # of all packets of a flow
_KEPT = frozenset(
    {*_SUMMED, "format", "tcp_flags", "tos", "src_mac", "dst_mac"}
)  # of one or of all: they part no flows


@dataclass(frozen=True, slots=True)
class Packets:
    """The headers of some packets: packet i is `octets[at[i]:stop[i]]`, of a link of the type `links[i]`.

    `times` are ms since 1970; `lengths` what was on the wire; `whole` gives all that was captured of a packet.
    """

    octets: Octets
    at: Offsets
    stop: Offsets
    times: Values
    lengths: Values
    links: Values
    whole: Callable[[int], bytes]

    @property
    def count(self) -> int:
        return len(self.at)


def rows_of(packets: Packets) -> Rows:
    """What the headers of each packet say; of one that is no IP, nothing."""
    peek, rows = Peek(packets.octets), Rows(packets.count)
    frames = Frames(np.arange(packets.count), packets.at, packets.stop, np.zeros(packets.count, np.uint32))
    for link in np.unique(packets.links).tolist():
        write_packets(rows, _begun(link, frames.take(packets.links == link), peek), peek)
    return rows


def _begun(link: int, packets: Frames, peek: Peek) -> Frames:
    """The packets of one kind of link at their first header that is known; none of a kind that is not."""
    if link in _LINKS:
        kind, before = _LINKS[link]
        packets.kind[:] = kind
    elif link in _COOKED:
        of_type, before = _COOKED[link]
        packets = packets.reaching(before)
        packets.kind[:] = _of_type(peek.u16(packets.at + of_type))
    elif link in _BARE:
        before = _BARE[link]
        packets = packets.reaching(before + 1)
        version = peek.u8(packets.at + before) >> 4
        packets.kind[:] = np.where(version == 4, IPV4, np.where(version == 6, IPV6, 0))
    else:
        return packets.take(np.zeros(0, np.intp))
    return Frames(packets.rows, packets.at + before, packets.stop, packets.kind)


def _of_type(types: Values) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return np.where(types == 0x0800, IPV4, np.where(types == 0x86DD, IPV6, 0)).astype(np.uint32)


def flows(packets: Columns, times: Values, lengths: Values, form: Format) -> Columns:
    """Packets of a minute that agree in all that tells flows apart are one flow."""
    flags, tcp = packets["tcp_flags"] & _SYN_ACK, packets["protocol"] == _TCP
    began = np.where(tcp & (flags == _SYN), Initiator.SOURCE, 0)
    packets.values |= {
        "received": times,  # the capture's own clock: a later reading of it must say the same
        "start": times,
        "end": times,
        "packets": repeated(1, packets.rows).astype(np.uint64),
        "octets": lengths,
        "initiator": np.where(tcp & (flags == _SYN_ACK), Initiator.DESTINATION, began).astype(np.uint8),
        "format": np.full(packets.rows, form, np.uint8),
    }
    return folded(packets)


def folded(parts: Columns) -> Columns:
    """Flows, or packets as flows of one, that are parts of the same ones as those; none is longer than its minute."""
    keys = [values for name, values in parts.values.items() if name not in _KEPT]
    groups = group([parts["start"] // _MINUTE, *keys])
    order, starts = groups.order, groups.starts
    columns = parts.take(groups.first)
    end = np.maximum.reduceat(parts["end"][order], starts)
    said = parts["initiator"][order]
    source = np.logical_or.reduceat(said == Initiator.SOURCE, starts)
    columns.values |= {
        "received": end,
        "start": np.minimum.reduceat(parts["start"][order], starts),
        "end": end,
        "packets": np.add.reduceat(parts["packets"][order], starts),
        "octets": np.add.reduceat(parts["octets"][order], starts),
        "tcp_flags": np.bitwise_or.reduceat(parts["tcp_flags"][order], starts),
        "initiator": np.where(source, Initiator.SOURCE, np.maximum.reduceat(said, starts)).astype(np.uint8),
    }
    return columns


def named(packets: Packets, rows: Columns, carried: Mask, exporter: str) -> Iterator[Sighting]:
    """What few packets say of addresses: DNS answers, and the TLS greetings among those that push data."""
    protocol, flags = rows["protocol"], rows["tcp_flags"]
    answers = carried & (protocol == _UDP) & (rows["src_port"] == _DNS)
    pushing = carried & (protocol == _TCP) & (flags & (_PUSH | _SYN) == _PUSH)
    for row in np.flatnonzero(answers | pushing).tolist():
        packet = packets.whole(row)
        if pushing[row] and not spoken.may_greet(packet):
            continue
        ends, at = _ends(rows, row), int(packets.times[row])
        said = spoken.payload(packet, ends)
        if answers[row]:
            for name, where in spoken.answered(said):
                yield Sighting(Subject(exporter, where), Kind.DNS_NAME, name, at, at)
        elif name := spoken.greeted(said):
            client, server = (str(ip_address(end)) for end in (ends.source, ends.destination))
            yield Sighting(Subject(exporter, server), Kind.TLS_NAME, name, at, at)
            edge = Subject(exporter, client, server, _TCP, int(rows["dst_port"][row]))
            yield Sighting(edge, Kind.TLS_NAME, name, at, at)


def _ends(rows: Columns, row: int) -> spoken.Ends:
    version = int(rows["ip_version"][row])
    source, destination = (
        ((int(rows[f"{end}_high"][row]) << 64) | int(rows[f"{end}_low"][row])).to_bytes(16, "big")[
            -4 if version == 4 else 0 :
        ]
        for end in ("src", "dst")
    )
    return spoken.Ends(version, source, destination, int(rows["protocol"][row]))
