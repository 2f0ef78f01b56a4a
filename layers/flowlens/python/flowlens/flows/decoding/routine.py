"""What exporters say all day, remembered so that the kernel reads a batch of it in one go.

A batch of NetFlow v9 or IPFIX messages that holds nothing but data of known templates, and templates and options that
were heard before, teaches nothing: it makes rows and counts. Whatever else comes is read set by set, by `messages`,
which tells this what it found. Forgetting costs time only.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Columns, Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import elements, programs
from flowlens.flows.decoding.programs import Program
from flowlens.flows.decoding.records import write_rate
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.decoding.scopes import Scope, ScopeKey, Scopes
from flowlens.flows.decoding.survey import (
    LAYOUTS,
    OF_DATAGRAMS,
    OF_KNOWN,
    OF_SETS,
    ONE,
    SET,
    Block,
    Given,
    Known,
    Survey,
    at,
    rows_of,
)
from flowlens.flows.decoding.tally import Tally
from flowlens.flows.decoding.templates import LATE, Layout, Template

_MOST = 4_096  # keys
_MOST_HEARD, _MOST_OCTETS = 4, 2_048  # contents of a key, octets of one
_FEW_SETS = 6  # of a message
_LATER = frozenset({*elements.OPTIONAL, *elements.RATES, elements.BIFLOW_DIRECTION, elements.FIREWALL_EVENT})


class _Options(NamedTuple):
    """The one thing that a scope's options data says."""

    template: Template
    content: bytes


@dataclass(frozen=True, slots=True)
class _Data:
    """A template whose records the kernel writes whole."""

    scope: Scope
    template: Template
    layout: Layout
    program: Program


class _Compiled:
    """All that is known, as the kernel wants it."""

    def __init__(self, data: dict[int, _Data], heard: dict[int, list[bytes]], options: dict[int, _Options]) -> None:
        self.keys = sorted({*data, *heard, *options})
        self.data = [data.get(key) for key in self.keys]
        self.rated = any(one.scope.samplers.fallback for one in data.values())
        self.used = np.zeros(len(self.keys), np.bool_)
        self.ones = np.zeros(len(self.keys), ONE)
        layouts: dict[Layout, Program] = {}
        contents: list[bytes] = []
        for one, key, known in zip(self.ones, self.keys, self.data, strict=True):
            said: Sequence[bytes] = heard.get(key, ())
            one["key"], one["layout"], one["init"] = key, -1, -1
            if known is not None:
                layouts.setdefault(known.layout, known.program)
                one["layout"], one["size"] = list(layouts).index(known.layout), known.layout.shortest
                if known.scope.system_init is not None:
                    one["init"] = known.scope.system_init
            elif (told := options.get(key)) is not None:
                one["size"], said = told.template.layout.shortest, (told.content,)
            one["heard"], one["heards"] = len(contents), len(said)
            contents += said
        self.layouts = list(layouts.items())
        self.octets = b"".join(contents)
        lengths = np.array([len(content) for content in contents], np.int64)
        self.contents = np.ascontiguousarray(np.stack([np.cumsum(lengths) - lengths, lengths], axis=1))


