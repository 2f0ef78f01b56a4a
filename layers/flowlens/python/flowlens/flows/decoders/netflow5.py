"""NetFlow v5"""

from __future__ import annotations

import numpy as np

from flowlens.flows.columns import Columns, Format, RateSource
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding.fixed import CLOCK, OPENING, Form, read
from flowlens.flows.decoding.state import DecoderState

_HEADER = np.dtype([*CLOCK, ("sequence", ">u4"), ("engine", ">u2"), ("sampling", ">u2")])
_FIELDS = {
    **OPENING,
    "pad1": "u1",
    "tcp_flags": "u1",
    "protocol": "u1",
    "tos": "u1",
    "src_as": ">u2",
    "dst_as": ">u2",
    "src_mask": "u1",
    "dst_mask": "u1",
    "pad2": ">u2",
}
_RECORD = np.dtype(list(_FIELDS.items()))  # 48 octets
_FORM = Form(Format.NETFLOW5, _HEADER, _RECORD, 30, ("src_as", "dst_as", "src_mask", "dst_mask"))
_INTERVAL = 0x3FFF  # the two high bits of the sampling word carry the mode, not the rate


def decode(datagrams: Datagrams, state: DecoderState) -> Columns:
    """The flows of datagrams, all of which say that they are version 5."""
    found = read(_FORM, datagrams, state)
    rows, head, owners = found.rows, found.head, found.owners
    rate = head["sampling"].astype(np.uint32) & _INTERVAL
    if rate.any():
        rows["sampling_rate"][:] = np.maximum(rate, 1)[owners]
        rows["rate_source"][:] = np.where(rate > 0, RateSource.HEADER, RateSource.UNKNOWN)[owners]
    if head["engine"].any():
        rows["domain"][:] = head["engine"][owners]
    return found.columns()
