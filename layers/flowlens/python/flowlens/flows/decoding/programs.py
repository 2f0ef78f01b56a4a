"""What the kernel does with the records of a layout: a list of moves, worked out once."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import BY_NAME
from flowlens.flows.decoding import elements
from flowlens.flows.decoding.fields import Octets, Offsets
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.decoding.templates import Layout, Source

_SEEN_ONLY = ("next_hop_low", "icmp")  # columns that are left out when nothing was written to them
_OPERATION = np.dtype(
    {
        "names": ["kind", "size", "from", "width", "to", "each", "scale", "seen"],
        "formats": ["i4", "i4", ("i4", 2), ("i4", 2), ("u8", 4), ("u8", 2), "i8", "u8"],
        "offsets": [0, 4, 8, 16, 24, 56, 72, 80],
        "itemsize": 88,
    }
)


class Act(IntEnum):
    """What the kernel can do, by the numbers of kernel.h."""

    NUMBER = 0
    ELSE = 1
    MAPPED = 2
    MAPPED_ELSE = 3
    EACH = 4
    UPTIMES = 5
    CLOCKS = 6
    ICMP = 7


_WHOLE = frozenset({Act.NUMBER, Act.MAPPED, Act.EACH, Act.UPTIMES, Act.CLOCKS})  # these write every row


class Move(NamedTuple):
    """One operation; `each` names values that every set brings."""

    kind: Act
    columns: tuple[str, ...]
    sources: tuple[tuple[int, int], ...] = ()  # where in a record, and how many octets
    each: tuple[str, ...] = ()
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Program:
    """Moves, and what they leave to be done."""

    moves: tuple[Move, ...]
    family: int = 0  # IP version of all records, 0 where they have no addresses
    times: bool = True  # whether start and end are among the moves
    icmp: bool = True

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(name for move in self.moves for name in move.columns)

    @property
    def whole(self) -> frozenset[str]:
        """The columns of which it writes every row."""
        return frozenset(name for move in self.moves if move.kind in _WHOLE for name in move.columns)

    def operations(self) -> NDArray[np.void]:
        """As the kernel wants them, but for where the columns and the values of the sets lie."""
        made = np.zeros(len(self.moves), _OPERATION)
        made["from"] = -1
        for one, move in zip(made, self.moves, strict=True):
            one["kind"], one["size"], one["scale"] = move.kind, BY_NAME[move.columns[0]].dtype.itemsize, move.scale
            for k, (offset, width) in enumerate(move.sources):
                one["from"][k], one["width"][k] = offset, width
        return made


@dataclass(frozen=True, slots=True)
class Records:
    """Where records of one size lie, set by set."""

    octets: Octets
    starts: Offsets
    counts: Offsets
    size: int


class _Sets(ctypes.Structure):
    _fields_ = (
        ("octets", ctypes.c_void_p),
        ("length", ctypes.c_int64),
        ("count", ctypes.c_int64),
        ("starts", ctypes.c_void_p),
        ("records", ctypes.c_void_p),
        ("size", ctypes.c_int64),
    )


class Outside(ValueError):
    """Records would lie outside the octets: whoever asked did not check."""


def run(
    library: ctypes.CDLL, program: Program, records: Records, rows: Rows, first: int, each: Mapping[str, Offsets]
) -> None:
    """Writes the rows from `first` on. `each` has int64 values of every set."""
    fresh = rows.expect_blank(_SEEN_ONLY)
    if not first and int(records.counts.sum()) == rows.count:
        rows.expect(program.whole)
    made = _made(program)
    operations = made.operations.copy()
    places = [0, *(rows.address(name) + first * size for name, size in made.columns)]
    given = [0, *(each[name].__array_interface__["data"][0] for name in made.each)]
    operations["to"] = np.array(places, np.uint64)[made.to]
    operations["each"] = np.array(given, np.uint64)[made.of_sets]
    starts, counts = (np.ascontiguousarray(values, np.int64) for values in (records.starts, records.counts))
    octets = records.octets
    sets = _Sets(octets.ctypes.data, len(octets), len(starts), starts.ctypes.data, counts.ctypes.data, records.size)
    if library.fl_records(ctypes.byref(sets), operations.ctypes.data, len(operations)):
        raise Outside(f"{len(starts)} sets of records of {records.size} octets in {len(octets)}")
    seen = {move.columns[-1] for one, move in zip(operations["seen"].tolist(), program.moves, strict=True) if one}
    rows.leave_blank(name for name in fresh if name in rows.values and name not in seen)


class _Made(NamedTuple):
    """A program's operations but for addresses; and of which column, or value of a set, counted from 1, those are."""

    operations: NDArray[np.void]
    columns: tuple[tuple[str, int], ...]  # with the octets of a value
    each: tuple[str, ...]
    to: NDArray[np.intp]
    of_sets: NDArray[np.intp]


@lru_cache(maxsize=64)
def _made(program: Program) -> _Made:
    columns = tuple(sorted(program.columns))
    each = tuple(sorted({name for move in program.moves for name in move.each}))
    to = [_counted(columns, move.columns, 4) for move in program.moves]
    of_sets = [_counted(each, move.each, 2) for move in program.moves]
    sized = tuple((name, BY_NAME[name].dtype.itemsize) for name in columns)
    return _Made(program.operations(), sized, each, np.array(to), np.array(of_sets))


