"""A cursor over bytes that cannot overrun."""

from __future__ import annotations


class Truncated(ValueError):
    """More bytes were wanted than are left."""


class Reader:
    """Reads big-endian fields in order; every read is checked against what is left."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data)
        self._at = 0

    @property
    def remaining(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> memoryview:
        if size > self.remaining or size < 0:
            raise Truncated(f"wanted {size} bytes, {self.remaining} left")
        start, self._at = self._at, self._at + size
        return self._data[start : self._at]

    def within(self, size: int) -> Reader:
        """A reader confined to the next `size` bytes, which this one steps over."""
        return Reader(self.take(size))

    def uint(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")
