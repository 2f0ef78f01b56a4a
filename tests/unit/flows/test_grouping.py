"""Grouping: the same groups whatever the hash does."""

from __future__ import annotations

import numpy as np
import pytest
from flowlens.flows import grouping
from hypothesis import given
from hypothesis import strategies as st

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


def parts(columns: list[tuple[int, int]]) -> set[frozenset[int]]:
    groups = grouping.group([np.array(c) for c in zip(*columns, strict=True)])
    ends = [*groups.starts[1:], len(groups.order)]
    found = [groups.order[a:b].tolist() for a, b in zip(groups.starts, ends, strict=True)]
    assert [int(groups.of_rows[row]) for rows in found for row in rows] == [g for g, r in enumerate(found) for _ in r]
    return {frozenset(rows) for rows in found}


def expected(columns: list[tuple[int, int]]) -> set[frozenset[int]]:
    return {frozenset(i for i, row in enumerate(columns) if row == key) for key in columns}


@given(ROWS)
def test_rows_that_agree_are_together_and_no_others(columns: list[tuple[int, int]]) -> None:
    assert parts(columns) == expected(columns)


@given(ROWS)
def test_rows_whose_hashes_collide_are_still_told_apart(columns: list[tuple[int, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grouping, "mixed", lambda columns: np.zeros(len(columns[0]), np.uint64))
        assert parts(columns) == expected(columns)


def test_no_rows_make_no_groups() -> None:
    groups = grouping.group([np.array([], np.int64)])
    assert len(groups.starts) == len(groups.of_rows) == 0
