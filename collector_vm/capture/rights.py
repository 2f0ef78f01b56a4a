"""Who may look at packets: the process that captures, and no other."""

from __future__ import annotations

import ctypes
import struct

_VERSION_3 = 0x20080522
_NET_RAW = 13
_AMBIENT, _CLEAR_ALL = 47, 4  # prctl


def forgo_packets() -> None:
    """Whoever reads what strangers send gives up CAP_NET_RAW, which a collector that captures was started with."""
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    head = ctypes.create_string_buffer(struct.pack("@Ii", _VERSION_3, 0), 8)
    rights = ctypes.create_string_buffer(24)
    if library.capget(head, rights) == 0:
        words = list(struct.unpack("@6I", rights.raw))
        for at in range(3):  # effective, permitted and inheritable
            words[at] &= ~(1 << _NET_RAW)
        library.capset(head, ctypes.create_string_buffer(struct.pack("@6I", *words), 24))
