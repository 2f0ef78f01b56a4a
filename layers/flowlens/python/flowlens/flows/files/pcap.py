"""Packet captures, pcap and pcapng: headers become flows of a minute; DNS answers and TLS greetings say names."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Any, BinaryIO

import numpy as np

from flowlens.flows.body import FlowBody
from flowlens.flows.columns import Columns, Format, Initiator, Values
from flowlens.flows.decoding.elements import ETHERNET, IPV4, IPV6
from flowlens.flows.decoding.frames import Frames, Peek
from flowlens.flows.decoding.packets import write_packets
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.grouping import group
from flowlens.flows.reading import About, interfaces, spoken
from flowlens.flows.reading.blocks import unpacked
from flowlens.flows.reading.captures import MAGICS, Damaged, Frame, frames
from flowlens.flows.reading.octets import Mask
from flowlens.flows.reading.tally import Tally
from flowlens.flows.sightings import Kind, Sighting, Subject
from flowlens.model.errors import Malformed

_PACKETS = 1 << 15  # of one part of a capture, so it must stay as it is
_HEADERS = 192  # octets of a packet that are looked at: Ethernet, tags, a tunnel, IPv6 twice and TCP
_MINUTE = 60_000
_SYN, _SYN_ACK, _PUSH = 0x02, 0x12, 0x08
_UDP, _TCP, _DNS = 17, 6, 53
# https://www.tcpdump.org/linktypes.html: what a packet begins with, and how much goes before that.
_LINKS = {1: (ETHERNET, 0), 228: (IPV4, 0), 229: (IPV6, 0)}
_COOKED = {113: (14, 16), 276: (0, 20)}  # where the type of what follows stands
_BARE = {12: 0, 14: 0, 101: 0, 0: 4, 108: 4}  # IP of either version
_KEPT = ("tcp_flags", "tos", "src_mac", "dst_mac")  # of the first packet or of all, and no reason for another flow
_YEARS = (946_684_800_000, 4_102_444_800_000)  # ms: 2000 to 2100


def recognises(first: bytes) -> bool:
    """By the magic number."""
    return first[:4] in MAGICS


def read(stream: BinaryIO, about: About, tally: Tally) -> Iterator[FlowBody]:
    """A flow for each minute and direction of a conversation, a body for each few thousand packets.

    What is no IP is left out as `not_ip`, what lies outside of our years refused as `time`. A capture that ends within
    a packet counts as `damaged`; what came before it stands. Malformed by `file_gzip`, `file_bomb` or `file_capture`.
    """
    source = io.BufferedReader(_Pieces(unpacked(stream)), 1 << 18)
    magic, skipped = source.read(4), Counter[str]()
    if magic not in MAGICS:
        raise Malformed("file_capture", f"it begins with {magic.hex(' ')}")
    part: list[Frame] = []
    try:
        for frame in frames(source, magic, skipped):
            part.append(frame)
            if len(part) == _PACKETS:
                yield from _flows(part, about, tally)
                part = []
    except Damaged as damaged:
        tally.fail("damaged", 1, [damaged.reason])
    tally.fail("block", skipped.total(), ["a block that holds no packet although it should"])
    if part:
        yield from _flows(part, about, tally)


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        into = memoryview(buffer)
        self._rest = self._rest or next(self._pieces, b"")
        piece, self._rest = self._rest[: len(into)], self._rest[len(into) :]
        into[: len(piece)] = piece
        return len(piece)


def _flows(packets: Sequence[Frame], about: About, tally: Tally) -> Iterator[FlowBody]:
    rows = _rows(packets)
    times = np.fromiter((packet.at for packet in packets), np.int64, len(packets)) // 1_000_000
    wrong = (times < _YEARS[0]) | (times >= _YEARS[1])
    carried = (rows["ip_version"] > 0) & ~wrong
    tally.count("lines", len(packets))
    tally.count("not_ip", int(np.count_nonzero(~carried & ~wrong)))
    tally.fail(
        "time", int(np.count_nonzero(wrong)), (f"a packet {times[at]} ms after 1970" for at in np.flatnonzero(wrong))
    )
    if not carried.any():
        return
    lengths = np.fromiter((packet.length for packet in packets), np.uint64, len(packets))
    all_ = rows.columns()
    columns = _folded(all_.take(carried), times[carried], lengths[carried])
    tally.count("flows", columns.rows)
    exporter = interfaces.address(0, f"capture:{about.log}")
    yield FlowBody(columns, [exporter], tuple(_named(packets, all_, times, carried, exporter)))


def _named(packets: Sequence[Frame], rows: Columns, times: Values, carried: Mask, exporter: str) -> Iterator[Sighting]:
    """What few packets say of addresses: DNS answers, and the TLS greetings among those that push data."""
    protocol, flags = rows["protocol"], rows["tcp_flags"]
    answers = carried & (protocol == _UDP) & (rows["src_port"] == _DNS)
    pushing = carried & (protocol == _TCP) & (flags & (_PUSH | _SYN) == _PUSH)
    for row in np.flatnonzero(answers | pushing).tolist():
        packet = packets[row].data
        if pushing[row] and not spoken.may_greet(packet):
            continue
        ends, at = _ends(rows, row), int(times[row])
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


def _rows(packets: Sequence[Frame]) -> Rows:
    """What the headers of each packet say."""
    pieces = [packet.data[:_HEADERS] for packet in packets]
    sizes = np.fromiter(map(len, pieces), np.int64, len(pieces))
    stop = np.cumsum(sizes)
    peek, rows = Peek(np.frombuffer(b"".join(pieces), np.uint8)), Rows(len(packets))
    frames_ = Frames(np.arange(len(packets)), stop - sizes, stop, np.zeros(len(packets), np.uint32))
    links = np.fromiter((packet.link for packet in packets), np.int64, len(packets))
    for link in np.unique(links).tolist():
        write_packets(rows, _begun(link, frames_.take(links == link), peek), peek)
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


def _folded(packets: Columns, times: Values, lengths: Values) -> Columns:
    """Packets of a minute that agree in all that tells flows apart are one flow."""
    keys = [values for name, values in packets.values.items() if name not in _KEPT]
    groups = group([times // _MINUTE, *keys])
    order, starts = groups.order, groups.starts
    flags = packets["tcp_flags"]
    began, answered = flags & _SYN_ACK == _SYN, flags & _SYN_ACK == _SYN_ACK
    tcp = packets["protocol"] == 6
    end = np.maximum.reduceat(times[order], starts)
    columns = packets.take(groups.first)
    columns.values |= {
        "received": end,  # the capture's own clock: a later reading of it must say the same
        "start": np.minimum.reduceat(times[order], starts),
        "end": end,
        "packets": groups.sizes.astype(np.uint64),
        "octets": np.add.reduceat(lengths[order], starts),
        "tcp_flags": np.bitwise_or.reduceat(flags[order], starts),
        "initiator": np.where(
            np.logical_or.reduceat((began & tcp)[order], starts),
            Initiator.SOURCE,
            np.where(np.logical_or.reduceat((answered & tcp)[order], starts), Initiator.DESTINATION, 0),
        ).astype(np.uint8),
        "format": np.full(columns.rows, Format.PCAP, np.uint8),
    }
    return columns