def _counted(known: Sequence[str], names: Sequence[str], room: int) -> list[int]:
    return [known.index(name) + 1 for name in names] + [0] * (room - len(names))


_PROGRAMS: WeakKeyDictionary[Layout, Program | None] = WeakKeyDictionary()


def program_of(layout: Layout) -> Program | None:
    """The program of a layout, or None when only NumPy reads it."""
    if layout not in _PROGRAMS:
        _PROGRAMS[layout] = _compiled(layout)
    return _PROGRAMS[layout]


def _compiled(layout: Layout) -> Program | None:
    if not layout.fixed or layout.reverse or layout.spans or _both_families(layout.forward):
        return None
    finder = _Finder(layout)
    times, icmp = list(finder.times()), list(finder.icmp())
    moves = (*finder.numbers(), *finder.addresses(), *times, *icmp)
    family = 4 if finder.any_of(elements.SRC4, elements.DST4) else 6
    if not finder.any_of(elements.SRC4, elements.DST4, elements.SRC6, elements.DST6):
        family = 0
    return Program(moves, family, bool(times), bool(icmp))


def _both_families(forward: dict[int, Source]) -> bool:
    four, six = (elements.SRC4, elements.DST4), (elements.SRC6, elements.DST6)
    return any(one in forward for one in four) and any(one in forward for one in six)


def offset(record: np.dtype[np.void], name: str) -> int:
    """Where a field lies."""
    if record.fields is None:
        raise KeyError(name)
    return record.fields[name][1]


class _Finder:
    """Finds the moves of a layout of one run."""

    def __init__(self, layout: Layout) -> None:
        self._forward = layout.forward
        self._fields = layout.runs[0].dtype

    def any_of(self, *wanted: int) -> bool:
        return any(one in self._forward for one in wanted)

    def _at(self, element: int) -> tuple[int, int]:
        source = self._forward[element]
        return offset(self._fields, source.parts[0]), source.length

    def _all(self, wanted: Sequence[int]) -> list[tuple[int, int]]:
        return [self._at(one) for one in wanted if one in self._forward]

    def numbers(self) -> Iterator[Move]:
        for column, wanted in elements.COUNTERS.items():
            for place in self._all(wanted)[:1]:
                yield Move(Act.NUMBER, (column,), (place,))
        for column, wanted in (*elements.PLAIN.items(), *elements.SAID.items()):
            for k, place in enumerate(self._all(wanted)):
                yield Move(Act.ELSE if k else Act.NUMBER, (column,), (place,))

    def addresses(self) -> Iterator[Move]:
        if self.any_of(elements.SRC4, elements.DST4):
            for end, element in (("src", elements.SRC4), ("dst", elements.DST4)):
                for place in self._all((element,)):
                    yield Move(Act.MAPPED, (f"{end}_low",), (place,))
            for place in self._all(elements.NEXT_HOP4):
                yield Move(Act.MAPPED_ELSE, ("next_hop_low",), (place,))
        if self.any_of(elements.SRC6, elements.DST6):
            hops = [one for one in elements.NEXT_HOP6 if one in self._forward][:1]
            for end, element in (("src", elements.SRC6), ("dst", elements.DST6), *(("next_hop", one) for one in hops)):
                for at, _ in self._all((element,)):
                    yield Move(Act.NUMBER, (f"{end}_high",), ((at, 8),))
                    yield Move(Act.NUMBER, (f"{end}_low",), ((at + 8, 8),))

    def times(self) -> Iterator[Move]:
        """Where both ends are told in the same way: by uptimes, or by a count of a unit since 1970; or neither is."""
        said = elements.SAYS_WHEN & self._forward.keys()
        if not said:
            yield Move(Act.EACH, ("start",), (), ("exported",))
            yield Move(Act.EACH, ("end",), (), ("exported",))
        uptimes = (elements.UPTIME_START, elements.UPTIME_END)
        if said == frozenset(uptimes) and not self.any_of(elements.SYSTEM_INIT):
            yield Move(Act.UPTIMES, ("start", "end"), tuple(map(self._at, uptimes)), ("exported", "uptime"))
        for pair, scale in (((150, 151), 1000), ((152, 153), 1)):
            if said == frozenset(pair):
                yield Move(Act.CLOCKS, ("start", "end"), tuple(map(self._at, pair)), ("exported",), scale)

    def icmp(self) -> Iterator[Move]:
        said = elements.ICMP & self._forward.keys()
        if not said or (len(said) == 1 and said <= frozenset(elements.ICMP_BOTH)):
            yield Move(Act.ICMP, ("protocol", "src_port", "dst_port", "icmp"), tuple(map(self._at, said)))


@lru_cache(maxsize=256)
def beside(program: Program, names: tuple[str, ...]) -> Program:
    """The program, and columns of which a set gives all its rows the same value."""
    spread = tuple(Move(Act.EACH, (name,), (), (name,)) for name in names)
    return replace(program, moves=(*spread, *program.moves))
