"""The stream's memory on disk: what was accepted is read back after any death of the process."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

_HEADER = struct.Struct(">IIQdH")  # crc of the rest, length of the data, sequence number, arrival, length of the key
_SEGMENT_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Entry:
    sequence: int
    arrival: float
    key: str
    data: str  # base64, as it came in and goes out


class Journal:
    """An append-only log of one shard in segments that are named after their first sequence number."""

    def __init__(self, directory: Path, *, segment_bytes: int = _SEGMENT_BYTES) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._file: BinaryIO | None = None

    def replay(self, after: int) -> Iterator[Entry]:
        """Every whole entry beyond a sequence number, in order. A torn tail ends its segment quietly."""
        for segment in self._segments():
            yield from (entry for entry in _read(segment) if entry.sequence > after)

    def append(self, entry: Entry) -> None:
        if self._file is None or self._file.tell() >= self._segment_bytes:
            self._begin(entry.sequence)
        key, data = entry.key.encode(), entry.data.encode()
        rest = _HEADER.pack(0, len(data), entry.sequence, entry.arrival, len(key))[4:] + key + data
        if self._file is not None:
            self._file.write(struct.pack(">I", zlib.crc32(rest)) + rest)

    def sync(self) -> None:
        """Returns when everything appended is on the disk."""
        if self._file is not None:
            self._file.flush()
            os.fdatasync(self._file.fileno())

    def forget(self, processed: int) -> None:
        """Deletes the segments that hold nothing beyond a sequence number; the one being written stays."""
        segments = self._segments()
        for segment, following in pairwise(segments):
            if _first(following) <= processed + 1:
                segment.unlink()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self, sequence: int) -> None:
        if self._file is not None:
            self.sync()
            self._file.close()
        # A new start never writes behind a torn tail: it begins a segment of its own.
        self._file = (self._directory / f"{sequence:020d}.segment").open("wb")

    def _segments(self) -> list[Path]:
        return sorted(self._directory.glob("*.segment"))


def _first(segment: Path) -> int:
    return int(segment.stem)


def _read(segment: Path) -> Iterator[Entry]:
    with segment.open("rb") as file:
        while len(header := file.read(_HEADER.size)) == _HEADER.size:
            crc, size, sequence, arrival, key_size = _HEADER.unpack(header)
            body = file.read(key_size + size)
            if len(body) < key_size + size or zlib.crc32(header[4:] + body) != crc:
                return
            yield Entry(sequence, arrival, body[:key_size].decode(), body[key_size:].decode())
