"""One column of a log before it is understood: pieces of text, or numbers, read as whatever is wanted of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.reading import octets
from flowlens.flows.reading.octets import Mask, Octets, Positions, Words

_LONGEST = 1 << 16  # octets of one word
_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Numbers:
    """`said` where there is a value; `wrong` where there is something that is no whole number below 2^63."""

    values: Words
    said: Mask
    wrong: Mask


@dataclass(frozen=True, slots=True)
class Addresses:
    """As the columns of a flow hold them; `version` is 0 where there is none, `wrong` where it is not an address."""

    high: Words
    low: Words
    version: NDArray[np.uint8]
    wrong: Mask


@dataclass(frozen=True, slots=True)
class Text:
    """Token i is data[starts[i]:ends[i]]; `codes` says which token each row has, where rows share them."""

    data: Octets
    starts: Positions
    ends: Positions
    codes: Positions | None = None
    said: Mask | None = None  # per row; None: all that are not a dash

    @classmethod
    def of(cls, words: Sequence[str], codes: Positions | None = None, said: Mask | None = None) -> Text:
        """Words that did not stand in one text; what is no ASCII is no number and no address either."""
        tokens = [word.encode("ascii", "replace")[:_LONGEST] for word in words]
        lengths = np.fromiter(map(len, tokens), np.intp, len(tokens))
        data = np.frombuffer(bytes(octets.PAD) + b"".join(tokens), np.uint8)
        ends = np.cumsum(lengths) + octets.PAD
        return cls(data, ends - lengths, ends, codes, said)

    def numbers(self) -> Numbers:
        values, good = octets.numbers(self.data, self.starts, self.ends)
        said = self._said()
        good, values = self._spread(good), self._spread(values)
        return Numbers(np.where(said & good, values, np.uint64(0)), said, said & ~good)

    def addresses(self) -> Addresses:
        high, low, version = octets.addresses(self.data, self.starts, self.ends)
        said = self._said()
        versions = np.where(said, self._spread(version), np.uint8(0))
        return Addresses(self._spread(high), self._spread(low), versions, said & (versions == 0))

    def addresses_like(self, other: Cells, known: Addresses) -> Addresses:
        """The same as `addresses`, where `known` are those of a column that mostly says the same: it is read once."""
        if not isinstance(other, Text) or self.codes is not None or other.codes is not None:
            return self.addresses()
        at = np.flatnonzero(~octets.same(self.data, (self.starts, self.ends), (other.starts, other.ends)))
        if 2 * len(at) > len(self.ends) or self.data is not other.data:
            return self.addresses()
        found = Addresses(*(getattr(known, name).copy() for name in ("high", "low", "version", "wrong")))
        if len(at):
            rest = Text(self.data, self.starts[at], self.ends[at]).addresses()
            for name in ("high", "low", "version", "wrong"):
                getattr(found, name)[at] = getattr(rest, name)
        return found

    def equals(self, word: bytes) -> Mask:
        """Which rows hold exactly this word of at most eight octets."""
        return self._spread(octets.equal(self.data, self.starts, self.ends, word))

    def marks(self) -> list[Words]:
        """Numbers that are equal where the tokens are: their last 24 octets."""
        return [self._spread(word) for word in octets.last(self.data, self.starts, self.ends)]

    def at(self, row: int) -> str:
        token = row if self.codes is None else int(self.codes[row])
        return octets.text(self.data, self.starts[token], self.ends[token])

    def _said(self) -> Mask:
        said = self._spread(~octets.equal(self.data, self.starts, self.ends, b"-") & (self.ends > self.starts))
        return said if self.said is None else said & self.said

    def _spread(self, values: NDArray[_Value]) -> NDArray[_Value]:
        return values if self.codes is None else values[self.codes]


@dataclass(frozen=True, slots=True)
class Whole:
    """Numbers that a file holds as such."""

    values: NDArray[np.int64]
    said: Mask

    def numbers(self) -> Numbers:
        return Numbers(self.values.view(np.uint64), self.said, self.said & (self.values < 0))

    def addresses(self) -> Addresses:
        nothing = np.zeros(len(self.values), np.uint64)
        return Addresses(nothing, nothing, np.zeros(len(self.values), np.uint8), self.said)

    def addresses_like(self, other: Cells, known: Addresses) -> Addresses:  # noqa: ARG002
        return self.addresses()

    def equals(self, word: bytes) -> Mask:  # noqa: ARG002
        return np.zeros(len(self.values), np.bool_)

    def marks(self) -> list[Words]:
        return [self.values.view(np.uint64)]

    def at(self, row: int) -> str:
        return str(self.values[row]) if self.said[row] else "-"


Cells = Text | Whole


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows of a log: its columns by the names that the log gives them."""

    rows: int
    columns: dict[str, Cells]

    def line(self, row: int) -> str:
        """The row as a line of text, for a person."""
        return " ".join(cells.at(row) for cells in self.columns.values())
