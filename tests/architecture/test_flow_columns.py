"""The documented columns of a flow batch are the columns of a flow batch."""

from __future__ import annotations

import pytest
from flowlens.flows.columns import SCHEMA, Column

from tests.architecture.rooms import ROOT

PAGE = (ROOT / "web/docs/flow-batch.md").read_text()


@pytest.mark.parametrize("column", SCHEMA, ids=lambda c: c.name)
def test_a_column_is_documented_with_its_type_and_unit(column: Column) -> None:
    row = next((line for line in PAGE.splitlines() if line.startswith(f"| `{column.name}` ")), None)
    assert row, f"web/docs/flow-batch.md has no row for {column.name}"
    assert f"`{column.dtype.str[1:]}`" in row
    assert column.unit.replace("|", "\\|") in row


def test_the_page_documents_nothing_that_is_not_there() -> None:
    named = {line.split("`")[1] for line in PAGE.splitlines() if line.startswith("| `")}
    assert named == {column.name for column in SCHEMA}
