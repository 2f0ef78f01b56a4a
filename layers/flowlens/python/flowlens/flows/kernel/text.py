"""Octets as text, as `base64` writes them."""

from __future__ import annotations

import base64
from functools import cache

import numpy as np

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
