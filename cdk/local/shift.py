"""Moves the times in export datagrams, so that a recording looks as if it were being made now.

Header times carry the relative ones (uptimes, microsecond deltas) with them. What templates describe as absolute
times (elements 150-157, 160, 322-325, also in the reverse direction of RFC 5103) is moved in the records themselves,
by the same whole number of seconds: every flow keeps its duration and its distance to every other flow. sFlow carries
no absolute time.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

_REVERSE = 29305
_VARIABLE = 65_535
_MAX_TEMPLATES = 4_096
_SECONDS, _MILLISECONDS, _NTP = 4, 8, 9  # kinds of absolute time
_KINDS: Final = {
    **dict.fromkeys((150, 151, 322), _SECONDS),
    **dict.fromkeys((152, 153, 160, 323), _MILLISECONDS),
    **dict.fromkeys((154, 155, 156, 157, 324, 325), _NTP),
}
Key = tuple[bytes, int, int, int]  # exporter, version, domain, template


class _Field(NamedTuple):
    size: int
    kind: int  # 0: no absolute time


class Template(NamedTuple):
    """What a record looks like to somebody who looks for times only."""

    fields: tuple[_Field, ...]
    fixed: int  # octets of a record; 0 when a field's length varies
    timed: bool


def version(payload: bytes) -> int | None:
    """1, 5, 7, 9 or 10 for NetFlow and IPFIX, 105 for sFlow v5; None when the payload is no export."""
    if payload[:4] == b"\0\0\0\x05" and len(payload) >= 28:
        return 105
    found = int.from_bytes(payload[:2], "big")
    least = {1: 16, 5: 24, 7: 24, 9: 20, 10: 16}.get(found)
    return found if least is not None and len(payload) >= least else None


def exported_at(payload: bytes) -> int | None:
    """The second that the header says the datagram was exported at; None for sFlow, which says none."""
    found = version(payload)
    if found in (None, 105):
        return None
    offset = _clock(found)
    return int.from_bytes(payload[offset : offset + 4], "big")


def _clock(found: int | None) -> int:
    """Where the header says the second: NetFlow of all versions has the uptime before it."""
    return 4 if found == 10 else 8


class Shifter:
    """Moves the times of one recording by `seconds`. `unknown` counts data sets whose template never came."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._templates: dict[Key, Template] = {}
        self.unknown: Counter[str] = Counter()

    def shift(self, exporter: bytes, payload: bytes) -> bytes:
        found = version(payload)
        if found in (None, 105):
            return payload
        data = bytearray(payload)
        _move(data, _clock(found), _Field(4, _SECONDS), self._seconds)
        if found in (9, 10):
            domain = int.from_bytes(data[12:16] if found == 10 else data[16:20], "big")
            end = min(len(data), int.from_bytes(data[2:4], "big")) if found == 10 else len(data)
            for number, start, stop in _sets(data, 16 if found == 10 else 20, end):
                self._set(data, (exporter, found, domain, number), (start, stop))
        return bytes(data)

    def _set(self, data: bytearray, key: Key, bounds: tuple[int, int]) -> None:
        exporter, found, domain, number = key
        start, stop = bounds
        if number in (0, 1, 2, 3):
            for learnt, layout in _learn(bytes(data[start:stop]), found, number):
                if len(self._templates) < _MAX_TEMPLATES:
                    self._templates[exporter, found, domain, learnt] = layout
        elif (template := self._templates.get(key)) is None:
            self.unknown["template_missing"] += 1
        elif template.timed:
            _records(data, bounds, template, self._seconds)


def _sets(data: bytearray, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    while at + 4 <= end:
        number, length = struct.unpack_from(">HH", data, at)
        if length < 4:
            return
        yield number, at + 4, min(at + length, end)
        at += length


def _learn(body: bytes, found: int, number: int) -> Iterator[tuple[int, Template]]:
    """The templates in a template set; options templates differ in their header only."""
    at, options = 0, number in (1, 3)
    while at + 4 <= len(body):
        template, count = struct.unpack_from(">HH", body, at)
        at += 4
        if template < 256 or count == 0:  # padding, or a withdrawal
            return
        if options and at + 2 <= len(body):
            if found == 9:  # the two lengths are octets of the scope and of the options
                count = (count + int.from_bytes(body[at : at + 2], "big")) // 4
            at += 2
        fields = []
        while count and at + 4 <= len(body):
            element, size = struct.unpack_from(">HH", body, at)
            at, count, enterprise = at + 4, count - 1, 0
            if found == 10 and element & 0x8000:
                enterprise, at = int.from_bytes(body[at : at + 4], "big"), at + 4
            kind = _KINDS.get(element & 0x7FFF, 0) if enterprise in (0, _REVERSE) else 0
            fields.append(_Field(size, kind))
        if count == 0:
            yield template, _template(tuple(fields))


def _template(fields: tuple[_Field, ...]) -> Template:
    varies = any(f.size == _VARIABLE for f in fields)
    fixed = 0 if varies else sum(f.size for f in fields)
    return Template(fields, fixed, any(f.kind for f in fields) and (varies or fixed > 0))


def _records(data: bytearray, bounds: tuple[int, int], template: Template, seconds: int) -> None:
    at, stop = bounds
    least = template.fixed or len(template.fields)
    while at + least <= stop:
        for field in template.fields:
            size = field.size
            if size == _VARIABLE:
                size, at = _variable(data, at, stop)
            if at + size > stop:
                return
            if field.kind:
                _move(data, at, _Field(size, field.kind), seconds)
            at += size


def _variable(data: bytearray, at: int, stop: int) -> tuple[int, int]:
    """A variable-length field's size, and where its value begins (RFC 7011 section 7)."""
    if at < stop and data[at] == 255:
        return int.from_bytes(data[at + 1 : at + 3], "big"), at + 3
    return (data[at] if at < stop else 0), at + 1


def _move(data: bytearray, at: int, field: _Field, seconds: int) -> None:
    size, kind = field
    old = int.from_bytes(data[at : at + size], "big")
    if old == 0 or size > 8 or size < 4:  # 0 means that the exporter does not know
        return
    step = seconds * 1000 if kind == _MILLISECONDS else seconds << 8 * (size - 4) if kind == _NTP else seconds
    data[at : at + size] = ((old + step) % (1 << 8 * size)).to_bytes(size, "big")
