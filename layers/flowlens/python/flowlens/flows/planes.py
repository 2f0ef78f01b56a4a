"""Integers as the fewest byte planes: what is constant goes to the header, the rest becomes bytes that zstd likes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowlens.model.errors import Malformed

Words = NDArray[np.uint64]
Plane = NDArray[np.uint8]
_SAMPLE, _FEW = 512, 32
_MAX_KEYS = 255
_WIDTHS = {1: np.uint8, 2: np.uint16, 3: np.uint32, 4: np.uint32}


@dataclass(frozen=True, slots=True)
class Packed:
    """value = base + the little-endian number of `planes` bytes, or keys[planes[0]] where there are keys."""

    base: int
    planes: tuple[Plane, ...] = ()
    keys: tuple[int, ...] = ()


def pack(values: NDArray[np.integer[Any]]) -> Packed:
    """Any integer column; arithmetic is modulo 2^64, so that every value of every type survives."""
    if len(values) == 0 or values.strides[0] == 0:
        return Packed(int(values[0]) if len(values) else 0)
    low, high = int(values.min()), int(values.max())
    size = ((high - low).bit_length() + 7) // 8
    if size == 0:
        return Packed(low)
    if size > 4 and (keyed := _keyed(values)) is not None:
        return keyed
    width = _WIDTHS.get(size, np.uint64)
    offsets = np.subtract(values.astype(np.uint64, copy=False), np.uint64(low & (2**64 - 1))).astype(width, copy=False)
    octets = offsets.view(np.uint8).reshape(len(values), -1)
    return Packed(low, tuple(np.ascontiguousarray(octets[:, k]) for k in range(size)))


def _keyed(values: NDArray[np.integer[Any]]) -> Packed | None:
    """Wide columns of few values, such as upper address halves. A sample finds most keys: sorting all is dear."""
    keys = np.unique(values[:: len(values) // _SAMPLE + 1])
    if len(keys) > _FEW:
        return None
    codes = _codes(keys, values)
    missed = keys[codes] != values
    if missed.any():
        keys = np.union1d(keys, values[missed])
        if len(keys) > _MAX_KEYS:
            return None
        codes = _codes(keys, values)
    return Packed(0, (codes,), tuple(keys.tolist()))


def _codes(keys: NDArray[np.integer[Any]], values: NDArray[np.integer[Any]]) -> Plane:
    return np.minimum(np.searchsorted(keys, values), len(keys) - 1).astype(np.uint8)


def unpack(packed: Packed, rows: int, dtype: np.dtype[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """The column again; Malformed when the header does not fit the planes."""
    if packed.keys:
        return _from_keys(packed, dtype)
    bounds = np.iinfo(dtype)
    if not int(bounds.min) <= packed.base <= int(bounds.max):
        raise Malformed("body_values", f"a base of {packed.base}")
    if not packed.planes:
        return np.broadcast_to(np.array(packed.base, dtype), (rows,))
    values = _spelt(packed.planes, rows)
    if packed.base:
        values += np.uint64(packed.base & (2**64 - 1))
    if dtype.itemsize == 8:
        return values.view(dtype)
    largest = packed.base + (1 << 8 * len(packed.planes)) - 1
    if rows and largest > bounds.max and int(values.max()) > int(bounds.max):
        raise Malformed("body_values", "a value beyond its type")
    return values.astype(dtype, copy=False)


def _spelt(parts: tuple[Plane, ...], rows: int) -> Words:
    octets = np.zeros((rows, 8), np.uint8)
    for k, plane in enumerate(parts):
        octets[:, k] = plane
    return octets.view(np.uint64)[:, 0]


def _from_keys(packed: Packed, dtype: np.dtype[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    if len(packed.planes) != 1 or (len(packed.planes[0]) and int(packed.planes[0].max()) >= len(packed.keys)):
        raise Malformed("body_values", "a key that is not there")
    try:
        return np.array(packed.keys, dtype)[packed.planes[0]]
    except OverflowError as error:
        raise Malformed("body_values", "a key beyond its type") from error
