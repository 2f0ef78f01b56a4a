"""Reads flatbuffers that cannot be trusted: no offset is followed without a look."""

from __future__ import annotations

import struct

from flowlens.kit.wire import Truncated

_FORMS = {form: struct.Struct(form) for form in ("<b", "<B", "<h", "<H", "<i", "<I", "<q")}


class Table:
    """One table; fields are numbered in the order of the schema, and an absent one reads as zero."""

    __slots__ = ("_at", "_data", "_offsets")

    def __init__(self, data: memoryview, at: int) -> None:
        self._data, self._at = data, at
        vtable = at - _number(data, at, "<i")
        size = _number(data, vtable, "<H")
        if size < 4 or vtable + size > len(data):
            raise Truncated(f"a vtable of {size} bytes beyond the end")
        self._offsets: tuple[int, ...] = struct.unpack_from(f"<{size // 2 - 2}H", data, vtable + 4)

    @classmethod
    def root(cls, data: memoryview) -> Table:
        return cls(data, _number(data, 0, "<I"))

    def _field(self, index: int) -> int:
        offset = self._offsets[index] if index < len(self._offsets) else 0
        return self._at + offset if offset else 0

    def _target(self, index: int) -> int:
        at = self._field(index)
        return at + _number(self._data, at, "<I") if at else 0

    def has(self, index: int) -> bool:
        return self._field(index) != 0

    def place(self, index: int) -> int:
        """Where the field lies, 0 where it is absent."""
        return self._field(index)

    def number(self, index: int, form: str) -> int:
        at = self._field(index)
        return _number(self._data, at, form) if at else 0

    def table(self, index: int) -> Table:
        at = self._target(index)
        if not at:
            raise Truncated(f"field {index} is absent")
        return Table(self._data, at)

    def tables(self, index: int) -> list[Table]:
        """A vector of tables."""
        start, count = self._vector(index, 4)
        places = range(start, start + 4 * count, 4)
        return [Table(self._data, at + _number(self._data, at, "<I")) for at in places]

    def pairs(self, index: int) -> list[tuple[int, int]]:
        """A vector of structs of two longs."""
        start, count = self._vector(index, 16)
        numbers = struct.unpack_from(f"<{2 * count}q", self._data, start)
        return list(zip(numbers[::2], numbers[1::2], strict=True))

    def string(self, index: int) -> bytes:
        start, count = self._vector(index, 1)
        return bytes(self._data[start : start + count])

    def _vector(self, index: int, size: int) -> tuple[int, int]:
        at = self._target(index)
        if not at:
            return 0, 0
        count = _number(self._data, at, "<I")
        if at + 4 + size * count > len(self._data):
            raise Truncated(f"a vector of {count} beyond the end")
        return at + 4, count


def _number(data: memoryview, at: int, form: str) -> int:
    try:
        if at >= 0:
            value: int = _FORMS[form].unpack_from(data, at)[0]
            return value
    except struct.error:
        pass
    raise Truncated(f"an offset of {at} in {len(data)} bytes")
