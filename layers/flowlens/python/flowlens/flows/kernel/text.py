"""Octets as text, as `base64` writes them."""

from __future__ import annotations

import base64
from functools import cache

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.kernel import kernel

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def base64_encoded(octets: bytes) -> bytes:
    """RFC 4648 section 4, with padding."""
    library = kernel().library
    if library is None:
        return base64.b64encode(octets)
    out = np.empty((len(octets) + 2) // 3 * 4, np.uint8)
    library.fl_base64(octets, len(octets), _pairs(), out.ctypes.data)
    return out.tobytes()


@cache
def _pairs() -> bytes:
    """The two characters of each number of 12 bits."""
    return b"".join(bytes((one, other)) for one in _ALPHABET for other in _ALPHABET)


def base64_decoded(text: str | bytes) -> bytes:
    """What `base64_encoded` wrote; ValueError where it is anything else."""
    library = kernel().library
    written = text.encode("ascii") if isinstance(text, str) else text
    if library is None:
        return base64.b64decode(written, validate=True)
    out = np.empty(len(written) // 4 * 3 + 1, np.uint8)
    length = library.fl_unbase64(written, len(written), _numbers().ctypes.data, out.ctypes.data)
    if length < 0:
        raise ValueError("no base64")
    return out[:length].tobytes()


@cache
def _numbers() -> NDArray[np.uint32]:
    """What each character says in each of four places; those that say nothing have all bits set."""
    numbers = np.full((4, 256), 0xFFFF_FFFF, np.uint32)
    for place, bits in enumerate((18, 12, 6, 0)):
        numbers[place, list(_ALPHABET)] = np.arange(64, dtype=np.uint32) << bits
    return numbers
