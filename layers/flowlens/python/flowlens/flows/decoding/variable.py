"""Records with fields of variable length (RFC 7011 section 7), found in step over all sets at once."""

from __future__ import annotations

import numpy as np

from flowlens.flows.decoding.fields import Offsets, everywhere
from flowlens.flows.decoding.sets import Indexes, Sets
from flowlens.flows.decoding.templates import Layout

RECORDS_LIMIT = 400  # of a set: a datagram of 9,000 octets has fewer, unless they say next to nothing


class _Cursor:
    """One position per set, moved over fields; it never reads beyond the octets."""

    def __init__(self, sets: Sets) -> None:
        self._octets = sets.octets
        self._words = everywhere(sets.octets, 2)

    def skip_variable(self, at: Offsets) -> Offsets:
        """The position after a variable-length field: one octet of length, or 255 and two more."""
        short = self._octets[np.minimum(at, len(self._octets) - 1)].astype(np.int64)
        long = short == 255
        if not long.any():
            return at + 1 + short
        wide = self._words[np.minimum(at + 1, len(self._words) - 1)].astype(np.int64)
        return at + np.where(long, 3 + wide, 1 + short)

    def over(self, layout: Layout, at: Offsets) -> tuple[list[Offsets], Offsets]:
        """Where each run of one record begins, and where the record ends."""
        begins: list[Offsets] = []
        for run in layout.runs:
            begins.append(at)
            at = at + run.dtype.itemsize
            if run.variable:
                at = self.skip_variable(at)
        return begins, at


def variable_records(sets: Sets, layout: Layout) -> tuple[Indexes, list[Offsets], Indexes]:
    """Which set each record lies in, where its runs begin, and the sets that a record overruns or that have too many.

    The k-th record of all sets is read at once; each step moves at least one octet on.
    """
    cursor = _Cursor(sets)
    owners, at = np.arange(sets.count), sets.starts
    found: list[tuple[Indexes, list[Offsets]]] = []
    broken: list[Indexes] = []
    for _ in range(RECORDS_LIMIT):
        fits = sets.stops[owners] - at >= layout.shortest
        owners, at = owners[fits], at[fits]
        if not len(owners):
            break
        begins, ends = cursor.over(layout, at)
        sound = ends <= sets.stops[owners]
        if not sound.all():
            broken.append(owners[~sound])
            owners, ends = owners[sound], ends[sound]
            begins = [begin[sound] for begin in begins]
        found.append((owners, begins))
        at = ends
    else:
        broken.append(owners[sets.stops[owners] - at >= layout.shortest])
    return (*_in_order(found, len(layout.runs)), np.concatenate([*broken, np.zeros(0, np.intp)]))


def _in_order(found: list[tuple[Indexes, list[Offsets]]], runs: int) -> tuple[Indexes, list[Offsets]]:
    found = [(np.zeros(0, np.intp), [np.zeros(0, np.int64)] * runs), *found]
    owners = np.concatenate([step[0] for step in found])
    order = np.argsort(owners, kind="stable")
    return owners[order], [np.concatenate([step[1][run] for step in found])[order] for run in range(runs)]
