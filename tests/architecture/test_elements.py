"""The page of elements says what the decoders do: no more, no less, and into which columns."""

from __future__ import annotations

import re

import pytest
from flowlens.flows.columns import BY_NAME
from flowlens.flows.decoding import elements, readings, samples

from tests.architecture.rooms import ROOT

PAGE = (ROOT / "web/docs/elements.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.+?)(?=^## |\Z)", PAGE, re.S | re.M))
Row = tuple[str, str, str]


def rows(section: str) -> list[Row]:
    """Number, use and words of each row of a table."""
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in SECTIONS[section].splitlines() if "|" in line]
    return [(cell[0], cell[-2], cell[-1]) for cell in cells[2:]]


def numbers(text: str) -> set[int]:
    """`14, 15` as numbers, and so with a dash between the first and the last."""
    found: set[int] = set()
    for part in text.split(", "):
        first, _, last = part.partition("\u2013")
        found |= set(range(int(first), int(last or first) + 1))
    return found


IANA = rows("Elements of NetFlow v9 and IPFIX")
TYPES = rows("Field types of NetFlow v9 only")
RECORDS = rows("Flow records of sFlow")
SINGLE = {int(number): (use, words) for number, use, words in IANA if number.isdigit()}


def filled() -> list[tuple[int, str]]:
    """Elements and the columns that the code's tables name for them."""
    tables = (elements.COUNTERS, elements.PLAIN, elements.SAID, elements.RARE)
    found = [(one, column) for table in tables for column, sources in table.items() for one in sources]
    for translated in (elements.TRANSLATED4, elements.TRANSLATED6):
        found += [(element, f"{end}_low") for end, element in translated.items()]
    counters = {1: "octets", 2: "packets"}
    for turned in (elements.FORWARD_OF, elements.REVERSE_OF):
        found += [(element, counters[meant]) for element, meant in turned.items()]
    found += [(element, end) for element, (end, _) in elements.CLOCKS.items() if end != "both"]
    return [one for one in found if one[0] in SINGLE]


def test_every_element_that_is_read_is_listed_with_its_use_and_no_other() -> None:
    ours = set(elements.VENDOR.values())
    read = (elements.KNOWN - ours) | elements.TEXTS.keys() | elements.SECTIONS.keys()
    listed = {one for number, use, _ in (*IANA, *TYPES) if use != "skipped" for one in numbers(number)}
    assert listed == read


def test_no_element_is_listed_twice() -> None:
    every = [one for number, _, _ in (*IANA, *TYPES) for one in numbers(number)]
    assert len(every) == len(set(every))


@pytest.mark.parametrize(("element", "column"), filled())
def test_an_element_is_listed_with_the_column_it_fills(element: int, column: str) -> None:
    use, words = SINGLE[element]
    assert use == ("rate" if element in elements.RATES else "column")
    assert f"`{column}`" in words


def test_every_column_on_the_page_is_one() -> None:
    known = {*BY_NAME, "counter_samples", "drop_samples", "other_samples", "malformed.field_length"}
    assert set(re.findall(r"`([^`]+)`", PAGE)) <= known


@pytest.mark.parametrize(
    ("use", "read"),
    [
        ("rate", {*elements.RATES, *elements.SAMPLER_IDS}),
        ("name", set(elements.TEXTS)),
        ("packet", set(elements.SECTIONS)),
        ("times", {elements.SYSTEM_INIT}),
    ],
)
def test_a_use_is_that_of_the_code(use: str, read: set[int]) -> None:
    assert {one for one, (said, _) in SINGLE.items() if said == use} == read


def test_vendors_elements_that_are_read_are_listed() -> None:
    cells = [line.split("|")[1:-1] for line in SECTIONS["Elements of enterprises"].splitlines() if "| column" in line]
    listed = {
        (int(enterprise), one)
        for enterprise, element, *_ in cells
        if element.strip() != "any"
        for one in numbers(element.strip())
    }
    assert listed == elements.VENDOR.keys() | elements.VENDOR_REVERSE.keys()
    assert any(int(cell[0]) == elements.REVERSE_ENTERPRISE for cell in cells)


def test_every_counter_record_of_sflow_that_is_read_is_listed_and_no_other() -> None:
    cells = [line.split("|")[1:-1] for line in SECTIONS["Counter records of sFlow"].splitlines()[2:] if "|" in line]
    listed = {
        one for number, _, use, _ in cells if use.strip() in ("counters", "name") for one in numbers(number.strip())
    }
    assert listed == readings.KINDS


def test_every_record_of_sflow_that_is_read_is_listed_and_no_other() -> None:
    assert {one for number, use, _ in RECORDS if use != "skipped" for one in numbers(number)} == samples.KINDS
