"""What exporters taught, beside the spool and in the shared table: bounded, never trusted, never waited for."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flowlens.flows.columns import Format
from flowlens.flows.decoding import lessons, recall
from flowlens.flows.decoding.lessons import Subject, TemplateLesson
from flowlens.flows.decoding.templates import Definition, Field
from flowlens.tables import templates
from flowlens.tables.templates import Entry
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from pynamodb.exceptions import QueryError

from collector_vm import keepsake, library
from collector_vm.library import Library, SharedTable

TENANT = UUID("00000000-0000-7000-8000-000000000001")
OTHER_TENANT = UUID("00000000-0000-7000-8000-000000000002")
HOUR = 3_600_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def lesson(number: int = 256, *, age: int = 0, fields: int = 3) -> TemplateLesson:
    definition = Definition(number, tuple(Field(400 + n, 4) for n in range(fields)))
    return TemplateLesson(Subject(Format.IPFIX, 7, number), now_ms() - age, definition)


class Shelves:
    """A table that is away on demand."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], bytes] = {}
        self.away = False
        self.reads = 0

    def read(self, exporter: str) -> dict[str, bytes]:
        self.reads += 1
        self._try()
        return {subject: data for (owner, subject), data in self.rows.items() if owner == exporter}

    def write(self, entries: Iterable[Entry]) -> None:
        self._try()
        for entry in entries:
            if entry.lesson is None:
                self.rows.pop((entry.exporter, entry.subject), None)
            else:
                self.rows[entry.exporter, entry.subject] = entry.lesson

    def _try(self) -> None:
        if self.away:
            raise QueryError("away")


def news(*some: TemplateLesson, exporter: str = "192.0.2.1") -> list[library.News]:
    return [(exporter, one.subject.text, one) for one in some]


def test_what_was_learnt_is_there_after_a_restart_without_any_table(tmp_path: Path) -> None:
    own = tmp_path / "templates"
    first = Library(own, [], None)
    one, two = lesson(256), lesson(257)
    first.give([*news(one), *news(two, exporter="2001:db8::1")])
    first.step()
    second = Library(tmp_path / "other", [own, tmp_path / "missing"], None)
    assert second.known("192.0.2.1") == [one]
    assert second.known("2001:db8::1") == [two]
    assert second.known("192.0.2.9") == []


def test_of_the_files_of_all_workers_the_newest_lesson_holds(tmp_path: Path) -> None:
    old, new = lesson(256, age=HOUR), lesson(256, fields=5)
    for name, one in (("a", new), ("b", old)):
        before = Library(tmp_path / name, [], None)
        before.give(news(one))
        before.step()
    assert Library(tmp_path / "c", [tmp_path / "a", tmp_path / "b"], None).known("192.0.2.1") == [new]


def test_lessons_older_than_a_week_are_not_read_back(tmp_path: Path) -> None:
    own = tmp_path / "templates"
    first = Library(own, [], None)
    first.give(news(lesson(256, age=recall.MAX_AGE + HOUR), lesson(257)))
    first.step()
    assert [one.subject.template for one in Library(own, [own], None).known("192.0.2.1")] == [257]


def test_a_library_passes_what_it_learnt_to_another_through_the_table(tmp_path: Path) -> None:
    shelves = Shelves()
    first, second = (Library(tmp_path / name, [], shelves) for name in "ab")
    one = lesson()
    first.give(news(one))
    first.step()
    second.ask("192.0.2.1")
    second.step()
    assert second.answers() == [("192.0.2.1", [one])]
    assert second.known("192.0.2.1") == [one]
    first.give([("192.0.2.1", one.subject.text, None)])
    first.step()
    assert shelves.rows == {}


def test_an_exporter_is_asked_about_once_in_a_while_only(tmp_path: Path) -> None:
    shelves = Shelves()
    some = Library(tmp_path / "a", [], shelves)
    for _ in range(50):
        some.ask("192.0.2.1")
        some.step()
    assert shelves.reads == 1
    for n in range(2 * library.MAX_ASKED):
        some.ask(f"10.0.{n >> 8}.{n & 255}")
    some.step()
    assert shelves.reads <= 1 + library.MAX_ASKED


