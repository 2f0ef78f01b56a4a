"""What exporters taught, kept where it outlives this process: beside the spool, and in a table of all collectors."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Protocol
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from flowlens.flows.body import MAX_EXPORTERS
from flowlens.flows.decoding import lessons
from flowlens.flows.decoding.lessons import Lesson
from flowlens.flows.decoding.recall import MAX_AGE, MAX_LESSONS
from flowlens.tables import templates
from flowlens.tables.templates import Entry
from pynamodb.exceptions import PynamoDBException

from collector_vm import keepsake
from collector_vm.events import event

ASK_SECONDS = 30.0  # between two questions about one exporter
MAX_PENDING = 8_192  # lessons on their way to the table
MAX_ASKED = 1_024  # exporters whose lessons are on their way from it
_GROUP = 250  # lessons in a row
_TICK = 0.2
_SAVE_SECONDS, _SAVE_OCTETS = 1.0, 4 << 20  # a larger file is written less often
_FIRST_DELAY, _LONGEST_DELAY = 1.0, 30.0
_TURN = 1.0  # seconds of reading, or of writing, before the other's turn
_AWAY = (PynamoDBException, BotoCoreError, ClientError, OSError)
_UNREADABLE = (TypeError, ValueError)  # somebody put there what is no item of ours

Answer = tuple[str, list[Lesson]]
News = tuple[str, str, Lesson | None]  # exporter, subject, and what is to be kept of it


class Table(Protocol):
    """Where all collectors keep what they learnt."""

    def read(self, exporter: str) -> dict[str, bytes]: ...
    def write(self, entries: Iterable[Entry]) -> None: ...


class SharedTable:
    """The table `templates`, for one tenant."""

    def __init__(self, name: str, tenant: UUID) -> None:
        self._name, self._tenant = name, tenant

    def read(self, exporter: str) -> dict[str, bytes]:
        return templates.read(self._name, self._tenant, exporter)

    def write(self, entries: Iterable[Entry]) -> None:
        templates.write(self._name, self._tenant, entries)


class Library:
    """The receiving thread gives, asks and takes, and never waits; a thread of its own reads and writes."""

    def __init__(self, own: Path, all_files: Iterable[Path], table: Table | None) -> None:
        self._path, self._table = own, table
        self._kept, unusable = keepsake.load(all_files, now_ms=_now_ms())
        if unusable:
            event("templates_unreadable", count=unusable)
        self._news: deque[News] = deque()
        self._pending: dict[tuple[str, str], Entry] = {}
        self._questions: deque[str] = deque()
        self._answers: deque[Answer] = deque()
        self._asked: dict[str, float] = {}
        self._delay, self._due = _FIRST_DELAY, 0.0
        self._save_due, self._unwritable = 0.0, False
        self.failures = 0

    # --- the receiving thread

    def known(self, exporter: str) -> list[Lesson]:
        """What is here already."""
        now = _now_ms()
        found = (keepsake.understood(data, now_ms=now) for data in self._kept.known(exporter))
        return [lesson for lesson in found if lesson is not None]

    @property
    def room(self) -> int:
        """How much news may be given now."""
        return max(MAX_PENDING - len(self._pending) - len(self._news), 0)

    def give(self, news: Iterable[News]) -> None:
        self._news.extend(news)

    def expect(self, exporter: str) -> None:
        """Reads the lessons of one who is known to send, before it does."""
        if self._table is not None and len(self._questions) < MAX_ASKED:
            self._questions.append(exporter)

    def ask(self, exporter: str) -> None:
        """Reads the exporter's lessons from the table, unless that was wanted a moment ago."""
        now = time.monotonic()
        last = self._asked.get(exporter)
        lately = last is not None and now - last < ASK_SECONDS
        full = last is None and len(self._asked) >= MAX_EXPORTERS
        if self._table is None or lately or full or len(self._questions) >= MAX_ASKED:
            return
        self._asked[exporter] = now
        self._questions.append(exporter)

    def answers(self) -> list[Answer]:
        """What came since the last call."""
        found = []
        while self._answers:
            found.append(self._answers.popleft())
        return found

    # --- its own thread

    def run(self, complete: threading.Event) -> None:
        """Until all news was given; then once more."""
        while not complete.wait(_TICK):
            self.step()
        self._save_due = self._due = 0.0
        self.step()

    def step(self) -> None:
        """Keeps the news here, then there; then looks up what was asked."""
        self._take_news()
        self._save()
        if self._table is None or time.monotonic() < self._due:
            return
        try:
            self._look_up(self._table)
            self._write(self._table)
        except _AWAY as error:
            self._failed(error)
        else:
            self._delay = _FIRST_DELAY

    def _take_news(self) -> None:
        while self._news:
            exporter, subject, lesson = self._news.popleft()
            data = lessons.encode(lesson) if lesson else None
            self._kept.keep(exporter, subject, data)
            if self._table is not None:
                expires = (lesson.learned_ms + MAX_AGE) // 1000 if lesson else 0
                self._pending[exporter, subject] = Entry(exporter, subject, data, expires)

    def _save(self) -> None:
        now = time.monotonic()
        if not self._kept.changed or now < self._save_due:
            return
        self._save_due = now + _SAVE_SECONDS * max(1.0, self._kept.octets / _SAVE_OCTETS)
        try:
            self._kept.save(self._path)
        except OSError as error:
            self.failures += 1
            self._kept.changed = True
            if not self._unwritable:
                event("templates_unwritable", error=str(error))
            self._unwritable = True
        else:
            self._unwritable = False

    def _look_up(self, table: Table) -> None:
        """The first to be asked about stays first until it is answered, or what is there cannot be read at all."""
        until = time.monotonic() + _TURN
        while self._questions and time.monotonic() < until:
            exporter = self._questions[0]
            try:
                found = table.read(exporter)
            except _UNREADABLE as error:
                self.failures += 1
                event("templates_unreadable", exporter=exporter, error=str(error))
                found = {}
            self._questions.popleft()
            self._answers.append((exporter, self._understood(exporter, found)))

    def _understood(self, exporter: str, found: Mapping[str, bytes]) -> list[Lesson]:
        """The lessons among what was found; those that are news to us are kept here too."""
        now = _now_ms()
        usable = [one for data in found.values() if (one := keepsake.understood(data, now_ms=now))][:MAX_LESSONS]
        if len(usable) < len(found):
            event("templates_unusable", exporter=exporter, count=len(found) - len(usable))
        own = {lesson.subject.text: lesson.learned_ms for lesson in self.known(exporter)}
        for lesson in usable:
            if lesson.learned_ms > own.get(lesson.subject.text, -1):
                self._kept.keep(exporter, lesson.subject.text, lessons.encode(lesson))
        return usable

    def _write(self, table: Table) -> None:
        """What could not be written is written later, unless there is newer news of it."""
        until = time.monotonic() + _TURN
        while self._pending and time.monotonic() < until:
            group = dict(islice(self._pending.items(), _GROUP))
            table.write(group.values())
            for key in group:
                del self._pending[key]

    def _failed(self, error: Exception) -> None:
        if self._delay == _FIRST_DELAY:
            event("templates_table_away", error=str(error))
        self.failures += 1
        self._due = time.monotonic() + self._delay
        self._delay = min(self._delay * 2, _LONGEST_DELAY)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
