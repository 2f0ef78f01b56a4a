"""Files of rows: whatever is written is read again, and no spreadsheet calculates with it."""

from __future__ import annotations

import resource

import pytest
from flowlens.assets.sheets import MAX_COLUMNS, Fault, Unreadable, formula, plain, read, safe, write
from hypothesis import given
from hypothesis import strategies as st

_CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=30)
_DANGEROUS = ("=1+1", "+49 30", "-1+2", "@SUM(A1)", "\t=1", "\uff1d1", "\uff0b1", " =1", "'=1", "''")


@given(_CELL)
def test_no_cell_is_a_formula_and_each_is_read_as_it_was(cell: str) -> None:
    assert not formula(safe(cell))
    assert plain(safe(cell)) == cell


@pytest.mark.parametrize("cell", _DANGEROUS)
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-5", "+7", "3,5", "-", "a=b", "x@y"])
def test_numbers_and_words_stay_as_they_are(cell: str) -> None:
    assert safe(cell) == cell


@given(st.lists(st.tuples(_CELL, _CELL), min_size=1, max_size=8))
def test_a_table_that_was_written_is_read_again(rows: list[tuple[str, str]]) -> None:
    named = [("x", *row) for row in rows]  # a row of nothing is no row
    found = read(write(["key", "a", "b"], named, header=True).encode())
    assert [tuple(plain(cell) for cell in cells) for _, cells in found.rows] == named


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_of_spreadsheets_are_understood(encoding: str, delimiter: str) -> None:
    found = read(f"address{delimiter}owner\r\n10.1.0.1{delimiter}José\r\n".encode(encoding))
    assert (found.columns, found.rows) == (["address", "owner"], [(2, ["10.1.0.1", "José"])])


def test_a_row_is_named_by_the_line_it_begins_on() -> None:
    found = read(b'a,b\n1,"two\nlines"\n\n3,4\n')
    assert [line for line, _ in found.rows] == [2, 5]


@pytest.mark.parametrize(
    "content",
    [
        b"a," * 1_000_000,
        b"\n".join([b"a,b"] + [b"x," * 300] * 2),
        b"[" * 1_000_000,
        b'[{"a": ' * 100_000,
        b'["\\ud800"]',
        b'a,b\n"' + b"x" * 2_000_000,
    ],
)
def test_hostile_files_are_refused_in_little_memory(content: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert faults(content)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 128 << 10


def faults(content: bytes) -> list[Fault]:
    try:
        return read(content).faults
    except Unreadable as wrong:
        return [wrong.fault]


def test_columns_are_bounded() -> None:
    wide = ",".join(f"c{n}" for n in range(MAX_COLUMNS + 1)).encode()
    with pytest.raises(Unreadable, match="201 columns"):
        read(wide)
