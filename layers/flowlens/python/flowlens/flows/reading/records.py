"""The records that a log becomes: numbered from 1 in the order of the log, each small enough for the stream.

A body with a name of its own is numbered by itself: it is the same in whichever log it comes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np

from flowlens.flows import body
from flowlens.flows.batch import FLOWS, HEADER_SIZE, Identity, pack
from flowlens.flows.body import FlowBody

EPOCH = 1  # a log is read again as the same; nothing begins anew


def records(bodies: Iterable[FlowBody], *, tenant: UUID, source: UUID, most: int) -> Iterator[tuple[bytes, int]]:
    """Each record of at most `most` octets with how many flows it holds; the same log gives the same records."""
    unnamed = itertools.count(1)
    for whole in bodies:
        numbers = itertools.count(1) if whole.name else unnamed
        origin = uuid5(NAMESPACE_URL, whole.name) if whole.name else source
        for encoded, flows in _parts(whole, most - HEADER_SIZE):
            yield pack(Identity(tenant, origin, EPOCH, next(numbers)), FLOWS, encoded), flows


def _parts(whole: FlowBody, most: int) -> Iterator[tuple[bytes, int]]:
    """Halves of halves, until each fits."""
    rows = whole.columns.rows
    if len(whole.exporters) <= body.MAX_EXPORTERS or rows == 1:
        encoded = body.encode(whole.columns, whole.exporters)
        if len(encoded) <= most or rows == 1:
            yield encoded, rows
            return
    for half in (np.arange(rows // 2), np.arange(rows // 2, rows)):
        yield from _parts(_some(whole, half), most)


def _some(whole: FlowBody, rows: np.ndarray[tuple[int], np.dtype[np.intp]]) -> FlowBody:
    """Some of the flows, with only those exporters that sent them."""
    columns = whole.columns.take(rows)
    used, which = np.unique(columns["exporter"], return_inverse=True)
    columns.values["exporter"] = which.astype(np.uint16)
    return FlowBody(columns, [whole.exporters[at] for at in used])
