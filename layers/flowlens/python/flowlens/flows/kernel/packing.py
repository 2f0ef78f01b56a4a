"""Columns made small and packed in one go each, as `body` and `planes` do it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import BY_NAME, Columns, Values
from flowlens.flows.planes import Packed

AS_IS, STEP, AFTER, BEFORE, UNMAPPED = range(5)
MODES = {  # and the column that is looked at beside it
    "received": (STEP, ""),
    "end": (AFTER, "received"),
    "start": (BEFORE, "end"),
    **dict.fromkeys(("src_low", "dst_low", "next_hop_low"), (UNMAPPED, "ip_version")),
}
_MOST_PLANES = 8


class _Column(ctypes.Structure):
    _fields_ = (
        ("values", ctypes.c_void_p),
        ("other", ctypes.c_void_p),
        ("size", ctypes.c_int32),
        ("is_signed", ctypes.c_int32),
        ("mode", ctypes.c_int32),
    )


class _Packed(ctypes.Structure):
    _fields_ = (
        ("base", ctypes.c_uint64),
        ("planes", ctypes.c_int32),
        ("keys", ctypes.c_int32),
        ("key", ctypes.c_uint64 * 255),
    )


def pack(library: ctypes.CDLL, columns: Columns) -> Iterator[tuple[str, Packed]]:
    """The packed columns of at least one row, in their order; each one's planes are valid until the next is made."""
    scratch = np.empty(columns.rows, np.uint64)
    planes = np.empty((_MOST_PLANES, columns.rows), np.uint8)
    whole: dict[str, Values] = {}

    def made(name: str) -> Values:
        if name not in whole:
            whole[name] = np.ascontiguousarray(columns[name], BY_NAME[name].dtype)
        return whole[name]

    for name, values in columns.values.items():
        mode, other = MODES.get(name, (AS_IS, ""))
        if values.strides[0] == 0 and mode == AS_IS:
            yield name, Packed(int(values[0]))
            continue
        column, beside = made(name), made(other).ctypes.data if other else None
        asked = _Column(column.ctypes.data, beside, column.dtype.itemsize, column.dtype.kind == "i", mode)
        yield name, _one(library, asked, scratch, planes)


def _one(library: ctypes.CDLL, asked: _Column, scratch: NDArray[np.uint64], planes: NDArray[np.uint8]) -> Packed:
    said = _Packed()
    library.fl_pack(ctypes.byref(asked), len(scratch), scratch.ctypes.data, planes.ctypes.data, ctypes.byref(said))
    keys = said.key[: said.keys]
    base = said.base
    if asked.is_signed:
        base, keys = _signed(base), [_signed(key) for key in keys]
    return Packed(base, tuple(planes[: said.planes]), tuple(keys))


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value
