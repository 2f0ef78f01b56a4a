"""What the kernel is given to survey a batch of messages with, and what it gives back (kernel.h)."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Format
from flowlens.flows.datagrams import Datagrams

LAYOUTS = 64  # FL_LAYOUTS
ONE = np.dtype([("key", "u8"), *((name, "i8") for name in ("layout", "size", "init", "heard", "heards"))])
SET = np.dtype([("known", "i4"), ("datagram", "i4"), ("start", "i8"), ("records", "i8")])
OF_DATAGRAMS = ("uptime", "exported", "domain", "records", "options")
OF_KNOWN = ("sets", "rows", "begin")
OF_SETS = ("starts", "counts", "received", "exported", "exporter", "domain", "uptime")
_NUMBER, _POINTER = ctypes.c_int64, ctypes.c_void_p


class _Messages(ctypes.Structure):
    _fields_ = (
        ("octets", _POINTER),
        ("width", _NUMBER),
        ("count", _NUMBER),
        ("lengths", _POINTER),
        ("exporters", _POINTER),
        ("received", _POINTER),
        ("version", ctypes.c_int32),
    )


class Known(ctypes.Structure):
    _fields_ = (("ones", _POINTER), ("count", _NUMBER), ("contents", _POINTER), ("octets", ctypes.c_char_p))


class Block(ctypes.Structure):
    _fields_ = tuple((name, _NUMBER) for name in ("layout", "first", "sets", "rows"))


class Survey(ctypes.Structure):
    _fields_ = (
        *((f"{name}_of_datagrams", _POINTER) for name in OF_DATAGRAMS),
        *((f"{name}_of_known", _POINTER) for name in OF_KNOWN),
        ("found", _POINTER),
        ("room", _NUMBER),
        *((f"{name}_of_sets", _POINTER) for name in OF_SETS),
        ("blocks", _NUMBER),
        ("block", Block * LAYOUTS),
    )


class Given:
    """A batch as the kernel wants it; the arrays live as long as this does."""

    def __init__(self, datagrams: Datagrams, kind: Format) -> None:
        self.lengths = np.ascontiguousarray(datagrams.lengths, np.int32)
        self.exporters = np.ascontiguousarray(datagrams.exporters, np.uint16)
        self.received = np.ascontiguousarray(datagrams.received, np.int64)
        slots = datagrams.slots
        places = at(self.lengths), at(self.exporters), at(self.received)
        self.structure = _Messages(at(slots), slots.shape[1], datagrams.count, *places, kind)


def at(array: NDArray[np.generic]) -> int:
    place: int = array.__array_interface__["data"][0]
    return place


def rows_of(matrix: NDArray[np.int64]) -> list[int]:
    first, step = at(matrix), matrix.strides[0]
    return [first + step * row for row in range(len(matrix))]
