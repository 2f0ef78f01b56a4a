"""Columns spelt out of their planes in one go each, as `body` and `planes` do it."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import BY_NAME, Columns, Values
from flowlens.flows.kernel.packing import AS_IS, MODES
from flowlens.flows.planes import Packed
from flowlens.model.errors import Malformed

_WORD = 2**64 - 1
_POINTER = ctypes.c_void_p
_FIRST = ("ip_version", "received", "end")  # others are differences to these


class _Spelt(ctypes.Structure):
    """FlSpelt of kernel.h."""

    _fields_ = (
        ("plane", _POINTER * 8),
        ("key", _POINTER),
        ("other", _POINTER),
        ("base", ctypes.c_uint64),
        ("first", ctypes.c_uint64),
        *((name, ctypes.c_int32) for name in ("planes", "keys", "size", "mode")),
    )


def unpack(library: ctypes.CDLL, rows: int, packed: Mapping[str, Packed], first: int) -> Columns:
    """The columns again; `first` is what the first row's `received` is a difference to. Malformed as planes.unpack."""
    made = Columns(rows)
    for name in sorted(packed, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST)):
        made.values[name] = _one(library, name, packed[name], made, first)
    return made


def _one(library: ctypes.CDLL, name: str, packed: Packed, made: Columns, first: int) -> Values:
    dtype, bounds = BY_NAME[name].dtype, np.iinfo(BY_NAME[name].dtype)
    mode, beside = MODES.get(name, (AS_IS, ""))
    if not packed.keys and not int(bounds.min) <= packed.base <= int(bounds.max):
        raise Malformed("body_values", f"a base of {packed.base}")
    keys = _keys(packed, dtype)
    if not packed.planes and mode == AS_IS:
        return np.broadcast_to(np.array(packed.base, dtype), (made.rows,))
    planes = [np.ascontiguousarray(plane, np.uint8) for plane in packed.planes]
    other = np.ascontiguousarray(made[beside], BY_NAME[beside].dtype) if beside else None
    values = np.empty(made.rows, dtype)
    asked = _Spelt(
        (_POINTER * 8)(*_places(planes)),
        keys.ctypes.data,
        None if other is None else other.ctypes.data,
        packed.base & _WORD,
        first & _WORD,
        len(planes),
        len(keys),
        dtype.itemsize,
        mode,
    )
    if not library.fl_spell(ctypes.byref(asked), made.rows, values.ctypes.data):
        raise Malformed("body_values", "a key that is not there" if len(keys) else "a value beyond its type")
    return values


def _keys(packed: Packed, dtype: np.dtype[np.integer]) -> NDArray[np.uint64]:
    if packed.keys and len(packed.planes) != 1:
        raise Malformed("body_values", "a key that is not there")
    try:
        return np.array(packed.keys, dtype).astype(np.uint64)
    except OverflowError as error:
        raise Malformed("body_values", "a key beyond its type") from error


def _places(planes: Sequence[NDArray[np.uint8]]) -> list[int]:
    return [plane.ctypes.data for plane in planes]
