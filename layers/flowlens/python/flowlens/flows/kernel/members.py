"""Lines that are a JSON object each: where the wanted members of the usual ones lie in the text."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Octets = NDArray[np.uint8]
Positions = NDArray[np.intp]
OBJECT, TEXT, WORD, NUMBER = range(4)  # a word is a text without blanks, a number a word or a whole number
_MOST = 64


class Wanted(NamedTuple):
    """A member; null stands for nothing where it is `optional`, a line without it is none where it is `required`."""

    kind: int
    optional: bool = False
    required: bool = False
    members: Mapping[str, Wanted] = {}


class _Member(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("size", ctypes.c_int64),
        ("kind", ctypes.c_int32),
        ("optional", ctypes.c_int32),
        ("first", ctypes.c_int64),
        ("members", ctypes.c_int64),
    )


class _Form(ctypes.Structure):
    _fields_ = (
        ("octets", ctypes.c_void_p),
        ("members", ctypes.c_void_p),
        ("count", ctypes.c_int64),
        ("roots", ctypes.c_int64),
        ("required", ctypes.c_uint64),
    )


class _Members(ctypes.Structure):
    _fields_ = (
        ("starts", ctypes.c_void_p),
        ("ends", ctypes.c_void_p),
        ("room", ctypes.c_int64),
        ("other_start", ctypes.c_void_p),
        ("other_end", ctypes.c_void_p),
        ("other_after", ctypes.c_void_p),
        ("other_room", ctypes.c_int64),
        ("rows", ctypes.c_int64),
        ("others", ctypes.c_int64),
    )


class Form:
    """What is wanted of a line; `number` tells by its path which member is which."""

    def __init__(self, wanted: Mapping[str, Wanted]) -> None:
        self.number: dict[tuple[str, ...], int] = {}
        self.roots, self.required = len(wanted), 0
        flat: list[tuple[tuple[str, ...], Wanted]] = [((name,), one) for name, one in wanted.items()]
        members = []
        for at, (path, one) in enumerate(flat):  # it grows
            first = len(flat)
            flat += [((*path, name), below) for name, below in one.members.items()]
            members.append(_Member(path[-1].encode(), len(path[-1]), one.kind, one.optional, first, len(one.members)))
            self.number[path] = at
            self.required |= one.required << at
        if len(flat) > _MOST:
            raise ValueError(f"{len(flat)} members")
        self.members = (_Member * len(members))(*members)


class Found(NamedTuple):
    """Member k of row r is the text from starts[k, r] to ends[k, r]; both are -1 where it is missing or null.

    Other lines, of which one is none or anything unusual is said, lie at `others`: begin, end, and the rows before it.
    """

    starts: Positions
    ends: Positions
    others: Positions


def members(library: ctypes.CDLL, data: Octets, begin: int, form: Form, shortest: int) -> Found:
    """Of the lines from `begin` on, of which those that are rows have at least `shortest` octets."""
    breaks = int(np.count_nonzero(data[begin:] == ord("\n"))) + 1
    room = min(breaks, (len(data) - begin) // shortest + 1)
    starts, ends = np.empty((2, len(form.members), room), np.intp)
    others = np.empty((3, breaks), np.intp)
    asked = _Form(data.ctypes.data, ctypes.addressof(form.members), len(form.members), form.roots, form.required)
    places = (starts.ctypes.data, ends.ctypes.data, room, *(row.ctypes.data for row in others), breaks)
    to = _Members(*places)
    library.fl_members(ctypes.byref(asked), len(data), begin, ctypes.byref(to))
    return Found(starts[:, : to.rows], ends[:, : to.rows], others[:, : to.others])
