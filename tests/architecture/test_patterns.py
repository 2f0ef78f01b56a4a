"""What text of others must not become: a format, a pattern that never ends, food for a library with a known hole."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from re import _constants as codes
from re import _parser as parser
from typing import Any

import pytest

from tests.architecture.rooms import PACKAGE, ROOT

_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)
_LONG = 100  # repetitions; fewer within fewer cost little
# Where holes were found, and since when they are closed.
FLOORS = {
    "joserfc": (1, 4),  # CVE-2026-102946, an empty list of signatures
    "starlette": (0, 49, 1),  # CVE-2025-62727, ranges
    "fastapi": (0, 109, 1),  # CVE-2024-24762, forms
    "idna": (3, 7),  # CVE-2024-3651, long names
    "urllib3": (2, 5),  # CVE-2025-50181, redirects
    "h11": (0, 16),  # CVE-2025-43859, chunks
    "cryptography": (44, 0, 1),  # CVE-2024-12797, raw keys
    "requests": (2, 32, 4),  # CVE-2024-47081, netrc
    "signxml": (4, 0, 4),  # CVE-2025-48994 and -48995, algorithms and timing
    "orjson": (3, 9, 15),  # CVE-2024-27454, depth
}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for room in (PACKAGE, ROOT / "functions", ROOT / "collector_vm"):
        for file in sorted(room.rglob("*.py")):
            yield file, ast.parse(file.read_text())


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_no_text_is_a_format_but_what_stands_in_the_code() -> None:
    """`"…".format(of, ours)`, never `theirs.format(…)`: a format reaches attributes (CVE-2016-10745)."""
    found = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file, tree in sources()
        for call in calls(tree)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in ("format", "format_map", "vformat", "safe_substitute", "substitute")
        and not isinstance(call.func.value, ast.Constant)
        and not _of_sql(call.func.value)
    ]
    assert found == []


def _of_sql(node: ast.expr) -> bool:
    """psycopg's own, which quotes what it takes in; only the store holds SQL."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "SQL"


def endless(parsed: Any, *, within: bool = False) -> bool:
    """Whether a long repetition stands in a long repetition, as in (a+)+: then a few letters take years."""
    for op, value in parsed:
        if op in _REPEATS:
            _, most, inner = value
            long = most is codes.MAXREPEAT or most > _LONG
            if (long and within and len(inner) == 1) or endless(inner, within=within or long):
                return True
        elif (op is codes.SUBPATTERN and endless(value[-1], within=within)) or (
            op is codes.BRANCH and any(endless(branch, within=within) for branch in value[1])
        ):
            return True
    return False


def patterns() -> Iterator[tuple[str, str]]:
    for file, tree in sources():
        for call in calls(tree):
            match call.func, call.args:
                case ast.Attribute(value=ast.Name(id="re")), [ast.Constant(value=str() as text), *_]:
                    yield f"{file.relative_to(ROOT)}:{call.lineno}", text


@pytest.mark.parametrize(
    ("text", "is_endless"), [(r"(a+)+", True), (r"(?:a|b*)*", True), (r"a+b+", False), (r"(ab)+", False)]
)
def test_an_endless_pattern_is_known(text: str, is_endless: bool) -> None:
    assert endless(parser.parse(text)) is is_endless


def test_no_pattern_of_ours_goes_on_for_ever() -> None:
    found = list(patterns())
    assert len(found) > 30
    assert [(where, text) for where, text in found if endless(parser.parse(text))] == []


@pytest.mark.parametrize("lock", ["runtime", "local", "dev"])
def test_no_library_is_as_old_as_a_hole_that_was_found_in_it(lock: str) -> None:
    pinned = dict(re.findall(r"^([a-z0-9-]+)==([\d.]+)", (ROOT / f"requirements/{lock}.txt").read_text(), re.MULTILINE))
    old = {name: pinned[name] for name, floor in FLOORS.items() if name in pinned and _version(pinned[name]) < floor}
    assert old == {}
    assert lock != "runtime" or {"joserfc", "starlette", "fastapi", "lxml", "signxml"} <= pinned.keys()


def test_every_log_writes_its_lines_in_ascii() -> None:
    """Or what a caller wrote ends a line for some reader (flowlens/kit/lines.py)."""
    made = [
        (file.name, {one.arg for one in call.keywords})
        for file, tree in sources()
        for call in calls(tree)
        if isinstance(call.func, ast.Name) and call.func.id == "Logger"
    ]
    assert len(made) > 15
    assert [name for name, given in made if "json_serializer" not in given] == []


def _version(said: str) -> tuple[int, ...]:
    return tuple(map(int, said.split(".")))
