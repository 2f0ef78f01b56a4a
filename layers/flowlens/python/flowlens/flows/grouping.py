"""Rows that agree in some columns, found with one 64-bit hash and one sort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Values

Positions = NDArray[np.intp]
Hashes = NDArray[np.uint64]
_GOLDEN, _MIX, _FINAL = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class Groups:
    """`order` puts the rows of a group side by side; group g begins at `starts[g]` of that order."""

    order: Positions
    starts: Positions

    @property
    def first(self) -> Positions:
        """One row of each group, for the columns that all its rows share."""
        return self.order[self.starts]

    @property
    def of_rows(self) -> Positions:
        """The group of each row."""
        number = np.zeros(len(self.order), np.intp)
        number[self.starts[1:]] = 1
        found = np.empty(len(self.order), np.intp)
        found[self.order] = np.cumsum(number)
        return found


def mixed(columns: Sequence[Values]) -> Hashes:
    """One 64-bit hash per row (splitmix64's finalizer after each column)."""
    state = np.full(len(columns[0]), _GOLDEN)
    for column in columns:
        state ^= column.astype(np.uint64, copy=False)
        state *= _MIX
        state ^= state >> np.uint64(31)
        state *= _FINAL
        state ^= state >> np.uint64(29)
    return state


def group(columns: Sequence[Values]) -> Groups:
    """Groups the rows that agree in all `columns`; at least one column, any number of rows."""
    hashes = mixed(columns)
    order = np.argsort(hashes)
    new = np.empty(len(order), np.bool_)
    new[:1] = True
    np.not_equal(hashes[order[1:]], hashes[order[:-1]], out=new[1:])
    if _collided(columns, order, new):
        order = np.lexsort(tuple(columns))
        new[1:] = _differ(columns, order)
    return Groups(order, np.flatnonzero(new))


def _differ(columns: Sequence[Values], order: Positions) -> NDArray[np.bool_]:
    differ = np.zeros(max(len(order) - 1, 0), np.bool_)
    for column in columns:
        ordered = column[order]
        differ |= ordered[1:] != ordered[:-1]
    return differ


def _collided(columns: Sequence[Values], order: Positions, new: NDArray[np.bool_]) -> bool:
    """Whether two rows of equal hash differ: an attacker may build such rows, so it is looked for each time."""
    return bool(np.any(_differ(columns, order) & ~new[1:]))
