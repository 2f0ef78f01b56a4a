"""Lines of words, and what they say, as `reading.text` and `reading.octets` find it."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Octets = NDArray[np.uint8]
Positions = NDArray[np.intp]
Halves = tuple[NDArray[np.uint64], NDArray[np.uint64], Octets]
_MOST_ROWS = 1 << 30


class _Words(ctypes.Structure):
    _fields_ = (
        ("octets", ctypes.c_void_p),
        ("length", ctypes.c_int64),
        ("starts", ctypes.c_void_p),
        ("ends", ctypes.c_void_p),
        ("count", ctypes.c_int64),
    )


class _Lines(ctypes.Structure):
    _fields_ = (
        ("starts", ctypes.c_void_p),
        ("ends", ctypes.c_void_p),
        ("line", ctypes.c_void_p),
        ("room", ctypes.c_int64),
        ("bad_starts", ctypes.c_void_p),
        ("bad_ends", ctypes.c_void_p),
        ("told", ctypes.c_int64),
        ("rows", ctypes.c_int64),
        ("lines", ctypes.c_int64),
        ("bad", ctypes.c_int64),
    )


class _Addresses(ctypes.Structure):
    _fields_ = (("high", ctypes.c_void_p), ("low", ctypes.c_void_p), ("said", ctypes.c_void_p))


class Words(NamedTuple):
    """Word i is data[starts[i]:ends[i]]."""

    data: Octets
    starts: Positions
    ends: Positions

    def contiguous(self) -> Words:
        starts, ends = (np.ascontiguousarray(values, np.intp) for values in (self.starts, self.ends))
        return Words(np.ascontiguousarray(self.data), starts, ends)

    def pointers(self) -> _Words:
        """Valid as long as the words themselves, which are contiguous."""
        data, starts, ends = self
        rows = min(len(starts), len(ends))
        return _Words(data.ctypes.data, len(data), starts.ctypes.data, ends.ctypes.data, rows)


class Lines(NamedTuple):
    """Row r has word k at [k, r], and was line `line[r]`; `lines` are those that are not empty, `bad` those of no row.

    `examples` are where the first of the bad ones begin and end.
    """

    starts: Positions
    ends: Positions
    line: Positions
    lines: int
    bad: int
    examples: list[tuple[int, int]]


def lines(library: ctypes.CDLL, data: Octets, begin: int, words: int, told: int) -> Lines:
    """Of the text from `begin` on: lines of so many words, of which there is at least one."""
    room = min(int(np.count_nonzero(data == ord("\n"))), (len(data) - begin) // words) + 1
    starts, ends = np.empty((2, words, room), np.intp)
    line, bad = np.empty(room, np.intp), np.zeros((2, told), np.intp)
    places = (starts.ctypes.data, ends.ctypes.data, line.ctypes.data, room)
    to = _Lines(*places, bad[0].ctypes.data, bad[1].ctypes.data, told)
    library.fl_lines(data.ctypes.data, len(data), begin, words, ctypes.byref(to))
    rows, examples = to.rows, list(zip(*bad[:, : to.bad].tolist(), strict=True))
    return Lines(starts[:, :rows], ends[:, :rows], line[:rows], to.lines, to.bad, examples)


def numbers(library: ctypes.CDLL, words: Words) -> tuple[NDArray[np.uint64], Octets]:
    """As octets.numbers."""
    words = words.contiguous()
    values, said = np.empty(len(words.ends), np.uint64), np.empty(len(words.ends), np.uint8)
    library.fl_numbers(ctypes.byref(words.pointers()), values.ctypes.data, said.ctypes.data)
    return values, said


def addresses(library: ctypes.CDLL, words: Words, like: Words | None = None, known: Halves | None = None) -> Halves:
    """As octets.addresses; where a word is that of `like`, in the same text, what is known of that holds."""
    words = words.contiguous()
    rows = len(words.ends)
    found = (*np.empty((2, rows), np.uint64), np.empty(rows, np.uint8))
    asked = [ctypes.byref(words.pointers()), None, None, ctypes.byref(_halves(found))]
    if like is not None and known is not None:
        like, known = like.contiguous(), _contiguous(known)
        asked[1:3] = ctypes.byref(like.pointers()), ctypes.byref(_halves(known))
    library.fl_addresses(*asked)
    return found


def _contiguous(halves: Halves) -> Halves:
    high, low, said = halves
    return np.ascontiguousarray(high), np.ascontiguousarray(low), np.ascontiguousarray(said)


def _halves(halves: Halves) -> _Addresses:
    return _Addresses(*(values.ctypes.data for values in halves))


def times(library: ctypes.CDLL, words: Words) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """As times.parse."""
    words = words.contiguous()
    found, good = np.empty(len(words.ends), np.int64), np.empty(len(words.ends), np.bool_)
    library.fl_times(ctypes.byref(words.pointers()), found.ctypes.data, good.ctypes.data)
    return found, good


def equal(library: ctypes.CDLL, words: Words, word: bytes) -> NDArray[np.bool_]:
    """Which words are this one."""
    words = words.contiguous()
    found = np.empty(len(words.ends), np.bool_)
    library.fl_equal(ctypes.byref(words.pointers()), word, len(word), found.ctypes.data)
    return found


def distinct(library: ctypes.CDLL, columns: Sequence[Words]) -> tuple[Positions, Positions] | None:
    """Which of the distinct rows of words each row is, and the first of each; None where that must be found by sorting.

    There is at least one column.
    """
    columns = [words.contiguous() for words in columns]
    rows = len(columns[0].ends)
    if rows >= _MOST_ROWS:
        return None
    table = np.zeros(1 << rows.bit_length() + 1, np.int32)
    which, firsts = np.empty((2, rows), np.intp)
    asked = (_Words * len(columns))(*(words.pointers() for words in columns))
    places = (table.ctypes.data, len(table), which.ctypes.data, firsts.ctypes.data)
    count = library.fl_distinct(asked, len(columns), *places)
    return None if count < 0 else (which, firsts[:count])
