"""NetFlow v1"""

from __future__ import annotations

import numpy as np

from flowlens.flows.columns import Columns, Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding.fixed import CLOCK, OPENING, Form, read
from flowlens.flows.decoding.state import DecoderState

_HEADER = np.dtype(CLOCK)  # neither a sequence number nor a rate
_FIELDS = {
    **OPENING,
    "pad1": ">u2",
    "protocol": "u1",
    "tos": "u1",
    "tcp_flags": "u1",
    "pad2": "V7",  # counts of TCP troubles that few ever kept, and room
}
_RECORD = np.dtype(list(_FIELDS.items()))  # 48 octets
_FORM = Form(Format.NETFLOW1, _HEADER, _RECORD, 24)


def decode(datagrams: Datagrams, state: DecoderState) -> Columns:
    """The flows of datagrams, all of which say that they are version 1."""
    return read(_FORM, datagrams, state).columns()
