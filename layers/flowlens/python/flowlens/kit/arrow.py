"""Whole numbers out of Arrow arrays that have nulls, by the C data interface."""

from __future__ import annotations

import ctypes
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Exportable(Protocol):
    """An array of any Arrow library."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[Any, Any]: ...


class _Array(ctypes.Structure):
    """struct ArrowArray, https://arrow.apache.org/docs/format/CDataInterface.html."""

    _fields_ = (
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    )


_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


def numbers(array: Exportable, dtype: np.dtype[np.signedinteger[Any]]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Values and which of them are there (the others are 0) of an array; the caller knows its items' type."""
    _, capsule = array.__arrow_c_array__()  # it owns the memory: all is copied before it goes
    told = _Array.from_address(_pointer(capsule, b"arrow_array"))
    if not told.length:
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    end = told.offset + told.length
    data = (ctypes.c_uint8 * (end * dtype.itemsize)).from_address(told.buffers[1])
    values = np.frombuffer(data, dtype)[told.offset :].astype(np.int64)
    if not told.buffers[0]:
        return values, np.ones(told.length, np.bool_)
    bits = np.frombuffer((ctypes.c_uint8 * ((end + 7) // 8)).from_address(told.buffers[0]), np.uint8)
    there = np.unpackbits(bits, count=end, bitorder="little")[told.offset :].view(np.bool_)
    return np.where(there, values, 0), there
