"""Frames in files: what the spool writes, and how it is read back after anything."""

from __future__ import annotations

import os
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

MAX_FRAME = 4 << 20
LAST = 1 << 62  # no spool counts so far: a larger number on disk is not ours
_MAGIC = b"FLSPOOL1"
_HEAD = struct.Struct("<8s16sQQI")  # magic, source, epoch, base, crc32 of the rest
_FRAME = struct.Struct("<IIIHQ")  # crc32 of what follows, body's length, label's length, kind, sequence
_NAME = re.compile(r"\d{20}\.seg")
HEAD_SIZE = _HEAD.size
FRAME_SIZE = _FRAME.size


@dataclass(frozen=True, slots=True)
class Origin:
    """Who made the frames of a segment. A frame's record number is its sequence minus `base`, and counts from 1."""

    source: UUID
    epoch: int
    base: int

    def pack(self) -> bytes:
        head = _HEAD.pack(_MAGIC, self.source.bytes, self.epoch, self.base, 0)[:-4]
        return head + struct.pack("<I", zlib.crc32(head))

    @classmethod
    def unpack(cls, data: bytes) -> Origin | None:
        if len(data) < HEAD_SIZE:
            return None
        magic, source, epoch, base, crc = _HEAD.unpack_from(data)
        if magic != _MAGIC or crc != zlib.crc32(data[: HEAD_SIZE - 4]) or base >= LAST:
            return None
        return cls(UUID(bytes=source), epoch, base)


@dataclass(frozen=True, slots=True)
class Frame:
    """One appended thing. `label` says what is in `body` to whoever counts it."""

    sequence: int
    kind: int
    label: bytes
    body: bytes

    def pack(self) -> bytes:
        rest = _FRAME.pack(0, len(self.body), len(self.label), self.kind, self.sequence)[4:] + self.label
        return struct.pack("<I", zlib.crc32(self.body, zlib.crc32(rest))) + rest + self.body


def read_frame(descriptor: int, offset: int) -> tuple[Frame, int] | None:
    """The frame at `offset` and where the next begins, or None when there is no whole and true frame."""
    head = os.pread(descriptor, FRAME_SIZE, offset)
    if len(head) < FRAME_SIZE:
        return None
    crc, body, label, kind, sequence = _FRAME.unpack(head)
    if body > MAX_FRAME:
        return None
    rest = os.pread(descriptor, label + body, offset + FRAME_SIZE)
    if len(rest) < label + body or zlib.crc32(rest, zlib.crc32(head[4:])) != crc:
        return None
    return Frame(sequence, kind, rest[:label], rest[label:]), offset + FRAME_SIZE + label + body


def path_of(directory: Path, first: int) -> Path:
    return directory / f"{first:020d}.seg"


@dataclass(slots=True)
class Segment:
    """A file of frames `first` … `next - 1`, all of one origin."""

    path: Path
    origin: Origin
    first: int
    next: int
    size: int


def listed(directory: Path) -> list[Path]:
    return sorted(path for path in directory.iterdir() if _NAME.fullmatch(path.name))


def scan(path: Path, before: int | None) -> tuple[Segment | None, int]:
    """The segment as far as it is whole and in sequence, and how many bytes after that are of no use.

    Frames from `before` on belong to the next segment: it took them over after this one could not be made durable.
    """
    first = int(path.stem)
    if first >= LAST:
        return None, path.lstat().st_size
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        size = os.fstat(descriptor).st_size
        origin = Origin.unpack(os.pread(descriptor, HEAD_SIZE, 0))
        if origin is None:
            return None, size
        sequence, offset = first, HEAD_SIZE
        while sequence != before and (found := read_frame(descriptor, offset)) and found[0].sequence == sequence:
            sequence, offset = sequence + 1, found[1]
    finally:
        os.close(descriptor)
    return Segment(path, origin, first, sequence, offset), size - offset


def write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
