"""Datagrams to flows: whatever came on whatever port, told apart by its version."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Columns, Format, join
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding.state import DecoderState
from flowlens.flows.grouping import occurring
from flowlens.kit.family import Family

__all__ = ["DECODERS", "DecoderState", "decode"]

DECODERS = Family("flowlens.flows.decoders")  # a decoder bears the name of its Format, in lower case
_NETFLOW = np.array([n if n in (1, 5, 7, 9, 10) else 0 for n in range(12)], np.uint16)  # version to Format


def decode(datagrams: Datagrams, state: DecoderState) -> Columns:
    """All flows of a batch. No bytes make it raise: what cannot be read is counted in the state.

    Rows come by format, then by template, then by exporter and domain, and within those in order of arrival.
    """
    datagrams = datagrams.within_slots()
    formats = _formats(datagrams)
    unknown = formats == 0
    if unknown.any():
        state.tally.add_each(datagrams.exporters[unknown], "unknown_version")
    parts: list[Columns] = []
    for kind in occurring(formats[~unknown]):
        which = formats == kind
        some = datagrams if which.all() else datagrams.take(np.flatnonzero(which))
        state.tally.saw(some.exporters, kind)
        parts.append(DECODERS.load(Format(kind).name.lower()).decode(some, state))
    return join(parts)


def _formats(datagrams: Datagrams) -> NDArray[np.uint8]:
    """The Format of each datagram, 0 for none: NetFlow's version has two octets, that of sFlow four."""
    slots, lengths = datagrams.slots, datagrams.lengths
    if slots.shape[1] < 4:
        return np.zeros(datagrams.count, np.uint8)
    high, low = slots[:, :4].reshape(-1, 2, 2).astype(np.uint16).transpose(2, 0, 1)
    words = high << 8 | low
    netflow = _NETFLOW[np.minimum(words[:, 0], len(_NETFLOW) - 1)]
    sflow = (words[:, 0] == 0) & (words[:, 1] == 5)
    return np.where(lengths < 4, 0, np.where(sflow, int(Format.SFLOW5), netflow)).astype(np.uint8)
