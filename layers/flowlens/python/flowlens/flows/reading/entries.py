"""Google's log entries, one a line, as a table: who sent how much to whom, when, and who saw it.

The kernel finds the words of entries that are written as Google writes them; any other line is decoded by itself, to
the same words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

import msgspec
import numpy as np

from flowlens.flows.kernel import kernel, members
from flowlens.flows.kernel.members import NUMBER, OBJECT, TEXT, WORD, Form, Found, Wanted
from flowlens.flows.kernel.words import Words as Tokens
from flowlens.flows.reading import octets, text
from flowlens.flows.reading.cells import Table, Text
from flowlens.flows.reading.octets import PAD, Mask, Octets, Positions
from flowlens.flows.reading.payloads import ALLOWED, DECODER, DROPPED, Name, Observer, called, observer, row
from flowlens.flows.reading.tally import Tally

# https://cloud.google.com/vpc/docs/about-flow-logs-records
FIELDS = ("src_ip", "dest_ip", "src_port", "dest_port", "protocol", "packets_sent", "bytes_sent", "disposition")
_TIMES = ("start_time", "end_time")
_PARTS = Observer.__struct_fields__
_NUMBERS = ("src_port", "dest_port", "protocol", "packets_sent", "bytes_sent")
_OBSERVER = Wanted(OBJECT, optional=True, members={name: Wanted(TEXT, optional=True) for name in _PARTS})
_CONNECTION = {name: Wanted(NUMBER if name in _NUMBERS else WORD) for name in FIELDS[:5]}
_PAYLOAD = {
    "connection": Wanted(OBJECT, required=True, members=_CONNECTION),
    **{name: Wanted(NUMBER if name in _NUMBERS else WORD) for name in FIELDS[5:]},
    **{name: Wanted(TEXT) for name in (*_TIMES, "reporter")},
    "drop_reason": Wanted(TEXT, optional=True),
    **{f"{end}_{kind}": _OBSERVER for end in ("src", "dest") for kind in ("instance", "gateway")},
}
_ENTRY = {"jsonPayload": Wanted(OBJECT, required=True, members=_PAYLOAD)}
_FORM = Form(_ENTRY | {name: Wanted(TEXT) for name in ("insertId", "logName", "timestamp")})
_SHORTEST = 36  # octets of {"jsonPayload":{"connection":{}}} and what goes between lines

# What entries say that do not say it stands before the text; so does what takes the place of an observer's parts.
_MISSING, _NO_OBSERVER = "\0", "\1"
_SAID = ("-", "0", ALLOWED, DROPPED, _MISSING, _NO_OBSERVER)
_BEFORE = bytes(PAD) + "".join(_SAID).encode()
_WHERE = {word: _BEFORE.index(word.encode(), PAD) for word in _SAID}
_DEFAULTS = dict.fromkeys(FIELDS[:5], "-") | {"packets_sent": "0", "bytes_sent": "0", "disposition": ALLOWED}


@dataclass(frozen=True, slots=True)
class Entries:
    """A row for each entry, of FIELDS, with when it began and ended; `observers` are positions in `names`.

    An observer is the instance or gateway at the reporter's end: it sees both directions, so it is the exporter. It is
    the address where the entry names neither.
    """

    table: Table
    start: Text
    end: Text
    observers: Positions
    names: list[Name]
    entries: list[str]  # what each is called, where that was asked


def read(block: bytes, tally: Tally, *, each: bool = False) -> Entries:
    """The entries of whole lines; a line that is none is tallied as `json`, `shape` or `fields`."""
    plain, other = _NONE._replace(others=[(0, block)]) if each else _plain(block), _Other(each)
    for after, line in plain.others:
        for one in line.splitlines():
            other.add(one, after, tally)
    tally.count("lines", len(plain.codes))
    words, rows = other.words(tally)
    names, mine, others = _names(plain, other)
    words, observers = plain.words.joined(words), np.concatenate([mine[plain.codes], others[rows]])
    if len(rows):
        place = np.concatenate([np.arange(len(plain.codes)) * 2 + 1, np.array(other.places)[rows] * 2])
        order = np.argsort(place, kind="stable")
        words, observers = words.take(order), observers[order]
    *columns, start, end = words.columns()
    called = [other.entries[row] for row in rows] if each else []
    table = Table(len(observers), dict(zip(FIELDS, columns, strict=True)))
    return Entries(table, start, end, observers, names, called)


class _Words(NamedTuple):
    """Rows of FIELDS and _TIMES: word k of row r is data[starts[k, r]:ends[k, r]]."""

    data: Octets
    starts: Positions
    ends: Positions

    def joined(self, other: _Words) -> _Words:
        if not other.starts.size:
            return self
        shift = len(self.data)
        starts, ends = np.hstack([self.starts, other.starts + shift]), np.hstack([self.ends, other.ends + shift])
        return _Words(np.concatenate([self.data, other.data]), starts, ends)

    def take(self, rows: Positions) -> _Words:
        return _Words(self.data, self.starts[:, rows], self.ends[:, rows])

    def columns(self) -> list[Text]:
        return [Text(self.data, starts, ends) for starts, ends in zip(self.starts, self.ends, strict=True)]


class _Plain(NamedTuple):
    """Entries that the kernel read, each with the number of its observer, whose name and first row stand beside.

    `others` are the lines that it did not read, with how many of the entries come before.
    """

    words: _Words
    codes: Positions
    names: list[Name]
    firsts: list[int]
    others: list[tuple[int, bytes]]


_NO_WORDS = np.zeros((len(FIELDS) + len(_TIMES), 0), np.intp)
_NONE = _Plain(_Words(np.zeros(PAD, np.uint8), _NO_WORDS, _NO_WORDS), _NO_WORDS[0], [], [], [])


def _plain(block: bytes) -> _Plain:
    library = kernel().library
    if library is not None:
        whole = _BEFORE + block
        data = np.frombuffer(whole, np.uint8)
        found = members.members(library, data, len(_BEFORE), _FORM, _SHORTEST)
        parts = _parts(data, found)
        numbered = octets.distinct(parts)
        if numbered is not None:
            codes, firsts = numbered
            others = [(after, whole[begin:end]) for begin, end, after in found.others.T.tolist()]
            return _Plain(_usual(data, found), codes, _said(whole, parts, firsts), firsts.tolist(), others)
    return _NONE._replace(others=[(0, block)])


def _number(*path: str) -> int:
    return _FORM.number["jsonPayload", *path]


def _usual(data: Octets, found: Found) -> _Words:
    """The words of each row; those that are not said stand before the text."""
    paths = [("connection", name) for name in FIELDS[:5]] + [(name,) for name in (*FIELDS[5:], *_TIMES)]
    at = [_number(*path) for path in paths]
    starts, ends = found.starts[at], found.ends[at]
    for k, (*_, name) in enumerate(paths):
        word = _DEFAULTS.get(name, "")
        _put(starts[k], ends[k], starts[k] < 0, word)
    dropped = found.starts[_number("drop_reason")] >= 0
    _put(starts[len(FIELDS) - 1], ends[len(FIELDS) - 1], dropped, DROPPED)
    return _Words(data, starts, ends)


def _put(starts: Positions, ends: Positions, rows: Mask, word: str) -> None:
    if rows.any():
        start = _WHERE.get(word, PAD)
        starts[rows], ends[rows] = start, start + len(word)


def _parts(data: Octets, found: Found) -> list[Tokens]:
    """The parts of each row's observer."""
    rows = np.arange(found.starts.shape[1])
    reporter = found.starts[_number("reporter")]
    told = Tokens(data, reporter, np.minimum(found.ends[_number("reporter")], reporter + 4))
    at_end = octets.equal(told, b"DEST")
    observer, address = (np.where(at_end, *both) for both in zip(_end(found, "dest"), _end(found, "src"), strict=True))
    parts = []
    for k in range(len(_PARTS)):
        at = np.where(observer >= 0, observer + k, address)
        starts, ends = found.starts[at, rows], found.ends[at, rows]
        missing = starts < 0
        _put(starts, ends, missing & (observer >= 0), _MISSING)
        _put(starts, ends, missing & (observer < 0), "-")
        if k:
            _put(starts, ends, observer < 0, _NO_OBSERVER)
        parts.append(Tokens(data, starts, ends))
    return parts


