"""The compiled kernel, where it was built for this machine; without it NumPy does the same work."""

from __future__ import annotations

import ctypes
import platform
from functools import cache
from pathlib import Path

_POINTER, _NUMBER = ctypes.c_void_p, ctypes.c_int64
_FUNCTIONS = {
    "fl_pack": (None, (_POINTER, _NUMBER, _POINTER, _POINTER, _POINTER)),
    "fl_spell": (ctypes.c_int32, (_POINTER, _NUMBER, _POINTER)),
    "fl_records": (ctypes.c_int32, (_POINTER, _POINTER, _NUMBER)),
    "fl_sets": (_NUMBER, (_POINTER, _POINTER, _POINTER, _NUMBER, _NUMBER, _POINTER, _NUMBER)),
    "fl_repeats": (None, (_POINTER, _POINTER)),
    "fl_survey": (_NUMBER, (_POINTER, _POINTER, _POINTER)),
    "fl_samples": (None, (_POINTER, _POINTER, _POINTER, _POINTER)),
    "fl_heads": (ctypes.c_int32, (_POINTER, _POINTER)),
    "fl_walk_samples": (_NUMBER, (_POINTER, _POINTER, _NUMBER, _POINTER, _NUMBER)),
    "fl_announced": (_NUMBER, (_POINTER,)),
    "fl_agents": (ctypes.c_int32, (_POINTER, _POINTER)),
    "fl_base64": (None, (_POINTER, _NUMBER, _POINTER, _POINTER)),
    "fl_unbase64": (_NUMBER, (_POINTER, _NUMBER, _POINTER, _POINTER)),
    "fl_lines": (None, (_POINTER, _NUMBER, _NUMBER, _NUMBER, _POINTER)),
    "fl_numbers": (None, (_POINTER, _POINTER, _POINTER)),
    "fl_addresses": (None, (_POINTER, _POINTER, _POINTER, _POINTER)),
    "fl_equal": (None, (_POINTER, _POINTER, _NUMBER, _POINTER)),
    "fl_times": (None, (_POINTER, _POINTER, _POINTER)),
    "fl_members": (None, (_POINTER, _NUMBER, _NUMBER, _POINTER)),
    "fl_distinct": (_NUMBER, (_POINTER, _NUMBER, _POINTER, _NUMBER, _POINTER, _POINTER)),
    "fl_pcap": (_NUMBER, (_POINTER, _NUMBER, _NUMBER, _POINTER)),
    "fl_pcapng": (_NUMBER, (_POINTER, _POINTER, _NUMBER, _POINTER, _POINTER)),
    "fl_fold": (ctypes.c_int32, (_POINTER, _POINTER)),
}


class Unloadable(OSError):
    """The kernel was not built, or not for this machine."""


def path() -> Path:
    """Where `make` puts it."""
    return Path(__file__).with_name(f"{platform.machine()}.so")


def load(library: Path) -> ctypes.CDLL:
    """Raises Unloadable and says why."""
    try:
        found = ctypes.CDLL(str(library))
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(found, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise Unloadable(str(error)) from error
    return found


class Kernel:
    """What is used of it; `library` is None where it could not be loaded, or is not wanted."""

    def __init__(self, library: ctypes.CDLL | None, absence: str = "") -> None:
        self.library, self.absence = library, absence


@cache
def kernel() -> Kernel:
    """This process's kernel. Whoever sets `library` to None makes NumPy do the work."""
    try:
        return Kernel(load(path()))
    except Unloadable as error:
        return Kernel(None, str(error))
