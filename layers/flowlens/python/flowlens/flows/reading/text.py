"""Lines of words with a header line: a block of them becomes a table without looking at one line after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np

from flowlens.flows.kernel import kernel, words
from flowlens.flows.kernel.words import Lines
from flowlens.flows.reading.blocks import blocks
from flowlens.flows.reading.cells import Table, Text
from flowlens.flows.reading.octets import PAD, Octets, Positions, text
from flowlens.flows.reading.tally import EXAMPLES, Tally
from flowlens.model.errors import Malformed

_SPACE, _NEWLINE = 0x20, 0x0A
_MAX_FIELDS = 256


def tables(stream: BinaryIO, tally: Tally, known: frozenset[str], *, fields: Sequence[str] = ()) -> Iterator[Table]:
    """`fields` are the stored format's; a first line that names fields of `known` goes before them.

    Malformed by `file_empty`, `file_encoding` or `file_header`, and what blocks() says.
    """
    names: Sequence[str] | None = None
    for block in blocks(stream):
        if names is None:
            names, block = _named(block, fields, known)
        yield table(block.replace(b"\r\n", b"\n") if b"\r" in block else block, names, tally)[0]
    if names is None:
        raise Malformed("file_empty")


def _named(block: bytes, fields: Sequence[str], known: frozenset[str]) -> tuple[Sequence[str], bytes]:
    line, _, rest = block.partition(b"\n")
    if block.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in line:
        raise Malformed("file_encoding", "it is not ASCII text; UTF-16 is not read")
    words = line.removeprefix(b"\xef\xbb\xbf").decode("ascii", "replace").split()
    if len(words) > _MAX_FIELDS:
        raise Malformed("file_header", f"{len(words):,} fields")
    if len(known.intersection(words)) > len(words) // 2:
        fields, block = words, rest
    if len(known.intersection(fields)) <= len(fields) // 2:
        raise Malformed("file_header", "the first line does not name the fields, and no format was given")
    if len(set(fields)) < len(fields):
        raise Malformed("file_header", "a field is named twice")
    return fields, block


def table(block: bytes, names: Sequence[str], tally: Tally) -> tuple[Table, Positions]:
    """Lines of words that a space or less parts, with the line that each row was. Other lines are tallied."""
    data = np.frombuffer(bytes(PAD) + block, np.uint8)
    found = _lines(data, len(names))
    tally.count("lines", found.lines)
    tally.fail("fields", found.bad, (text(data, start, end) for start, end in found.examples))
    columns = {name: Text(data, found.starts[at], found.ends[at]) for at, name in enumerate(names)}
    return Table(len(found.line), dict(columns)), found.line


def _lines(data: Octets, count: int) -> Lines:
    library = kernel().library
    if library is not None:
        return words.lines(library, data, PAD, count, EXAMPLES)
    ends = np.flatnonzero(data[PAD:] <= _SPACE) + PAD
    starts = np.concatenate([[PAD], ends + 1])[:-1]
    breaks = np.flatnonzero(data[ends] == _NEWLINE)
    first = np.concatenate([[0], breaks + 1])[:-1]
    whole, filled = breaks - first + 1 == count, starts[first] < ends[breaks]
    bad = np.flatnonzero(~whole & filled)
    examples = [(int(starts[first[row]]), int(ends[breaks[row]])) for row in bad[:EXAMPLES]]
    at = np.arange(count)[:, None] + first[whole]
    lines, rows = int(np.count_nonzero(filled)), np.flatnonzero(whole)
    return Lines(starts[at], ends[at], rows, lines, len(bad), examples)
