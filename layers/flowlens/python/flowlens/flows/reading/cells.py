"""One column of a log before it is understood: pieces of text, or numbers, read as whatever is wanted of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.kernel.words import Halves
from flowlens.flows.kernel.words import Words as Tokens
from flowlens.flows.reading import octets, times
from flowlens.flows.reading.octets import Mask, Octets, Positions, Words

_LONGEST = 1 << 16  # octets of one word
_MOST_COMBINED = 1 << 20  # rows that columns of few words could make
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

    @classmethod
    def of(cls, words: Sequence[str], codes: Positions | None = None) -> Text:
        """Words that did not stand in one text; what is no ASCII is no number and no address either."""
        tokens = [word.encode("ascii", "replace")[:_LONGEST] for word in words]
        lengths = np.fromiter(map(len, tokens), np.intp, len(tokens))
        data = np.frombuffer(bytes(octets.PAD) + b"".join(tokens), np.uint8)
        ends = np.cumsum(lengths) + octets.PAD
        return cls(data, ends - lengths, ends, codes)

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.data, self.starts, self.ends)

    def numbers(self) -> Numbers:
        values, said = octets.numbers(self.tokens)
        said = self._spread(said)
        return Numbers(self._spread(values), said != octets.NOTHING, said == octets.WRONG)

    def addresses(self) -> Addresses:
        return self._addresses(octets.addresses(self.tokens))

    def _addresses(self, found: Halves) -> Addresses:
        high, low, said = self._spread(found[0]), self._spread(found[1]), self._spread(found[2])
        wrong = said == octets.WRONG
        return Addresses(high, low, np.where(wrong, np.uint8(0), said) if wrong.any() else said, wrong)

    def addresses_like(self, other: Cells, known: Addresses) -> Addresses:
        """The same as `addresses`, where `known` are those of a column that mostly says the same: it is read once."""
        if not isinstance(other, Text) or self.codes is not None or other.codes is not None:
            return self.addresses()
        if self.data is not other.data:
            return self.addresses()
        said = np.where(known.wrong, np.uint8(octets.WRONG), known.version)
        return self._addresses(octets.addresses_like(self.tokens, other.tokens, (known.high, known.low, said)))

    def times(self) -> tuple[NDArray[np.int64], Mask]:
        """As times.parse."""
        milliseconds, good = times.parse(self.tokens)
        return self._spread(milliseconds), self._spread(good)

    def equals(self, word: bytes) -> Mask:
        """Which rows hold exactly this word of at most eight octets."""
        return self._spread(octets.equal(self.tokens, word))

    def marks(self) -> list[Words]:
        """Numbers that are equal where the tokens are: their last 24 octets."""
        return [self._spread(word) for word in octets.last(self.data, self.starts, self.ends)]

    def take(self, rows: Positions) -> Text:
        """Some of the rows."""
        if self.codes is not None:
            return Text(self.data, self.starts, self.ends, self.codes[rows])
        return Text(self.data, self.starts[rows], self.ends[rows])

    def at(self, row: int) -> str:
        token = row if self.codes is None else int(self.codes[row])
        return octets.text(self.data, self.starts[token], self.ends[token])

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

    def take(self, rows: Positions) -> Whole:
        return Whole(self.values[rows], self.said[rows])

    def at(self, row: int) -> str:
        return str(self.values[row]) if self.said[row] else "-"


Cells = Text | Whole


def distinct(columns: Sequence[Cells], rows: int) -> tuple[Positions, Positions]:
    """The number of what each row says in `columns`, and the first row of each number.

    Rows that say the same have one number where that is found at little cost, else each has its own.
    """
    texts = [cells for cells in columns if isinstance(cells, Text)]
    found = None
    if len(texts) == len(columns):
        coded = [(cells.codes, len(cells.ends)) for cells in texts if cells.codes is not None]
        if not coded:
            found = octets.distinct([cells.tokens for cells in texts])
        elif len(coded) == len(texts):
            found = _distinct(coded)
    return found if found is not None else (np.arange(rows), np.arange(rows))


def _distinct(coded: Sequence[tuple[Positions, int]]) -> tuple[Positions, Positions] | None:
    """Of columns of numbers below a bound; None where too many are possible."""
    key, most = np.zeros(len(coded[0][0]), np.intp), 1
    for codes, bound in coded:
        key, most = key * bound + codes, most * bound
        if most > _MOST_COMBINED:
            return None
    first = np.full(most, -1, np.intp)
    first[key[::-1]] = np.arange(len(key))[::-1]
    used = np.flatnonzero(first >= 0)
    number = np.zeros(most, np.intp)
    number[used] = np.arange(len(used))
    return number[key], first[used]


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows of a log: its columns by the names that the log gives them."""

    rows: int
    columns: dict[str, Cells]

    def line(self, row: int) -> str:
        """The row as a line of text, for a person."""
        return " ".join(cells.at(row) for cells in self.columns.values())
