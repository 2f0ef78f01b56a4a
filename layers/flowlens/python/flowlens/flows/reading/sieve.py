"""Rows of a table that become flows, and why the others do not: the first reason of a row counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.reading.cells import Addresses, Table
from flowlens.flows.reading.octets import Mask, Words
from flowlens.flows.reading.tally import Tally


class Sieve:
    """Reads columns of the table by name; a column that is not there says nothing in any row."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._left: Mask = np.ones(table.rows, np.bool_)
        self._out: dict[str, int] = {}
        self._marked: dict[str, Mask] = {}
        self._refused: dict[str, NDArray[np.intp]] = {}

    def number(self, name: str, least: int, most: int, *, required: bool = False) -> Words:
        """Zero where nothing is said; refuses what is no number as `number`, what is out of bounds as `range`."""
        cells = self.table.columns.get(name)
        if cells is None:
            return np.zeros(self.table.rows, np.uint64)
        read = cells.numbers()
        self.refuse("number", read.wrong)
        self.refuse("range", read.said & ((read.values < least) | (read.values > most)))
        if required:
            self.refuse("missing", ~read.said)
        return read.values

    def addresses(self, name: str, *, like: tuple[str, Addresses] | None = None) -> Addresses:
        """Version 0 where none is said; refuses what is not an address as `address`.

        `like` is a column that mostly says the same, and what was read of it.
        """
        cells = self.table.columns.get(name)
        if cells is None:
            none = np.zeros(self.table.rows, np.uint64)
            return Addresses(none, none, none.astype(np.uint8), none.astype(np.bool_))
        other = self.table.columns.get(like[0]) if like else None
        read = cells.addresses_like(other, like[1]) if like and other is not None else cells.addresses()
        self.refuse("address", read.wrong)
        return read

    def leave_out(self, name: str, rows: Mask) -> None:
        """Rows that were understood, and are no flows."""
        rows = rows & self._left
        self._out[name] = int(np.count_nonzero(rows))
        self._left &= ~rows

    def mark(self, name: str, rows: Mask) -> None:
        """Rows that stay, but are counted by a name of their own and not as `flows`."""
        self._marked[name] = rows

    def refuse(self, reason: str, rows: Mask) -> None:
        """Rows that cannot be read."""
        if rows.any():
            bad = np.flatnonzero(rows & self._left)
            self._refused[reason] = np.concatenate([self._refused.get(reason, bad[:0]), bad])
            self._left[bad] = False

    def settle(self, tally: Tally) -> Mask:
        """The rows that are left; the others are counted."""
        for name, number in self._out.items():
            tally.count(name, number)
        marked = {name: int(np.count_nonzero(mask & self._left)) for name, mask in self._marked.items()}
        for name, number in marked.items():
            tally.count(name, number)
        for reason, rows in self._refused.items():
            tally.fail(reason, len(rows), (self.table.line(int(row)) for row in rows))
        tally.count("flows", int(np.count_nonzero(self._left)) - sum(marked.values()))
        return self._left
