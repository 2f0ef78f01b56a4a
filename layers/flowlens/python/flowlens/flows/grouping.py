"""Rows that agree in some columns, found with one 64-bit hash and one sort; and what their other columns come to.

A column that holds one value may be an array of stride 0, which costs nothing to hash, add up or compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Values

Positions = NDArray[np.intp]
Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]
_GOLDEN, _MIX, _FINAL = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def constant(values: NDArray[np.generic]) -> bool:
    """Whether the array shows by its stride that it holds one value."""
    return len(values) > 0 and values.strides[0] == 0


def repeated(value: int, rows: int) -> Numbers:
    """A column of one value."""
    return np.broadcast_to(np.int64(value), (rows,))


def occurring(values: NDArray[np.unsignedinteger]) -> list[int]:
    """The distinct values of a column of at most 16 bits, least first; np.unique would sort."""
    found: list[int] = np.flatnonzero(np.bincount(values)).tolist()
    return found


@dataclass(frozen=True, slots=True)
class Groups:
    """`order` puts the rows of a group side by side; group g begins at `starts[g]` of that order and ends at `ends[g]`.

    `first` is one row of each group.
    """

    order: Positions
    starts: Positions
    ends: Positions
    first: Positions

    @classmethod
    def of(cls, order: Positions, new: Mask) -> Groups:
        """From an order and which of its rows begin a group."""
        starts = np.flatnonzero(new)
        ends = np.empty_like(starts)
        ends[:-1], ends[-1:] = starts[1:] - 1, len(order) - 1
        return cls(order, starts, ends, order[starts])

    @property
    def sizes(self) -> Numbers:
        return self.ends - self.starts + 1

    @property
    def of_rows(self) -> Positions:
        """The group of each row."""
        number = np.zeros(len(self.order), np.intp)
        number[self.starts[1:]] = 1
        found = np.empty(len(self.order), np.intp)
        found[self.order] = np.cumsum(number)
        return found

    def shared(self, values: Numbers) -> Numbers:
        """A column in which the rows of each group agree."""
        return repeated(int(values[0]), len(self.starts)) if constant(values) else values[self.first]

    def total(self, values: Numbers) -> Numbers:
        """The sum of each group, modulo 2^64."""
        if constant(values):
            value = int(values[0])
            return self.sizes * value if value else repeated(0, len(self.starts))
        return self.summed(values[self.order])

    def summed(self, ordered: Numbers) -> Numbers:
        """The sum of each group of values that stand in `order`: differences of a running sum, which may overflow."""
        sums = np.cumsum(ordered)[self.ends]
        sums[1:] -= sums[:-1].copy()
        return sums

    def least(self, values: Numbers) -> Numbers:
        return self.shared(values) if constant(values) else np.minimum.reduceat(values[self.order], self.starts)

    def most(self, values: Numbers) -> Numbers:
        return self.shared(values) if constant(values) else np.maximum.reduceat(values[self.order], self.starts)


def mixed(columns: Sequence[Values]) -> Hashes:
    """One 64-bit hash per row (splitmix64's finalizer after each column)."""
    state = np.full(len(columns[0]), _GOLDEN)
    for column in columns:
        if not constant(column):
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
    ordered = hashes[order]
    new = np.empty(len(order), np.bool_)
    new[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    if _collided(columns, order, new):
        order = np.lexsort(tuple(columns))
        new[1:] = _differ(columns, order)
    return Groups.of(order, new)


def _differ(columns: Sequence[Values], order: Positions) -> Mask:
    differ = np.zeros(max(len(order) - 1, 0), np.bool_)
    for column in columns:
        if not constant(column):
            ordered = column[order]
            differ |= ordered[1:] != ordered[:-1]
    return differ


def _collided(columns: Sequence[Values], order: Positions, new: Mask) -> bool:
    """Whether two rows of equal hash differ: an attacker may build such rows, so it is looked for each time."""
    return bool(np.any(_differ(columns, order) & ~new[1:]))