@dataclass(slots=True)
class Routine:
    """Of one dialect. `tally` is where flows and options records are counted."""

    format: Format
    tally: Tally
    scopes: Scopes
    _data: dict[int, _Data] = field(default_factory=dict)
    _heard: dict[int, list[bytes]] = field(default_factory=dict)
    _options: dict[ScopeKey, _Options | None] = field(default_factory=dict)  # None: it has said different things
    _compiled: _Compiled | None = None
    _version: int = -1

    # --- what the messages tell

    def forget(self) -> None:
        """What was taught may mean something else by now."""
        for known in (self._data, self._heard, self._options):
            known.clear()
        self._compiled = None
        self._version = self.scopes.version

    @property
    def _room(self) -> bool:
        """Whether more can be remembered, after what does not hold any more was forgotten."""
        if self._version != self.scopes.version:
            self.forget()
        return len(self._data) + len(self._heard) + len(self._options) < _MOST

    def heard(self, key: ScopeKey, kind: int, content: bytes) -> None:
        """A set of templates all of which are in force."""
        if self._room and len(content) <= _MOST_OCTETS:
            known = self._heard.setdefault(_key(key, kind), [])
            if content not in known and len(known) < _MOST_HEARD:
                known.append(content)
                self._compiled = None

    def learnt(self, scope: Scope, template: Template, contents: Iterable[bytes]) -> None:
        """Options data. Where a scope says different things the last of them holds: each must be read again."""
        layout = template.layout
        plain = self._room and layout.fixed and template.previous is None
        if layout.spans:
            plain &= not self._disputed(scope)
        for content in contents:
            said = _Options(template, content) if plain and len(content) <= _MOST_OCTETS else None
            if said != self._options.get(scope.key, said):
                said = None
            if scope.key not in self._options or self._options[scope.key] != said:
                self._options[scope.key] = said
                self._compiled = None

    def _disputed(self, scope: Scope) -> bool:
        """Whether other domains of the exporter say something too: names are the exporter's, and the last one holds."""
        others = [key for key in self._options if key.exporter == scope.key.exporter and key != scope.key]
        if others:
            self._options |= dict.fromkeys(others)
            self._compiled = None
        return bool(others)

    def met(self, scope: Scope, template: Template, clock: int) -> None:
        """Data of a template in force."""
        key = _key(scope.key, template.definition.id)
        if not self._room or key in self._data or template.stored_ms:
            return
        if template.previous is not None and clock - template.replaced <= LATE:
            return
        program = _whole(template.layout)
        if program is not None and scope.samplers.settled:
            self._data[key] = _Data(scope, template, template.layout, program)
            self._compiled = None

    def use(self) -> None:
        """That their data was read since the last call counts as a use of the templates."""
        known = self._compiled
        if known is not None and self._version == self.scopes.version:
            for place in np.flatnonzero(known.used).tolist():
                if (one := known.data[place]) is not None and (scope := self.scopes.find(one.scope.key)) is not None:
                    scope.templates.use(one.template.definition.id)
            known.used[:] = False

    # --- reading

    def read(self, library: ctypes.CDLL, datagrams: Datagrams) -> tuple[Columns, NDArray[np.int64]] | None:
        """The rows of messages that all say nothing new, and of each how many records it holds and how many of them
        are options data. None, and nothing done, where a message does or may say something new."""
        known = self._known()
        if known is None or not datagrams.slots.flags.c_contiguous:
            return None
        given, of_datagrams, of_known = (
            Given(datagrams, self.format),
            np.empty((len(OF_DATAGRAMS), datagrams.count), np.int64),
            np.empty((len(OF_KNOWN), len(known.keys)), np.int64),
        )
        asked = Known(at(known.ones), len(known.ones), at(known.contents), known.octets)
        room = _FEW_SETS * datagrams.count
        while True:
            found, of_sets = np.empty(room, SET), np.empty((len(OF_SETS), room), np.int64)
            survey = Survey(*rows_of(of_datagrams), *rows_of(of_known), at(found), room, *rows_of(of_sets))
            count = library.fl_survey(ctypes.byref(given.structure), ctypes.byref(asked), ctypes.byref(survey))
            if count <= room:
                break
            room = count
        if count < 0:
            return None
        here = _Batch(known, datagrams, list(survey.block[: survey.blocks]), of_sets, of_known)
        self._count(here, of_datagrams[3], of_datagrams[4])
        return here.rows(library, self.format).columns(), of_datagrams[3:]

    def _known(self) -> _Compiled | None:
        if self._version != self.scopes.version or not self._data:
            return None
        if self._compiled is None:
            told = {_key(key, one.template.definition.id): one for key, one in self._options.items() if one is not None}
            self._compiled = _Compiled(self._data, self._heard, told)
        return self._compiled if 0 < len(self._compiled.layouts) <= LAYOUTS else None

    def _count(self, here: _Batch, records: NDArray[np.int64], options: NDArray[np.int64]) -> None:
        exporters = here.datagrams.exporters
        self.tally.add_each(exporters, "flows", records - options)
        self.tally.add_each(exporters, "options_records", options)
        here.known.used |= here.of_known[0] > 0


@dataclass(frozen=True, slots=True)
class _Batch:
    """What the kernel found in a batch."""

    known: _Compiled
    datagrams: Datagrams
    blocks: list[Block]
    of_sets: NDArray[np.int64]
    of_known: NDArray[np.int64]

    def rows(self, library: ctypes.CDLL, kind: Format) -> Rows:
        """The records of all blocks."""
        rows, octets, begin = Rows(sum(one.rows for one in self.blocks)), self.datagrams.flat()[0], 0
        if not rows.count:
            return rows
        programs_of = [self.known.layouts[one.layout] for one in self.blocks]
        rows.expect(frozenset.intersection(*(program.whole for _, program in programs_of)))
        rows["format"][:] = kind
        names = tuple(name for name in ("received", "exporter", "domain") if self._says(name))
        for (layout, program), one in zip(programs_of, self.blocks, strict=True):
            of_sets = dict(zip(OF_SETS, self.of_sets[:, one.first : one.first + one.sets], strict=True))
            records = programs.Records(octets, of_sets.pop("starts"), of_sets.pop("counts"), layout.shortest)
            programs.run(library, programs.beside(program, names), records, rows, begin, of_sets)
            if program.family:
                rows["ip_version"][begin : begin + one.rows] = program.family
            begin += one.rows
        if self.known.rated:
            self._rate(rows)
        return rows

    def _says(self, name: str) -> bool:
        """Whether any set brings something else than 0."""
        last = self.blocks[-1]
        return bool(self.of_sets[OF_SETS.index(name), : last.first + last.sets].any())

    def _rate(self, rows: Rows) -> None:
        """The rates of their scopes: the rows of a key are side by side."""
        begin = 0
        for block in self.blocks:
            for place in np.flatnonzero(self.known.ones["layout"] == block.layout).tolist():
                at = slice(begin, begin + int(self.of_known[1, place]))
                begin = at.stop
                if (one := self.known.data[place]) is not None:
                    write_rate(rows, at, one.scope.samplers.fallback)


def _key(key: ScopeKey, kind: int) -> int:
    return key.exporter << 48 | key.domain << 16 | kind


def _whole(layout: Layout) -> Program | None:
    """The program of a layout that leaves nothing to be done."""
    program = programs.program_of(layout) if _LATER.isdisjoint(layout.forward) else None
    return program if program is not None and program.times and program.icmp else None
