"""The kernel and NumPy split lines and read words alike, whatever stands in them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from flowlens.flows.body import encode
from flowlens.flows.files import aws_vpc
from flowlens.flows.kernel import kernel
from flowlens.flows.kernel.words import Words
from flowlens.flows.reading import About, octets, text
from flowlens.flows.reading.cells import Text, distinct
from flowlens.flows.reading.tally import Tally
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.bench import files
from tests.kernels import without_kernel

_NUMBERS = st.integers(0, 2**70).map(str) | st.from_regex(r"[0-9]{0,25}[-0-9/:]?", fullmatch=True)
_ADDRESSES = st.ip_addresses().map(str) | st.text("0123456789.", max_size=17) | st.text("0:af.1", max_size=50)
_WORDS = st.one_of(
    _NUMBERS.map(str.encode),
    _ADDRESSES.map(str.encode),
    st.sampled_from([b"-", b"", b"ACCEPT", b"REJECT", b"OK", b"NODATA", b"eni-0123456789abcdef0", b"x" * 200]),
    st.binary(max_size=30),
)
_BLANKS = st.sampled_from([b" ", b" ", b" ", b"\n", b"\n", b"\t", b"\0", b"\r", b"  ", b"\x7f", b"\n\n"])
_BLOCKS = st.lists(st.tuples(_WORDS, _BLANKS), max_size=40).map(lambda some: b"".join(a + b for a, b in some))


def said(block: bytes, count: int) -> tuple[object, ...]:
    """All that is read of a block, whichever way."""
    tally = Tally()
    table, lines = text.table(block, [f"c{n}" for n in range(count)], tally)
    cells = list(table.columns.values())
    read: list[object] = [table.rows, lines.tolist(), tally.counts, tally.unreadable, tally.examples]
    read += [table.line(row) for row in range(table.rows)]
    for one in cells:
        numbers, addresses = one.numbers(), one.addresses()
        like = one.addresses_like(cells[0], cells[0].addresses())
        halves = [getattr(found, name) for found in (addresses, like) for name in ("high", "low", "version", "wrong")]
        read += [part.tolist() for part in (numbers.values, numbers.said, numbers.wrong, *halves)]
        read += [one.equals(word).tolist() for word in (b"-", b"ACCEPT", b"x")]
        read += [mark.tolist() for mark in one.marks()]
    return tuple(read)


@settings(deadline=None, max_examples=300)
@given(_BLOCKS, st.integers(1, 4))
@example(b"", 1)
@example(b"\n", 1)
@example(b"\n\n a\n", 2)
@example(b"no line ends", 1)
@example(b"1.2.3.4 01.2.3.4 1.2.3.256 1.2.3 1.2.3.4. .1.2.3.4 1..2.3 1.2.3.4.5\n", 8)
@example(b"::ffff:1.2.3.4 ::1 2001:db8::/32 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:8:9 fe80::1%eth0 ::\xff :\n", 8)
@example(b"999999999999999999 1000000000000000000 00000000000000000000 1e3 +1 12345678 123456789 \xb0\n", 8)
def test_both_ways_read_the_same(block: bytes, count: int) -> None:
    assert kernel().library is not None, kernel().absence
    fast = said(block, count)
    with without_kernel():
        assert said(block, count) == fast


@pytest.mark.parametrize("count", [1, 3, 256])
def test_a_block_of_nothing_but_line_ends_takes_little(count: int) -> None:
    tally = Tally()
    table, _ = text.table(b"\n" * 100_000, [f"c{n}" for n in range(count)], tally)
    assert table.rows == (100_000 if count == 1 else 0)
    assert not tally.counts


def test_words_are_as_far_as_the_text_goes() -> None:
    """Positions that lie outside of the text are words that say nothing; no octet there is read."""
    data = np.frombuffer(b"12345678", np.uint8)
    starts, ends = np.array([-1, 0, 4, 8, 9, 0, 5, 2**62]), np.array([3, 8, 9, 8, 12, -8, 4, 2**63 - 1])
    values, state = octets.numbers(Words(data, starts, ends))
    assert values.tolist() == [0, 12345678, 0, 0, 0, 0, 0, 0]
    assert state.tolist() == [0, 1, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("word", ["010.0.0.1", "10.0.0.01", "10.00.0.1", "10.0.0.1.", "10.0.0", "10.0.0.0001"])
def test_an_address_is_written_in_one_way(word: str) -> None:
    cells = Text.of([word, "10.0.0.1"])
    fast = cells.addresses()
    with without_kernel():
        slow = cells.addresses()
    for found in (fast, slow):
        assert found.wrong.tolist() == [True, False]
        assert (found.version.tolist(), found.low.tolist()) == ([0, 4], [0, 0xFFFF_0A00_0001])


@settings(deadline=None)
@given(st.lists(st.tuples(_WORDS, _WORDS), min_size=1, max_size=60), st.booleans())
def test_rows_have_one_number_where_they_say_the_same(rows: list[tuple[bytes, bytes]], coded: bool) -> None:
    columns = []
    for column in zip(*rows, strict=True):
        words = [word.decode("latin-1") for word in column]
        tokens = [word.encode("ascii", "replace") for word in words]
        if coded:
            used = sorted(set(words))
            columns.append((tokens, Text.of(used, np.array([used.index(word) for word in words]))))
        else:
            columns.append((tokens, Text.of(words)))
    which, firsts = distinct([cells for _, cells in columns], len(rows))
    keys = list(zip(*(tokens for tokens, _ in columns), strict=True))
    assert [keys[firsts[number]] for number in which] == keys
    if not coded:
        assert len({*which}) == len({*keys})


def test_rows_beyond_any_number_of_words_are_told_apart_by_themselves() -> None:
    many = [str(n) for n in range(2_000)]
    cells = Text.of(many, np.arange(2_000))
    which, firsts = distinct([cells, cells], 2_000)
    assert which.tolist() == firsts.tolist() == list(range(2_000))


def test_a_file_gives_the_same_bodies_and_sightings_both_ways() -> None:
    log = files.text(files.columns(20_000))
    log = log.replace(b"eni-0000000000000a0f9", b"-").replace(b" 53 ", b" 5x ").replace(b"10.0.1.7 ", b"fd00::7 ")

    def read() -> tuple[list[bytes], list[object], Tally]:
        tally = Tally()
        bodies = list(aws_vpc.read(io.BytesIO(log), About(), tally))
        return [encode(one.columns, one.exporters) for one in bodies], [one.sightings for one in bodies], tally

    fast = read()
    with without_kernel():
        assert read() == fast
    assert len(fast[0]) > 1
    assert {"number", "address"} <= fast[2].unreadable.keys()
