"""Flows folded into conversations in one go, as `conversations` and `direction` do it."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import BY_NAME, Columns

Numbers = NDArray[np.int64]
READ = (  # as FlFlows lists them
    *("exporter", "format", "domain", "received", "start", "end", "src_high", "src_low", "dst_high", "dst_low"),
    *("protocol", "src_port", "dst_port", "icmp", "tcp_flags", "octets", "packets", "sampling_rate", "initiator"),
    *("input_if", "output_if", "ingress_vrf", "egress_vrf", "application"),
)
_WRITTEN = (  # as the columns of `out` are numbered
    *("space", "client_high", "client_low", "server_high", "server_low", "port", "protocol", "source", "minute"),
    *("flows", "by_initiator", "by_flags", "by_service", "by_port_order"),
    *("octets_seen", "octets_sent", "octets_received", "packets_seen", "packets_sent", "packets_received"),
    *("end", "rate", "start", "format", "domain", "evidence"),
    *("application", "client_if", "server_if", "client_vrf", "server_vrf"),
)
_MOST_ROWS = 1 << 30


class _Values(ctypes.Structure):
    _fields_ = (("values", ctypes.c_void_p), ("stride", ctypes.c_int64))


class _Flows(ctypes.Structure):
    _fields_ = (("rows", ctypes.c_int64), ("read", _Values * len(READ)))


class _Fold(ctypes.Structure):
    _fields_ = (
        ("spaces", ctypes.c_void_p),
        ("sources", ctypes.c_void_p),
        ("exporters", ctypes.c_int64),
        ("ranks", ctypes.c_void_p),
        ("forward", ctypes.c_void_p),
        ("evidence", ctypes.c_void_p),
        ("votes", ctypes.c_void_p),
        ("table", ctypes.c_void_p),
        ("places", ctypes.c_int64),
        ("out", ctypes.c_void_p),
        ("room", ctypes.c_int64),
        ("groups", ctypes.c_int64),
        ("clamped", ctypes.c_int64),
    )


def fold(
    library: ctypes.CDLL, flows: Columns, origin: tuple[Numbers, Numbers], ranks: NDArray[np.uint8]
) -> tuple[dict[str, Numbers], int] | None:
    """The rows and how many counters were clamped, as conversations._folded; None where NumPy must do it.

    `origin` is the source and the space of each exporter.
    """
    rows = flows.rows
    if not 0 < rows < _MOST_ROWS:
        return None
    read = [np.asarray(flows[name], BY_NAME[name].dtype) for name in READ]
    sources, spaces = (np.ascontiguousarray(values, np.int64) for values in origin)
    marks = np.empty((3, rows), np.uint8)
    table = np.zeros(1 << rows.bit_length() + 1, np.int32)
    out = np.zeros((len(_WRITTEN), rows), np.int64)
    asked = _Flows(rows, tuple(_Values(values.ctypes.data, values.strides[0]) for values in read))
    forward, evidence, votes = (mark.ctypes.data for mark in marks)
    places = (table.ctypes.data, len(table), out.ctypes.data, rows)
    told = (spaces.ctypes.data, sources.ctypes.data, min(len(spaces), len(sources)), ranks.ctypes.data)
    said = _Fold(*told, forward, evidence, votes, *places)
    if library.fl_fold(ctypes.byref(asked), ctypes.byref(said)):
        return None
    return dict(zip(_WRITTEN, out[:, : said.groups], strict=True)), said.clamped
