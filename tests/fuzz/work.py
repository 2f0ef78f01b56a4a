"""The work that decoding costs, counted and not timed: calls made, and octets held at most."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from typing import Any


def calls(body: Callable[[], object]) -> int:
    """How many functions, Python's and C's, the body calls: the same on any machine."""
    count = 0

    def note(_: Any, event: str, __: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        body()
    finally:
        sys.setprofile(None)
    return count


def peak(body: Callable[[], object]) -> int:
    """How many octets the body holds at once, beyond what was held before."""
    tracemalloc.start()
    try:
        body()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
