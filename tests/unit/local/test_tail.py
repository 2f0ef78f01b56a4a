"""A tail tells each whole line once."""

from __future__ import annotations

from pathlib import Path

from cdk.local.tail import Tail


def test_lines_are_told_once_and_whole(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("from before\n")
    tail = Tail(log)
    assert tail.lines() == []
    with log.open("a") as file:
        file.write("one\ntwo\nthr")
        file.flush()
        assert tail.lines() == ["one", "two"]
        file.write("ee\n")
    assert tail.lines() == ["three"]
    assert tail.lines() == []


def test_a_trimmed_log_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "log"
    tail = Tail(log)
    log.write_text("a long line\n")
    assert tail.lines() == ["a long line"]
    log.write_text("short\n")
    assert tail.lines() == ["short"]
