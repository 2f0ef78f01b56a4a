"""Packet captures, pcap and pcapng: headers become flows of a minute; DNS answers and TLS greetings say names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from flowlens.flows.body import FlowBody
from flowlens.flows.columns import Format
from flowlens.flows.reading import About, interfaces
from flowlens.flows.reading import packets as packets_
from flowlens.flows.reading.blocks import unpacked
from flowlens.flows.reading.captures import MAGICS, Damaged
from flowlens.flows.reading.packets import Packets
from flowlens.flows.reading.parts import parts
from flowlens.flows.reading.tally import Tally

_PACKETS = 1 << 15  # of one part of a capture, so it must stay as it is
_YEARS = (946_684_800_000, 4_102_444_800_000)  # ms: 2000 to 2100


def recognises(first: bytes) -> bool:
    """By the magic number."""
    return first[:4] in MAGICS


def read(stream: BinaryIO, about: About, tally: Tally) -> Iterator[FlowBody]:
    """A flow for each minute and direction of a conversation, a body for each few thousand packets.

    What is no IP is left out as `not_ip`, what lies outside of our years refused as `time`. A capture that ends within
    a packet counts as `damaged`; what came before it stands. Malformed by `file_gzip`, `file_bomb` or `file_capture`.
    """
    skipped = Counter[str]()
    try:
        for packets in parts(unpacked(stream), _PACKETS, skipped):
            yield from _flows(packets, about, tally)
    except Damaged as damaged:
        tally.fail("damaged", 1, [damaged.reason])
    tally.fail("block", skipped.total(), ["a block that holds no packet although it should"])


def _flows(packets: Packets, about: About, tally: Tally) -> Iterator[FlowBody]:
    rows, times = packets_.rows_of(packets), packets.times
    wrong = (times < _YEARS[0]) | (times >= _YEARS[1])
    carried = (rows["ip_version"] > 0) & ~wrong
    tally.count("lines", packets.count)
    tally.count("not_ip", int(np.count_nonzero(~carried & ~wrong)))
    tally.fail(
        "time", int(np.count_nonzero(wrong)), (f"a packet {times[at]} ms after 1970" for at in np.flatnonzero(wrong))
    )
    if not carried.any():
        return
    all_ = rows.columns()
    columns = packets_.flows(all_.take(carried), times[carried], packets.lengths[carried], Format.PCAP)
    tally.count("flows", columns.rows)
    exporter = interfaces.address(0, f"capture:{about.log}")
    yield FlowBody(columns, [exporter], tuple(packets_.named(packets, all_, carried, exporter)))
