"""Pieces of packets in data records (RFC 5477, RFC 7133), read like the sampled headers of sFlow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.decoding import elements
from flowlens.flows.decoding.fields import Fields, Pieces
from flowlens.flows.decoding.frames import Frames, Peek
from flowlens.flows.decoding.packets import write_packets
from flowlens.flows.decoding.rows import Rows

_FAMILIES = np.zeros(16, np.uint32)  # by the first four bits of a packet
_FAMILIES[[4, 6]] = elements.IPV4, elements.IPV6
_COUNTERS = frozenset(element for sources in elements.COUNTERS.values() for element in sources)


def write_sections(rows: Rows, at: slice, fields: Fields, pieces: Pieces) -> None:
    """Fills the rows `at` with what pieces of their packets say; a record that counts nothing stands for one packet."""
    element = next((one for one in elements.SECTIONS if one in pieces.spans), None)
    found = None if element is None else pieces.of(element)
    if element is None or found is None:
        return
    which = np.flatnonzero(found[1] > found[0])
    begin, end = found[0][which], found[1][which]
    peek = Peek(pieces.octets)
    kind = elements.SECTIONS[element]
    kinds = np.full(len(which), kind, np.uint32) if kind else _FAMILIES[peek.u8(begin) >> 4]
    write_packets(rows, Frames(at.start + which, begin, end, kinds), peek)
    if fields.disjoint(_COUNTERS):
        rows["packets"][at] = 1
        rows["octets"][at.start + which] = _sizes(fields, Frames(which, begin, end, kinds), peek)


def _sizes(fields: Fields, pieces: Frames, peek: Peek) -> NDArray[np.uint64]:
    """How many octets each packet had, as the record says or else its IP header."""
    said = fields.first((elements.FRAME_SIZE, elements.IP_LENGTH))
    if said is not None:
        return said[pieces.rows]
    four = (pieces.kind == elements.IPV4) & (pieces.stop - pieces.at >= 4)
    six = (pieces.kind == elements.IPV6) & (pieces.stop - pieces.at >= 6)
    size = np.where(four, peek.u16(pieces.at + 2), 0) + np.where(six, 40 + peek.u16(pieces.at + 4).astype(np.uint32), 0)
    return size.astype(np.uint64)
