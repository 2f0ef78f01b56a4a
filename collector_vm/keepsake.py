"""What exporters taught, as a file beside the spool: the first datagram after a restart is decoded with it."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path

from flowlens.flows.decoding import lessons
from flowlens.flows.decoding.lessons import Lesson
from flowlens.flows.decoding.recall import MAX_AGE, SKEW
from flowlens.kit.wire import Reader, Truncated
from flowlens.model.errors import Malformed

from collector_vm import private

NAME = "templates"
MAX_OCTETS = 16 << 20  # of all lessons, what they cost in memory included
EXPORTER_OCTETS = 4 << 20
OVERHEAD = 250  # octets that Python spends on a lesson
_MAGIC = b"FLT1"


class Keepsake:
    """Encoded lessons by exporter and subject. Whoever has too many loses the oldest; so does the whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_exporter: dict[str, dict[str, bytes]] = {}
        self._sizes: dict[str, int] = {}
        self.octets = 0
        self.changed = False

    def known(self, exporter: str) -> list[bytes]:
        with self._lock:
            return list(self._by_exporter.get(exporter, {}).values())

    def keep(self, exporter: str, subject: str, lesson: bytes | None) -> None:
        """Replaces what was kept, or forgets it."""
        with self._lock:
            self.changed = True
            kept = self._by_exporter.setdefault(exporter, {})
            self._forget(exporter, subject)
            if lesson is not None:
                kept[subject] = lesson
                self._account(exporter, len(lesson) + OVERHEAD)
            while self._sizes.get(exporter, 0) > EXPORTER_OCTETS:
                self._forget(exporter, next(iter(kept)))
            while self.octets > MAX_OCTETS:
                self._drop(next(iter(self._by_exporter)))

    def _forget(self, exporter: str, subject: str) -> None:
        gone = self._by_exporter[exporter].pop(subject, None)
        if gone is not None:
            self._account(exporter, -len(gone) - OVERHEAD)

    def _drop(self, exporter: str) -> None:
        for subject in list(self._by_exporter[exporter]):
            self._forget(exporter, subject)
        del self._by_exporter[exporter]

    def _account(self, exporter: str, octets: int) -> None:
        self.octets += octets
        self._sizes[exporter] = self._sizes.get(exporter, 0) + octets
        if not self._sizes[exporter]:
            del self._sizes[exporter]

    def save(self, path: Path) -> None:
        """Whole or not at all. Not synced: after a power cut the table has it, or the exporter says it again."""
        with self._lock:
            self.changed = False
            data = b"".join(_frames(self._by_exporter))
        private.replace(path, data)


def _frames(by_exporter: Mapping[str, Mapping[str, bytes]]) -> Iterator[bytes]:
    yield _MAGIC
    for exporter, kept in by_exporter.items():
        for lesson in kept.values():
            yield struct.pack(">BI", len(exporter), len(lesson)) + exporter.encode() + lesson


def load(paths: Iterable[Path], *, now_ms: int) -> tuple[Keepsake, int]:
    """What the workers of this machine kept, the newest of each, and how many files or lessons could not be used."""
    kept, unusable = Keepsake(), 0
    newest: dict[tuple[str, str], int] = {}
    for path in paths:
        try:
            for exporter, data in _read(path):
                about = _about(data, now_ms=now_ms)
                if about is None:
                    unusable += 1
                elif about[1] > newest.get((exporter, about[0]), -1):
                    newest[exporter, about[0]] = about[1]
                    kept.keep(exporter, about[0], data)
        except (OSError, Truncated, ValueError):
            unusable += 1
    kept.changed = False
    return kept, unusable


def _read(path: Path) -> Iterator[tuple[str, bytes]]:
    """The lessons of a file of ours, as far as it is one; it may be anybody's."""
    with path.open("rb") as file:
        reader = Reader(file.read(MAX_OCTETS + 1))
    if reader.remaining > MAX_OCTETS or bytes(reader.take(len(_MAGIC))) != _MAGIC:
        raise ValueError("no lessons")
    while reader.remaining:
        name, size = reader.uint(1), reader.uint(4)
        exporter = str(ip_address(bytes(reader.take(name)).decode("ascii")))
        yield exporter, bytes(reader.take(size))


def _about(data: bytes, *, now_ms: int) -> tuple[str, int] | None:
    """Its subject and when it was learnt, if it is whole and may be believed. What it says is read when wanted."""
    try:
        subject, learned_ms = lessons.subject_of(data)
    except Malformed:
        return None
    return (subject.text, learned_ms) if -SKEW <= now_ms - learned_ms <= MAX_AGE else None


def understood(data: bytes, *, now_ms: int) -> Lesson | None:
    """The lesson, if it is one and not too old to be believed."""
    try:
        lesson = lessons.decode(data)
    except Malformed:
        return None
    return lesson if -SKEW <= now_ms - lesson.learned_ms <= MAX_AGE else None
