"""Each requirement of the ASVS that was judged names a test that there is, or a reason."""

from __future__ import annotations

import ast

import pytest
import yaml  # type: ignore[import-untyped]

from tests.architecture.rooms import ROOT

ROWS: list[dict[str, str]] = yaml.safe_load((ROOT / "tests/asvs.yaml").read_text())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_requirement_names_a_test_that_there_is_or_a_reason(row: dict[str, str]) -> None:
    assert len({"test", "reason"} & row.keys()) == 1
    if "test" in row:
        path, _, name = row["test"].partition("::")
        tree = ast.parse((ROOT / path).read_text())
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, row["test"]
    else:
        assert len(row["reason"]) > 10
        assert not row["reason"].endswith(".md") or (ROOT / row["reason"]).is_file()


def test_no_requirement_is_judged_twice() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)


def test_the_page_counts_them_as_they_are() -> None:
    tests = sum("test" in row for row in ROWS)
    said = f"{len(ROWS)} requirements are judged in `tests/asvs.yaml`: {tests} name the test that shows them and "
    assert f"{said}{len(ROWS) - tests} a reason" in (ROOT / "web/docs/who-may-what.md").read_text()
