"""Modules are small, say what they are in one line, and bear names that mean something."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.rooms import PACKAGE, ROOMS, ROOT, label, modules

DRAWERS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "core", "impl"}
# The check of an audit trail is handed to others as one file that needs Python alone, so it is not split.
WHOLE = {PACKAGE / "kit/trail.py": 360}
SOURCES = [pytest.param(path, id=label(path)) for path in modules() if path.stat().st_size]


@pytest.mark.parametrize("path", SOURCES)
def test_a_module_opens_with_one_docstring_line(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring, "say in one line what this module is"
    assert docstring.splitlines()[0].endswith((".", ":", "?")) or len(docstring.splitlines()[0]) < 80


@pytest.mark.parametrize("path", SOURCES)
def test_a_module_can_be_read_at_once(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    limit = 120 if path.is_relative_to(ROOT / "functions") and "api" not in path.parts else 300
    assert lines <= WHOLE.get(path, limit), f"{lines} lines: split it along its nouns"


@pytest.mark.parametrize("path", SOURCES)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    long = [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > 45
    ]
    assert not long


def test_no_room_has_a_drawer() -> None:
    found = [label(p) for room in ROOMS for p in room.rglob("*") if p.stem in DRAWERS and "node_modules" not in p.parts]
    assert not found, "name the noun instead"


def test_every_room_says_what_it_is() -> None:
    rooms = [ROOT / "functions", ROOT / "collector_vm", ROOT / "cdk", ROOT / "web", ROOT / "tests", PACKAGE]
    assert [label(room) for room in rooms if not (room / "README.md").is_file()] == []
