"""The table of known weaknesses names tests that are there."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.rooms import ROOT

PAGE = (ROOT / "tests" / "README.md").read_text()
ROWS = [line.split("|")[1:-1] for line in PAGE.splitlines() if re.match(r"\| V\d+ \|", line)]
SHOWN = [(row[0].strip(), test) for row in ROWS for test in re.findall(r"`([^`]+)`", row[2])]


def test_each_class_has_its_row() -> None:
    assert [row[0].strip() for row in ROWS] == [f"V{number}" for number in range(1, 40)]


def test_a_class_that_no_test_shows_says_why() -> None:
    shown = {weakness for weakness, _ in SHOWN}
    silent = {row[0].strip(): row[2].strip() for row in ROWS if row[0].strip() not in shown}
    assert silent.keys() == {"V21", "V36"}
    assert all(len(reason) > 20 for reason in silent.values())


@pytest.mark.parametrize(("weakness", "test"), SHOWN)
def test_what_shows_it_is_there(weakness: str, test: str) -> None:
    path, _, name = test.partition("::")
    text = (ROOT / path).read_text()
    if path.endswith(".ts"):
        assert re.search(r"\btest\(", text), weakness
        return
    tests = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    found = {one for one in tests if one.startswith("test_")}
    assert name in found if name else found, f"{weakness}: {test} is no test"
