"""NetFlow v7"""

from __future__ import annotations

import numpy as np

from flowlens.flows.columns import Columns, Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding.fixed import CLOCK, OPENING, Form, read
from flowlens.flows.decoding.state import DecoderState

_HEADER = np.dtype([*CLOCK, ("sequence", ">u4"), ("reserved", ">u4")])
_FIELDS = {
    **OPENING,
    "flags": "u1",  # which fields the switch could not fill: those are 0
    "tcp_flags": "u1",
    "protocol": "u1",
    "tos": "u1",
    "src_as": ">u2",
    "dst_as": ">u2",
    "src_mask": "u1",
    "dst_mask": "u1",
    "more_flags": ">u2",
    "router": ">u4",  # by which the Catalyst's shortcut goes
}
_RECORD = np.dtype(list(_FIELDS.items()))  # 52 octets
_FORM = Form(Format.NETFLOW7, _HEADER, _RECORD, 28, ("src_as", "dst_as", "src_mask", "dst_mask"))


def decode(datagrams: Datagrams, state: DecoderState) -> Columns:
    """The flows of datagrams, all of which say that they are version 7."""
    return read(_FORM, datagrams, state).columns()
