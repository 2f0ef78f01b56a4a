"""The records of one large JSON document, `{"records": [{…}, {…}]}`, one after the other, in bounded memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import orjson

from flowlens.flows.reading.blocks import unpacked
from flowlens.flows.reading.tally import Tally
from flowlens.model.errors import Malformed

LONGEST_RECORD = 32 << 20  # octets; a minute of a busy interface is some megaoctets
_FIRST_SCAN = 1 << 20
_QUOTE, _OPEN, _CLOSE = ord('"'), (ord("{"), ord("[")), (ord("}"), ord("]"))
_DEPTH = 3  # of what stands in a list of the document
_BLANK = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Record:
    """What it says, where it stands, and a digest of its octets, which are the same when the document grew."""

    content: dict[str, Any]
    number: int
    digest: str


def records(stream: BinaryIO, tally: Tally, *, within: bool = False) -> Iterator[Record]:
    """Each record that is JSON; another is tallied as `json`. `within`: the text goes on inside the list of records.

    Malformed by `file_json` when the text is no such document or ends early, by `file_record` when a record is longer
    than LONGEST_RECORD, and what blocks says.
    """
    for number, text in enumerate(_texts(stream, 2 if within else 0)):
        tally.count("records", 1)
        try:
            record = orjson.loads(text)
        except orjson.JSONDecodeError:
            tally.fail("json", 1, [text[:200].decode("utf-8", "replace")])
            continue
        if isinstance(record, dict):
            yield Record(record, number, hashlib.blake2b(text, digest_size=16).hexdigest())


def closed(head: bytes) -> bytes:
    """The beginning of a document, closed after its last whole record. Malformed as `records` says."""
    _check_beginning(head)
    found = _scan(head, 0).found
    if not found:
        raise Malformed("file_record", f"no record ends within the first {len(head):,} octets")
    return head[: found[-1][1]] + b"]}"


def _texts(stream: BinaryIO, depth: int) -> Iterator[bytes]:
    """The texts of the objects in the document's lists."""
    rest, wanted, begun = b"", _FIRST_SCAN, depth > 0
    pieces = unpacked(stream)
    while (data := _more(rest, pieces, wanted)) is not None:
        if not begun:
            _check_beginning(data)
            begun = True
        scan = _scan(data, depth)
        yield from (data[start:stop] for start, stop in scan.found)
        rest, depth = data[scan.rest :], scan.depth
        if len(rest) > LONGEST_RECORD:
            raise Malformed("file_record", f"a record is longer than {LONGEST_RECORD:,} octets")
        wanted = max(_FIRST_SCAN, 2 * len(rest))  # twice as much each time: a long record is not scanned over and over
    if depth or rest.strip(_BLANK) or not begun:
        raise Malformed("file_json", "it ends too early")


def _more(rest: bytes, pieces: Iterator[bytes], wanted: int) -> bytes | None:
    """The rest with what comes after it, `wanted` octets or all there is; None when nothing comes."""
    gathered, size = [rest], len(rest)
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= wanted:
            break
    return b"".join(gathered) if size > len(rest) else None


def _check_beginning(data: bytes) -> None:
    if not data.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANK).startswith(b"{"):
        raise Malformed("file_json", "it does not begin with {")


@dataclass(frozen=True, slots=True)
class _Scan:
    """Where whole records lie, where what is not understood yet begins, and how deep that is."""

    found: list[tuple[int, int]]
    rest: int
    depth: int


def _scan(data: bytes, depth: int) -> _Scan:
    shape = data.replace(b"\\\\", b"__").replace(b'\\"', b"__") if b"\\" in data else data
    octets = np.frombuffer(shape, np.uint8)
    outside = np.cumsum(octets == _QUOTE, dtype=np.int32) & 1 == 0
    opens = np.isin(octets, _OPEN) & outside
    marks = np.flatnonzero(opens | np.isin(octets, _CLOSE) & outside)
    if not len(marks):
        return _Scan([], 0, depth)
    step = np.where(opens[marks], 1, -1)
    deep = depth + np.cumsum(step)
    if int(deep.min()) < 0:
        raise Malformed("file_json", "it closes more than it opened")
    begins = marks[(step > 0) & (deep == _DEPTH)]
    ends = marks[(step < 0) & (deep == _DEPTH - 1)] + 1
    found = [(int(a), int(b)) for a, b in zip(begins, ends, strict=False) if octets[a] == _OPEN[0]]
    if len(begins) > len(ends):  # the last one is not whole yet
        return _Scan(found, int(begins[len(ends)]), _DEPTH - 1)
    return _Scan(found, int(marks[-1]) + 1, int(deep[-1]))
