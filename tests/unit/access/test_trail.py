"""The audit trail's chain: every way of tampering with 2,000 events is found."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from flowlens.kit import trail

from tests.architecture.rooms import PACKAGE

COUNT = 2_000
Lines = list[str]


def made(count: int = COUNT) -> Lines:
    before, lines = trail.GENESIS, []
    for number in range(1, count + 1):
        event: dict[str, object] = {
            "tenant": "one",
            "number": number,
            "at": f"2026-11-23T10:{number // 60 % 60:02}:{number % 60:02}.000001Z",
            "actor": f"ada{number % 7}",
            "action": "asset.describe",
            "target": f"asset {number}",
            "detail": {"name": "Müller", "nested": {"list": [1, None, True]}},
        }
        before = trail.link(before, event)
        lines.append(json.dumps({"event": event, "hash": before.hex()}, ensure_ascii=False))
    first = json.dumps({"trail": {"tenant": "one", "after": 0, "hash": trail.GENESIS.hex()}})
    return [first, *lines, json.dumps({"head": {"number": count, "hash": before.hex()}})]


WHOLE = made()
HEAD: str = json.loads(WHOLE[-1])["head"]["hash"]


def fault(lines: Lines, head: str | None = None) -> trail.Fault | None:
    return trail.check(lines, head)[1]


def resumed(lines: Lines, at: int) -> trail.Checker:
    """A checker that has taken the lines before `at`, without taking them again for every test."""
    checker = trail.Checker()
    checker.take(WHOLE[0])
    if at > 1:
        before = json.loads(lines[at - 1])
        checker.number, checker.hash = before["event"]["number"], bytes.fromhex(before["hash"])
    return checker


def edited(line: str, change: Callable[[dict[str, object]], object]) -> str:
    kept = json.loads(line)
    change(kept["event"])
    return json.dumps(kept, ensure_ascii=False)


def edits() -> Iterator[Callable[[dict[str, object]], object]]:
    yield lambda event: event.update(actor="eve")
    yield lambda event: event.update(action="denied")
    yield lambda event: event.update(target="asset 0")
    yield lambda event: event.update(at="2026-11-23T10:00:00.000002Z")
    yield lambda event: event.update(tenant="two")
    yield lambda event: event.update(detail={})
    yield lambda event: event.update(number=int(str(event["number"])) + 1)
    yield lambda event: event.update(more="more")
    yield lambda event: event.pop("detail")


def test_what_was_written_is_whole() -> None:
    assert fault(WHOLE) is None
    assert fault(WHOLE, HEAD) is None


def test_every_edit_of_every_event_is_found() -> None:
    for change in edits():
        for at in range(1, COUNT + 1):
            checker = resumed(WHOLE, at)
            checker.take(edited(WHOLE[at], change))
            assert checker.fault is not None, at


def test_every_deletion_repetition_and_swap_is_found_at_the_next_event() -> None:
    for at in range(1, COUNT):
        for tampered in ([WHOLE[at + 1]], [WHOLE[at], WHOLE[at]], [WHOLE[at + 1], WHOLE[at]]):
            checker = resumed(WHOLE, at)
            for line in tampered:
                checker.take(line)
            assert checker.fault is not None, at


def test_an_event_that_was_put_in_is_found_even_with_a_hash_of_its_own() -> None:
    for at in range(1, COUNT):
        checker = resumed(WHOLE, at)
        event = json.loads(WHOLE[at])["event"] | {"actor": "eve"}
        checker.take(json.dumps({"event": event, "hash": trail.link(checker.hash, event).hex()}))
        checker.take(WHOLE[at + 1])
        checker.take(WHOLE[at])
        assert checker.fault is not None, at


def test_every_truncation_is_found() -> None:
    for at in range(COUNT + 1):
        checker = resumed(WHOLE, max(at, 1))
        assert checker.finish() is not None
        checker = resumed(WHOLE, max(at, 1))
        checker.take(WHOLE[-1])
        assert checker.finish() is not None or at == COUNT + 1


def test_a_chain_that_was_made_anew_is_found_by_the_head_that_was_signed() -> None:
    for count in (COUNT - 1, COUNT // 2, 1):
        assert fault(made(count)) is None
        assert fault(made(count), HEAD) is not None


def test_a_part_of_a_trail_is_checked_from_where_it_begins() -> None:
    before = json.loads(WHOLE[500])
    first = json.dumps({"trail": {"tenant": "one", "after": 500, "hash": before["hash"]}})
    assert fault([first, *WHOLE[501:]]) is None
    assert fault([first, *WHOLE[502:]]) is not None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "null",
        "{",
        '{"event": {}}',
        '{"head": 1}',
        "[" * 5000,
        '{"trail": {}, "trail": {}}',
        '{"event": 1, "hash": 2}',
    ],
)
def test_what_is_no_line_of_a_trail_is_said_to_be_none(line: str) -> None:
    assert fault([WHOLE[0], line, *WHOLE[1:]]) is not None
    assert fault([line, *WHOLE]) is not None


def test_the_links_hold_one_another() -> None:
    hashes = [json.loads(line)["hash"] for line in WHOLE[1:-1]]
    assert len(set(hashes)) == COUNT
    for (before, _), (after, line) in pairwise(zip(hashes, WHOLE[1:-1], strict=True)):
        assert trail.link(bytes.fromhex(before), json.loads(line)["event"]).hex() == after


def test_the_script_needs_nothing_but_python(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    whole.write_text("\n".join(WHOLE) + "\n", encoding="utf-8")
    cut.write_text("\n".join(WHOLE[:-2]) + "\n", encoding="utf-8")
    script = [sys.executable, "-I", "-S", str(PACKAGE / "kit/trail.py")]
    for file, code, said in ((whole, 0, "whole and unchanged"), (cut, 1, "cut off"), (tmp_path / "none", 2, "")):
        run = subprocess.run([*script, str(file)], capture_output=True, text=True, check=False)
        assert (run.returncode, said in run.stdout) == (code, True)
