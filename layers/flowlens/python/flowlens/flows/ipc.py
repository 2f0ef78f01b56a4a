"""The one form of Arrow IPC stream that we read, checked whole before a native library sees it.

arrow-rs panics, and can abort the process, on some schemas that no writer makes, and decompresses whatever it is given.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from flowlens.kit.flatbuffer import Table
from flowlens.kit.wire import Truncated
from flowlens.model.errors import Malformed

MAX_BYTES = 256 * 1024 * 1024
_CONTINUATION = 0xFFFFFFFF
_SCHEMA, _RECORD_BATCH = 1, 3  # MessageHeader in Arrow's Message.fbs
_INT = 2  # Type in Arrow's Schema.fbs
_ZSTD = 1  # CompressionType in Message.fbs
_NAME = re.compile(rb"[a-z0-9_]{1,64}(\.[0-7])?")
_MAX_BLOCK = 128 * 1024  # no zstd block holds more (RFC 8878 3.1.1.2.4)
_ZSTD_MAGIC = 0xFD2FB528
_CONTENT_SIZES = (0, 2, 4, 8)  # Frame_Content_Size_Flag, RFC 8878 3.1.1.1.1
_DICTIONARY_SIZES = (0, 1, 2, 4)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a checked stream holds: rows, and the schema's metadata."""

    rows: int
    metadata: dict[bytes, bytes]


def check(body: bytes) -> Shape:
    """One schema of plain uint8 fields and one zstd record batch within MAX_BYTES; Malformed if it is not."""
    try:
        messages = list(_messages(memoryview(body)))
        if [kind for kind, *_ in messages] != [_SCHEMA, _RECORD_BATCH]:
            raise Malformed("body_ipc", "not one schema and one record batch")
        (_, schema, _), (_, batch, data) = messages
        fields = _check_schema(schema)
        metadata = {pair.string(0): pair.string(1) for pair in schema.tables(2)}
        return Shape(_check_batch(batch, data, fields), metadata)
    except Truncated as error:
        raise Malformed("body_ipc", str(error)) from error


def _messages(body: memoryview) -> Iterator[tuple[int, Table, memoryview]]:
    at = 0
    while at < len(body):
        marker, size = _unpack("<II", body, at)
        if marker != _CONTINUATION:
            raise Malformed("body_ipc", "no message where one should be")
        if size == 0:
            return
        at += 8
        message = Table.root(_part(body, at, size))
        at += size
        length = message.number(3, "<q")
        yield message.number(1, "<B"), message.table(2), _part(body, at, length)
        at += length


def _check_schema(schema: Table) -> int:
    if schema.number(0, "<h"):
        raise Malformed("body_schema", "big-endian")
    fields = schema.tables(1)
    for field in fields:
        if not _NAME.fullmatch(field.string(0)):
            raise Malformed("body_schema", "a field's name")
        plain = not (field.number(1, "<B") or field.has(4) or field.tables(5))
        if not plain or field.number(2, "<B") != _INT:
            raise Malformed("body_schema", "a field that is not a plain integer")
        number = field.table(3)
        if number.number(0, "<i") != 8 or number.number(1, "<B"):
            raise Malformed("body_schema", "a field that is not uint8")
        if field.tables(6):
            raise Malformed("body_schema", "metadata of a field")
    return len(fields)


def _check_batch(batch: Table, data: memoryview, fields: int) -> int:
    rows, nodes, buffers = batch.number(0, "<q"), batch.pairs(1), batch.pairs(2)
    if batch.has(4):
        raise Malformed("body_ipc", "variadic buffers")
    if rows < 0 or rows * fields > MAX_BYTES:
        raise Malformed("body_size", f"{fields} fields of {rows} rows")
    if nodes != [(rows, 0)] * fields or len(buffers) != 2 * fields:
        raise Malformed("body_rows", "fields of different lengths")
    if not batch.has(3) or batch.table(3).number(0, "<b") != _ZSTD or batch.table(3).number(1, "<b"):
        raise Malformed("body_ipc", "not compressed with zstd")
    for at, (offset, length) in enumerate(buffers):
        expected = rows if at % 2 else (rows + 7) // 8  # a validity bitmap goes before each field's values
        _check_buffer(_part(data, offset, length), expected)
    return rows


def _check_buffer(buffer: memoryview, expected: int) -> None:
    if not len(buffer):
        claimed = 0
    elif (claimed := _unpack("<q", buffer, 0)[0]) == -1:  # stored as it is
        claimed = len(buffer) - 8
    elif sum(_zstd_blocks(buffer[8:])) > claimed + _MAX_BLOCK:
        raise Malformed("body_size", f"a buffer that expands beyond the {claimed} bytes it claims")
    if claimed != expected:
        raise Malformed("body_rows", f"a buffer of {claimed} bytes where {expected} belong")


def _zstd_blocks(frames: memoryview) -> Iterator[int]:
    """The most that each block can expand to (RFC 8878 3.1.1)."""
    at = 0
    while at < len(frames):
        magic, descriptor = _unpack("<IB", frames, at)
        if magic != _ZSTD_MAGIC:
            raise Malformed("body_ipc", "not a zstd frame")
        single = descriptor >> 5 & 1
        at += 5 + (1 - single) + _DICTIONARY_SIZES[descriptor & 3] + (_CONTENT_SIZES[descriptor >> 6] or single)
        last = 0
        while not last:
            low, high = _unpack("<HB", frames, at)
            block = low | high << 16
            last, kind, size = block & 1, block >> 1 & 3, block >> 3
            at += 3 + (1 if kind == 1 else size)
            yield _MAX_BLOCK if kind == 2 else size
        at += 4 * (descriptor >> 2 & 1)


def _part(data: memoryview, at: int, size: int) -> memoryview:
    if at < 0 or not (0 <= size <= len(data) - at):
        raise Malformed("body_ipc", "a part beyond the end")
    return data[at : at + size]


def _unpack(form: str, data: memoryview, at: int) -> tuple[int, ...]:
    return struct.unpack(form, _part(data, at, struct.calcsize(form)))