def _end(found: Found, end: str) -> tuple[Positions, Positions]:
    """Of each row, which member is the first part of the observer at one end, or -1; and which is the address."""
    which = np.full(found.starts.shape[1], -1, np.intp)
    for kind in ("gateway", "instance"):  # the last one said holds
        which[found.starts[_number(f"{end}_{kind}")] >= 0] = _number(f"{end}_{kind}", _PARTS[0])
    return which, np.full(len(which), _number("connection", f"{end}_ip"))


def _said(whole: bytes, parts: list[Tokens], rows: Positions) -> list[Name]:
    """The observers of some rows."""
    places = [zip(part.starts[rows].tolist(), part.ends[rows].tolist(), strict=True) for part in parts]
    columns = [[whole[start:end].decode("ascii") for start, end in column] for column in places]
    return [_name(words) for words in zip(*columns, strict=True)]


def _name(words: tuple[str, ...]) -> Name:
    if words[1] == _NO_OBSERVER:
        return words[0]
    return Observer(*[None if word == _MISSING else word for word in words])


@dataclass(slots=True)
class _Other:
    """Entries that were decoded one by one; `places` says how many come before each of those that the kernel read."""

    each: bool
    rows: list[str] = field(default_factory=list)
    times: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))
    names: list[Name] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def add(self, line: bytes, place: int, tally: Tally) -> None:
        try:
            entry = DECODER.decode(line)
            payload = entry.jsonPayload
        except msgspec.ValidationError:
            _fail(tally, "shape", line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if line.strip():
                _fail(tally, "json", line)
        else:
            self.rows.append(row(payload))
            self.times[0].append(payload.start_time)
            self.times[1].append(payload.end_time)
            self.names.append(observer(payload))
            if self.each:
                self.entries.append(called(entry, line))
            self.places.append(place)

    def words(self, tally: Tally) -> tuple[_Words, Positions]:
        """Those that have a word for each field, and which they are."""
        block = "\n".join([*self.rows, ""]).encode("ascii", "replace")
        table, rows = text.table(block, FIELDS, tally)
        fields = [cells.tokens for cells in table.columns.values() if isinstance(cells, Text)]
        when = Text.of([times[at] for times in self.times for at in rows]).tokens
        shift = len(fields[0].data)
        starts, ends = ([getattr(one, name) for one in fields] for name in ("starts", "ends"))
        starts += [*(when.starts.reshape(2, -1) + shift)]
        ends += [*(when.ends.reshape(2, -1) + shift)]
        return _Words(np.concatenate([fields[0].data, when.data]), np.array(starts), np.array(ends)), rows


def _fail(tally: Tally, reason: str, line: bytes) -> None:
    tally.count("lines", 1)
    tally.fail(reason, 1, [line[:200].decode("utf-8", "replace")])


def _names(plain: _Plain, other: _Other) -> tuple[list[Name], Positions, Positions]:
    """All names in the order in which they came, and which are those of either."""
    names: dict[Name, int] = {}
    if not plain.names:
        others = np.array([names.setdefault(name, len(names)) for name in other.names], np.intp)
        return list(names), others[:0], others
    came = [(row, 1, at, name) for at, (row, name) in enumerate(zip(plain.firsts, plain.names, strict=True))]
    came += [(place, 0, at, name) for at, (place, name) in enumerate(zip(other.places, other.names, strict=True))]
    numbers = np.zeros(len(other.names), np.intp), np.zeros(len(plain.names), np.intp)
    for _, which, at, name in sorted(came, key=itemgetter(0, 1, 2)):
        numbers[which][at] = names.setdefault(name, len(names))
    return list(names), numbers[1], numbers[0]
