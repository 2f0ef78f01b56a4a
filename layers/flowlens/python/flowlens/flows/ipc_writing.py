"""The one form of Arrow IPC stream that we write: what `ipc` checks, each buffer one zstd frame."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from arro3.core import Array, DataType, Field, RecordBatch, Schema
from arro3.io import write_ipc_stream
from zstandard import ZstdCompressionParameters, ZstdCompressor

from flowlens.flows.planes import Plane
from flowlens.kit.flatbuffer import Table

# Planes are mostly Huffman's business; what repetitions there are, a small table of long ones finds. Level 3 makes a
# body 1.5 % smaller and takes 1.7 times as long.
_SETTINGS = ZstdCompressionParameters.from_level(1, window_log=17, hash_log=10, min_match=7)
_UINT8 = DataType.uint8()
_CONTINUATION = b"\xff\xff\xff\xff"
_END = _CONTINUATION + bytes(4)
# A Message of Arrow's Message.fbs with its RecordBatch and BodyCompression, up to the two vectors of structures. The
# tables never differ but in the length of the body, the rows, and the places of the vectors behind them.
_MESSAGE = struct.Struct("<I HHHHHH iIqhBxI HHHHHH 4x iIqII HHHH ibb2x 4x")
_PAIR = struct.Struct("<qq")


class Writing:
    """One schema with one text in its metadata, and one record batch of uint8 fields."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._squeeze = ZstdCompressor(compression_params=_SETTINGS).compress
        self._present = _all_present(rows)
        self._names: list[str] = []
        self._parts: list[bytes] = []
        self._buffers: list[tuple[int, int]] = []
        self._at = 0

    def add(self, name: str, plane: Plane) -> None:
        """Another field; the plane may be used again afterwards."""
        self._names.append(name)
        for size, frame in (((self._rows + 7) // 8, self._present), (self._rows, self._squeeze(plane.data))):
            room = -len(frame) % 8
            self._parts += (struct.pack("<q", size), frame, bytes(room))
            self._buffers.append((self._at, 8 + len(frame)))
            self._at += 8 + len(frame) + room

    @property
    def fields(self) -> int:
        return len(self._names)

    def finish(self, metadata: Mapping[str, str]) -> bytes:
        head = _batch(self._rows, len(self._names), self._buffers, self._at)
        opening = _CONTINUATION + struct.pack("<I", len(head))
        return b"".join((_schema(tuple(self._names), metadata), opening, head, *self._parts, _END))


@lru_cache(maxsize=16)
def _all_present(rows: int) -> bytes:
    """The validity bitmap."""
    octets = b"\xff" * (rows // 8) + (bytes([(1 << rows % 8) - 1]) if rows % 8 else b"")
    return ZstdCompressor(compression_params=_SETTINGS).compress(octets)


def _schema(names: tuple[str, ...], metadata: Mapping[str, str]) -> bytes:
    """The first message of a stream of no rows. The text goes behind all else, where it may be of any length."""
    ((key, text),) = metadata.items()
    table, place = _table(names, key)
    value = text.encode()
    said = bytearray(table)
    struct.pack_into("<I", said, place, len(said) - place)
    said += struct.pack("<I", len(value)) + value + bytes(1)
    said += bytes(-len(said) % 8)
    return b"".join((_CONTINUATION, struct.pack("<I", len(said)), said))


@lru_cache(maxsize=64)
def _table(names: tuple[str, ...], key: str) -> tuple[bytes, int]:
    """The schema as a flatbuffer, and where it says how far behind the value of its metadata lies."""
    schema = Schema([Field(name, _UINT8, nullable=False) for name in names], metadata={key: ""})
    empty = Array.from_numpy(np.zeros(0, np.uint8))
    out = io.BytesIO()
    write_ipc_stream(RecordBatch.from_arrays([empty] * len(names), schema=schema), out, compression=None)
    stream = out.getvalue()
    table = stream[8 : 8 + struct.unpack_from("<I", stream, 4)[0]]
    (pair,) = Table.root(memoryview(table)).table(2).tables(2)
    return table, pair.place(1)


def _batch(rows: int, fields: int, buffers: Sequence[tuple[int, int]], length: int) -> bytes:
    nodes = 100
    places = nodes + 4 + 16 * fields + 4
    head = _MESSAGE.pack(
        16,
        *(12, 24, 16, 18, 4, 8),  # Message: version, type of header, header, length of body
        *(12, 56 - 20, length, 4, 3, 0),
        *(12, 24, 8, 4, 16, 20),  # RecordBatch: length, nodes, buffers, compression
        *(16, nodes - 60, rows, places - 72, 88 - 76),
        *(8, 8, 4, 5),  # BodyCompression: codec, method
        *(8, 1, 0),  # zstd, by buffer
    )
    own = struct.pack("<I", fields) + _PAIR.pack(rows, 0) * fields
    every = b"".join(_PAIR.pack(*pair) for pair in buffers)
    return b"".join((head, bytes(nodes - len(head)), own, bytes(4), struct.pack("<I", len(buffers)), every))
