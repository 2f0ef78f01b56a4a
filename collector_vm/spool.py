"""The disk spool: what was appended and synced survives anything, and keeps its name until it is acknowledged."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from collector_vm.recovery import Marks, Recovery, recover
from collector_vm.segments import (
    HEAD_SIZE,
    Frame,
    Origin,
    Segment,
    path_of,
    read_frame,
    sync_directory,
    write_all,
)

_SEGMENT = 64 << 20
_MOST_AGES = 100_000
_LOOK_EVERY = 1.0  # seconds between looks at the free space


class Full(Exception):
    """There is no room for this frame, or the disk refused it; what was appended before is safe."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes on disk, bytes to leave free, bytes per file."""

    most: int
    reserve: int = 0
    segment: int = _SEGMENT


class Spool:
    """One thread appends, another syncs, reads in order and acknowledges."""

    def __init__(self, directory: Path, limits: Limits) -> None:
        self._directory = directory
        self._limits = replace(limits, segment=max(min(limits.segment, limits.most // 4), HEAD_SIZE))
        self._lock = threading.Lock()
        self._marks = Marks(directory)
        found = recover(directory, self._marks)
        self.recovery: Recovery = found.recovery
        self._segments = deque(found.segments)
        self._unsynced: list[Frame] = []
        self._unsynced_since = 0.0
        self._full_files: list[int] = []  # descriptors of segments that are complete but not synced
        self._looked, self._room = -_LOOK_EVERY, 0
        self.sequence = found.next - 1  # of the last frame appended
        if found.origin_is_new:
            self._file = self._begin(found.origin)
            self._announce()
        else:
            self._file = os.open(self._segments[-1].path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
        self.durable = self.sequence
        self._read_from: Segment | None = None
        self._reading, self._offset = -1, 0
        self._next = self._marks.acknowledged + 1
        self._ages: deque[tuple[int, float]] = deque()  # about one append a second: sequence, moment
        if self.waiting:
            self._ages.append((self._next, time.monotonic()))
        self._refused = 0  # bytes of the last frame that found no room, as long as one of its size would find none
        self.skipped = 0  # frames that could not be read back
        self._drop_acknowledged()

    # --- what others may know

    @property
    def source(self) -> UUID:
        return self._segments[-1].origin.source

    @property
    def acknowledged(self) -> int:
        return self._marks.acknowledged

    @property
    def size(self) -> int:
        return sum(segment.size for segment in tuple(self._segments))

    @property
    def read_to(self) -> int:
        """The last sequence that the reader has seen or skipped."""
        return self._next - 1

    @property
    def waiting(self) -> int:
        """Frames that are not acknowledged yet."""
        return self.sequence - self.acknowledged

    @property
    def full(self) -> bool:
        return self._refused > 0

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest frame has waited for its acknowledgement, since this process knows of it."""
        first = next(iter(tuple(self._ages)), None)
        return time.monotonic() - first[1] if first and self.waiting else 0.0

    @property
    def unsynced_for(self) -> float:
        """Seconds since the oldest frame that is not durable was appended; 0 when all are."""
        return time.monotonic() - self._unsynced_since if self._unsynced else 0.0

    @property
    def unsynced_bytes(self) -> int:
        return sum(len(frame.body) for frame in tuple(self._unsynced))

    # --- the writer

    def append(self, kind: int, body: bytes, label: bytes = b"") -> int:
        """The frame's sequence number. Raises Full; the frame is durable only after the next sync."""
        with self._lock:
            frame = Frame(self.sequence + 1, kind, label, body)
            data = frame.pack()
            try:
                self._make_room(len(data))
                self._write(data)
            except Full:
                self._refused = len(data)
                raise
            if len(data) >= self._refused or self.size + self._refused <= self._limits.most:
                self._refused = 0
            self.sequence, now = frame.sequence, time.monotonic()
            if not self._unsynced:
                self._unsynced_since = now
            self._unsynced.append(frame)
            if len(self._ages) < _MOST_AGES and (not self._ages or now - self._ages[-1][1] > 1):
                self._ages.append((frame.sequence, now))
            return frame.sequence

    def _make_room(self, size: int) -> None:
        if self.size + size > self._limits.most:
            raise Full("cap")
        if time.monotonic() - self._looked > _LOOK_EVERY:
            disk = os.statvfs(self._directory)
            self._looked, self._room = time.monotonic(), disk.f_bavail * disk.f_frsize - self._limits.reserve
        self._room -= size
        if self._room < 0:
            raise Full("reserve")
        if self._segments[-1].size + size > self._limits.segment and self._segments[-1].size > HEAD_SIZE:
            old, origin = self._file, self._segments[-1].origin
            self._file = self._begin(origin)
            self._full_files.append(old)

    def _write(self, data: bytes) -> None:
        segment = self._segments[-1]
        try:
            write_all(self._file, data)
        except OSError as error:
            os.ftruncate(self._file, segment.size)
            raise Full(error.strerror) from error
        segment.size += len(data)
        segment.next += 1

    def _begin(self, origin: Origin) -> int:
        """A new file, for frames after the last one."""
        first = self.sequence + 1
        path = path_of(self._directory, first)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise Full(error.strerror) from error
        try:
            write_all(descriptor, origin.pack())
        except OSError as error:
            os.close(descriptor)
            path.unlink()
            raise Full(error.strerror) from error
        self._segments.append(Segment(path, origin, first, first, HEAD_SIZE))
        return descriptor

    # --- the reader

    def sync(self) -> int:
        """Makes durable what was appended, and returns the last sequence that is. Never retries on the same file."""
        with self._lock:
            files, frames = [*self._full_files, self._file], self._unsynced
            self._full_files, self._unsynced = [], []
            newest = self._segments[-1].first
        try:
            for file in files if frames else ():
                os.fdatasync(file)
            if newest > self._marks.newest:
                self._announce()
        except OSError:
            self._rewrite(frames)
            return self.durable
        finally:
            for file in files[:-1]:
                os.close(file)
        self.durable = frames[-1].sequence if frames else self.durable
        return self.durable

    def _announce(self) -> None:
        """After this, a newest file that is missing is known to be missing."""
        sync_directory(self._directory)
        self._marks.write(newest=self._segments[-1].first)
        self._marks.sync()

    def _rewrite(self, frames: list[Frame]) -> None:
        """After a failed fsync the page cache may lie: the frames, which are still in memory, go to a new file."""
        with self._lock:
            frames, origin = [*frames, *self._unsynced], self._segments[-1].origin
            self.sequence = frames[0].sequence - 1
            while self._segments and self._segments[-1].first > self.sequence:
                self._segments.pop().path.unlink(missing_ok=True)
            if self._segments:
                self._segments[-1].next = frames[0].sequence
            broken = [*self._full_files, self._file]
            self._file, self._full_files = self._begin(origin), []
            for descriptor in broken:
                os.close(descriptor)
            for frame in frames:
                self._write(frame.pack())
                self.sequence = frame.sequence
            self._unsynced = []
        os.fdatasync(self._file)
        self._announce()
        self.durable = frames[-1].sequence

    def read(self, most: int, most_bytes: int) -> Iterator[tuple[Origin, Frame]]:
        """The next durable frames in order, each once."""
        while most > 0 and most_bytes > 0 and self._next <= self.durable:
            found = self._read_next()
            if found is None:
                continue
            most, most_bytes = most - 1, most_bytes - len(found[1].body)
            yield found

    def _read_next(self) -> tuple[Origin, Frame] | None:
        """The next frame, or None after one that was passed over: acknowledged, unreadable or gone."""
        segment = self._open_next()
        found = read_frame(self._reading, self._offset) if self._reading >= 0 else None
        if found is None:
            self.skipped += segment.next - self._next
            self._next = segment.next
            return None
        frame, self._offset = found
        if frame.sequence < self._next:
            return None
        self._next = frame.sequence + 1
        return segment.origin, frame

    def _open_next(self) -> Segment:
        segment = self._read_from
        if segment is None or not segment.first <= self._next < segment.next:
            with self._lock:
                segment = next(s for s in self._segments if self._next < s.next)
            self._close_reader()
            self._next = max(self._next, segment.first)
            self._read_from, self._offset = segment, HEAD_SIZE
            with suppress(FileNotFoundError):
                self._reading = os.open(segment.path, os.O_RDONLY | os.O_NOFOLLOW)
        return segment

    def _close_reader(self) -> None:
        if self._reading >= 0:
            os.close(self._reading)
        self._reading = -1

    def acknowledge(self, sequence: int) -> None:
        """Everything up to `sequence` need not be kept."""
        if sequence > self.acknowledged:
            self._marks.write(acknowledged=sequence)
            while self._ages and self._ages[0][0] <= sequence:
                self._ages.popleft()
            self._drop_acknowledged()

    def _drop_acknowledged(self) -> None:
        """The mark first, then the files: a reader must never wait for a file that is gone."""
        with self._lock:
            done = [s for s in list(self._segments)[:-1] if s.next - 1 <= self.acknowledged]
            if not done:
                return
            self._marks.sync()
            for segment in done:
                segment.path.unlink(missing_ok=True)
                self._segments.remove(segment)
        sync_directory(self._directory)

    def close(self) -> None:
        self.sync()
        self._marks.close()
        self._close_reader()
        os.close(self._file)
