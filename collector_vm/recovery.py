"""What a spool finds when it is opened after a clean end, a kill, a power cut or a lost disk."""

from __future__ import annotations

import fcntl
import os
import secrets
import struct
import zlib
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from uuid import UUID, uuid4

from collector_vm import private
from collector_vm.segments import LAST, Origin, Segment, listed, scan, sync_directory, write_all

_MARKS = struct.Struct("<QQI")  # acknowledged, first sequence of the newest file, crc32


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was found: frames not acknowledged, bytes of no use, and whether something known to exist is gone."""

    frames: int
    torn_bytes: int
    lost: bool


@dataclass(frozen=True, slots=True)
class Found:
    segments: list[Segment]
    origin: Origin
    next: int
    recovery: Recovery
    origin_is_new: bool


class Marks:
    """How far acknowledgement has come, in a file of its own that is overwritten in place.

    It is also the lock: a spool that another process has open raises BlockingIOError.
    """

    def __init__(self, directory: Path) -> None:
        private.directory(directory)
        self._file = os.open(directory / "marks", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        data = os.pread(self._file, _MARKS.size, 0)
        acknowledged: int
        newest: int
        acknowledged, newest, crc = _MARKS.unpack(data.ljust(_MARKS.size, b"\0"))
        self.true = len(data) == _MARKS.size and zlib.crc32(data[:-4]) == crc and max(acknowledged, newest) < LAST
        self.acknowledged: int
        self.newest: int
        self.acknowledged, self.newest = (acknowledged, newest) if self.true else (0, 0)

    def write(self, *, acknowledged: int | None = None, newest: int | None = None) -> None:
        self.acknowledged = self.acknowledged if acknowledged is None else acknowledged
        self.newest = self.newest if newest is None else newest
        data = _MARKS.pack(self.acknowledged, self.newest, 0)[:-4]
        os.pwrite(self._file, data + struct.pack("<I", zlib.crc32(data)), 0)

    def sync(self) -> None:
        os.fdatasync(self._file)

    def close(self) -> None:
        os.close(self._file)


def recover(directory: Path, marks: Marks) -> Found:
    """Drops what is of no use and says where to go on.

    A record number must never name two things. Whenever frames may have existed (and may have been sent) that are not
    here any more, the next frame begins a new epoch.
    """
    segments, torn = _scan_all(directory)
    last = segments[-1] if segments else None
    after = last.next if last else 1
    gone = not marks.true or last is None or last.first < marks.newest or marks.acknowledged >= after
    following = max(after, marks.acknowledged + 1)
    frames = sum(max(s.next - max(s.first, marks.acknowledged + 1), 0) for s in segments)
    recovery = Recovery(frames, torn, gone and bool(segments or marks.acknowledged))
    if last and not torn and not gone:
        return Found(segments, last.origin, following, recovery, origin_is_new=False)
    source = last.origin.source if last else _source(directory)
    segments = [s for s in segments if s.next > s.first]
    # 63 bits, so that it fits Postgres's bigint; never 0
    origin = Origin(source, secrets.randbelow(2**63 - 1) + 1, following - 1)
    return Found(segments, origin, following, recovery, origin_is_new=True)


def _scan_all(directory: Path) -> tuple[list[Segment], int]:
    paths, segments, torn = listed(directory), [], 0
    for path, following in zip_longest(paths, paths[1:]):
        segment, useless = scan(path, int(following.stem) if following else None)
        torn += useless
        if segment is None or (segment.next == segment.first and following):
            path.unlink()
            continue
        if useless:
            os.truncate(path, segment.size)
        segments.append(segment)
    return segments, torn


def _source(directory: Path) -> UUID:
    """The spool's name, kept for the day when all its files have been sent and removed."""
    path = directory / "source"
    try:
        return UUID(path.read_text().strip())
    except (OSError, ValueError):
        source = uuid4()
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        write_all(descriptor, f"{source}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_directory(directory)
    return source
