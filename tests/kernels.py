"""The kernel put aside, so that NumPy does the work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flowlens.flows.kernel import kernel


@contextmanager
def without_kernel() -> Iterator[None]:
    found = kernel()
    library, found.library = found.library, None
    try:
        yield
    finally:
        found.library = library
