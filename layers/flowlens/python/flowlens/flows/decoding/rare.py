"""What few exporters say: translation, firewalls, routing instances, applications, labels, segments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Tunnel, Values
from flowlens.flows.decoding import elements
from flowlens.flows.decoding.fields import Fields
from flowlens.flows.decoding.rows import MAPPED, Rows

_SEGMENTS = np.array([Tunnel.NONE, Tunnel.VXLAN, Tunnel.GRE, Tunnel.NONE], np.uint8)  # by the type of a segment
_TAG = 56  # bits behind the octet that opens an application or a segment


def write_rare(rows: Rows, at: slice, fields: Fields) -> None:
    """Fills the rows `at`. A column is left out where all of it would be 0."""
    if fields.disjoint(elements.OPTIONAL):
        return
    for column in fields.fill(elements.RARE_OF):
        _put(rows, column, at, fields.first_set(elements.RARE[column]))
    _write_translated(rows, at, fields)
    application = fields.uint(elements.APPLICATION)
    if application is not None:
        _put(rows, "application", at, engine_first(application, fields.length(elements.APPLICATION)))
    label = fields.uint(elements.LABEL)
    if label is not None:
        _put(rows, "mpls_label", at, label >> np.uint64(4))
    segment = fields.uint(elements.SEGMENT)
    if segment is not None:
        _put(rows, "tunnel", at, _SEGMENTS[np.minimum(segment >> np.uint64(_TAG), 3).astype(np.intp)])
        _put(rows, "vni", at, segment & np.uint64(0xFF_FFFF))
    flags = fields.first_set((elements.INITIAL_FLAGS,)), fields.first_set((elements.UNION_FLAGS,))
    for values in flags:
        if values is not None:
            rows["tcp_flags"][at] |= values.astype(np.uint16)


def _put(rows: Rows, column: str, at: slice, values: Values | None) -> None:
    if values is not None and values.any():
        rows.put(column, at, values)


def engine_first(application: NDArray[np.uint64], octets: int) -> NDArray[np.uint64]:
    """The octet of the engine moved to the top, the selector left at the bottom."""
    below = np.uint64(8 * (octets - 1))
    engine = application >> below
    return engine << np.uint64(_TAG) | (application ^ engine << below)


def _write_translated(rows: Rows, at: slice, fields: Fields) -> None:
    for end, element in elements.TRANSLATED4.items():
        four = fields.raw(element)
        if four is not None and four.any():
            _put(rows, f"{end}_low", at, np.where(four == 0, np.uint64(0), four | np.uint64(MAPPED)))
    for end, element in elements.TRANSLATED6.items():
        halves = fields.halves(element)
        if halves is not None and (halves[0].any() or halves[1].any()):
            six = (halves[0] != 0) | (halves[1] != 0)  # else the IPv4 address that may stand beside it
            for half, values in zip(("high", "low"), halves, strict=True):
                rows[f"{end}_{half}"][at][six] = values[six]