def test_nothing_that_was_learnt_is_lost_while_the_table_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(library, "_FIRST_DELAY", 0.0)
    monkeypatch.setattr(library, "_LONGEST_DELAY", 0.0)
    shelves = Shelves()
    shelves.away = True
    some = Library(tmp_path / "a", [], shelves)
    some.ask("192.0.2.9")
    for n in range(library.MAX_PENDING // 4):
        some.give(news(lesson(256 + n % 1_000, fields=2 + n % 7)))
        if not n % 50:
            some.step()
    some.step()
    assert some.failures > 10
    assert some.room == library.MAX_PENDING - 1_000
    assert some.answers() == []
    assert len(Library(tmp_path / "b", [tmp_path / "a"], None).known("192.0.2.1")) > 0
    shelves.away = False
    some.step()
    some.step()
    assert len(shelves.rows) == 1_000
    assert some.answers() == [("192.0.2.9", [])]
    assert some.room == library.MAX_PENDING
    assert "templates_table_away" in capsys.readouterr().out


def test_a_table_that_holds_something_else_hurts_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shelves = Shelves()
    good = lesson()
    shelves.rows = {
        ("192.0.2.1", "10/7/256"): lessons.encode(good),
        ("192.0.2.1", "10/7/257"): b"\x80\x04pickle",
        ("192.0.2.1", "junk"): lessons.encode(replace(good, learned_ms=now_ms() + 24 * HOUR)),
    }
    some = Library(tmp_path / "a", [], shelves)
    some.ask("192.0.2.1")
    some.step()
    assert some.answers() == [("192.0.2.1", [good])]
    assert "templates_unusable" in capsys.readouterr().out


def test_the_table_keeps_tenants_and_exporters_apart_and_says_when_a_lesson_expires() -> None:
    with mock_aws():
        model = templates.templates("templates-a")
        model.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        table = SharedTable("templates-a", TENANT)
        some = {one.subject.text: lessons.encode(one) for one in (lesson(256 + n, fields=200) for n in range(600))}
        table.write(Entry("192.0.2.1", subject, data, 2_000_000_000) for subject, data in some.items())
        SharedTable("templates-a", OTHER_TENANT).write([Entry("192.0.2.1", "10/1/256", b"theirs", 2_000_000_000)])
        assert table.read("192.0.2.1") == some
        assert table.read("192.0.2.2") == {}
        assert model.get(f"{TENANT}#192.0.2.1", "10/7/256").expires.timestamp() == 2_000_000_000
        table.write(Entry("192.0.2.1", subject, None, 0) for subject in some)
        assert table.read("192.0.2.1") == {}
        huge = {f"10/7/{n}": bytes(300_000) for n in range(256, 280)}
        table.write(Entry("192.0.2.3", subject, data, 0) for subject, data in huge.items())
        assert sum(map(len, table.read("192.0.2.3").values())) <= templates.MAX_OCTETS


def test_a_flood_of_lessons_stays_within_the_bounds_of_the_copy() -> None:
    kept = keepsake.Keepsake()
    kept.keep("192.0.2.1", "x", bytes(10))
    for n in range(300):
        kept.keep("192.0.2.2", str(n), bytes(100_000))
    assert kept.octets <= keepsake.EXPORTER_OCTETS + 300
    assert kept.known("192.0.2.1") == [bytes(10)]
    for n in range(300):
        kept.keep(f"10.0.0.{n}", "x", bytes(100_000))
    assert kept.octets <= keepsake.MAX_OCTETS


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.integers(0, 400), st.booleans())
def test_a_damaged_copy_is_read_as_far_as_it_is_sound(tmp_path: Path, junk: bytes, at: int, whole: bool) -> None:
    own = tmp_path / "templates"
    sound, head = 0, 4
    if whole:
        own.write_bytes(b"FLT1" + junk)
    else:
        before = Library(own, [], None)
        before.give(news(*(lesson(256 + n) for n in range(5))))
        before.step()
        data = own.read_bytes()
        at %= len(data)
        own.write_bytes(data[:at] + junk)
        sound = max(at - head, 0) // ((len(data) - head) // 5)
    found = Library(tmp_path / "b", [own], None).known("192.0.2.1")
    assert [one.subject.template for one in found[:sound]] == [256 + n for n in range(sound)]
    for one in found:
        assert lessons.decode(lessons.encode(one)) == one


def test_a_copy_that_is_too_large_or_a_directory_is_left_alone(tmp_path: Path) -> None:
    large, folder = tmp_path / "large", tmp_path / "folder"
    with large.open("wb") as file:
        file.write(b"FLT1")
        file.truncate(keepsake.MAX_OCTETS + 1)
    folder.mkdir()
    kept, unusable = keepsake.load([large, folder], now_ms=now_ms())
    assert (kept.octets, unusable) == (0, 2)


def test_a_copy_that_cannot_be_written_is_named_and_written_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "_SAVE_SECONDS", 0.0)
    own = tmp_path / "gone" / "templates"
    some = Library(own, [], None)
    some.give(news(lesson()))
    some.step()
    some.step()
    assert capsys.readouterr().out.count("templates_unwritable") == 1
    own.parent.mkdir()
    some.step()
    assert len(Library(own, [own], None).known("192.0.2.1")) == 1


def test_ten_thousand_templates_are_read_back_and_it_says_how_fast(tmp_path: Path) -> None:
    own = tmp_path / "templates"
    first = Library(own, [], None)
    for exporter in range(100):
        first.give(news(*(lesson(256 + n, fields=20) for n in range(100)), exporter=f"192.0.2.{exporter}"))
    first.step()
    begin = time.process_time()
    second = Library(own, [own], None)
    used = time.process_time() - begin
    assert sum(len(second.known(f"192.0.2.{n}")) for n in range(100)) == 10_000
    print(f"10,000 templates read back in {used:.2f} s of CPU")  # noqa: T201
