"""Blocks: the data sets of one layout, from however many exporters, read together and written as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Columns, Format
from flowlens.flows.decoding import elements, programs
from flowlens.flows.decoding.fields import Fields, Offsets, Pieces
from flowlens.flows.decoding.rare import write_rare
from flowlens.flows.decoding.records import icmp, write, write_initiator, write_rate, write_rates, write_reverse
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.decoding.samplers import stated
from flowlens.flows.decoding.scopes import Scope
from flowlens.flows.decoding.sections import write_sections
from flowlens.flows.decoding.sets import Headers, Indexes, Sets, joined, records
from flowlens.flows.decoding.tally import Faults, Tally
from flowlens.flows.decoding.templates import Layout
from flowlens.flows.decoding.times import Export, span, uptime_at
from flowlens.flows.decoding.variable import variable_records
from flowlens.flows.kernel import kernel


@dataclass(slots=True)
class Block:
    """Sets of one layout, those of a scope side by side."""

    layout: Layout
    scopes: list[Scope] = field(default_factory=list)
    parts: list[Sets] = field(default_factory=list)

    def add(self, scope: Scope, sets: Sets) -> Block:
        self.scopes.append(scope)
        self.parts.append(sets)
        return self


class _Located:
    """The records of a block: how many each set has, and what is worked out from that where it is needed."""

    def __init__(
        self, block: Block, sets: Sets, counts: Indexes, variable: tuple[Indexes, list[Offsets]] | None
    ) -> None:
        self.block, self.sets, self.per_set = block, sets, counts
        self._variable = variable
        ends = np.cumsum([0, *(part.count for part in block.parts)])
        self.bounds: Indexes = np.concatenate([[0], np.cumsum(counts)])[ends]  # which rows each scope has
        self.count = int(self.bounds[-1])

    @cached_property
    def _found(self) -> tuple[Indexes, list[Offsets]]:
        """The set of each record, and where its runs begin."""
        if self._variable is not None:
            return self._variable
        owners, first = records(self.sets, self.block.layout.shortest)
        return owners, [first]

    @cached_property
    def datagrams(self) -> Indexes:
        """Which datagram each record came in."""
        return self.sets.datagram[self._found[0]]

    def offsets(self) -> list[Offsets]:
        return self._found[1]

    @property
    def counts(self) -> Indexes:
        """How many records each scope has."""
        return np.diff(self.bounds)

    def of_scopes(self, values: Sequence[int]) -> Indexes:
        """What each scope has, for each set."""
        return np.repeat(np.array(values, np.int64), [part.count for part in self.block.parts])

    def without_repeats(self) -> _Located:
        """Without the sets that repeat the one before them: exporters say the same options all day."""
        if self._variable is not None or self.sets.count < 2:
            return self
        contents = map(self.sets.content, range(self.sets.count))
        keep = np.array([True, *(one != other for one, other in pairwise(contents))])
        if keep.all():
            return self
        some = self.sets.take(np.flatnonzero(keep))
        return _Located(Block(self.block.layout, self.block.scopes, [some]), some, self.per_set[keep], None)

    def pieces(self) -> Pieces:
        """Their values that are neither numbers nor addresses."""
        return Pieces(self.sets.octets, self.offsets(), self.block.layout.spans)

    def by_scope(self) -> list[tuple[Scope, slice]]:
        return [(scope, slice(*span)) for scope, span in zip(self.block.scopes, pairwise(self.bounds), strict=True)]


@dataclass(slots=True)
class Writer:
    """Reads blocks under the headers their sets came with."""

    format: Format
    tally: Tally
    headers: Headers
    faults: Faults

    def fields(self, block: Block) -> tuple[Fields, Pieces, int]:
        """What a block's records say, but for what is said twice in a row: elements, texts, and how many there are."""
        found = self._locate(block)
        self.headers.count(found.sets.datagram, found.per_set, options=True)
        told = found.without_repeats()
        return Fields.both(block.layout, told.sets.octets, told.offsets)[0], told.pieces(), found.count

    def write(self, blocks: list[Block]) -> list[Columns]:
        """The rows of all blocks, then those of the reverse directions."""
        located = [self._locate(block) for block in blocks]
        rows = Rows(sum(one.count for one in located))
        rows.expect(self._surely_written([one.block.layout for one in located if one.count]))
        reverse: list[Columns] = []
        begin = 0
        for one in located:
            at = slice(begin, begin + one.count)
            begin = at.stop
            if one.count:
                reverse += self._write(one, rows, at)
        return [rows.columns(), *reverse]

    def _locate(self, block: Block) -> _Located:
        sets, layout = joined(block.parts), block.layout
        short = sets.lengths < layout.shortest
        if short.any():
            self.faults.note(sets.datagram[short], "record_length")
        if layout.fixed:
            counts, variable = sets.lengths // layout.shortest, None
        else:
            owners, offsets, broken = variable_records(sets, layout)
            self.faults.note(sets.datagram[broken], "record_length")
            counts, variable = np.bincount(owners, minlength=sets.count), (owners, offsets)
        self.headers.count(sets.datagram, counts)
        return _Located(block, sets, counts, variable)

    def _write(self, found: _Located, rows: Rows, at: slice) -> list[Columns]:
        layout = found.block.layout
        forward, reverse = Fields.both(layout, found.sets.octets, found.offsets)
        rows["format"][at] = self.format
        if not self._run(found, forward, rows, at):
            self._write_origin(found, rows, at)
            write(rows, at, forward, self._export(found))
        if layout.spans:
            write_sections(rows, at, forward, found.pieces())
        write_initiator(rows, at, forward, biflow=bool(reverse))
        stated_rates = stated(forward)
        if stated_rates is None and all(scope.samplers.settled for scope in found.block.scopes):
            for scope, part in found.by_scope():
                write_rate(rows, slice(at.start + part.start, at.start + part.stop), scope.samplers.fallback)
        else:
            write_rates(rows, at, stated_rates, _learnt(found, forward))
        for scope, count in zip(found.block.scopes, found.counts.tolist(), strict=True):
            self.tally.add(scope.key.exporter, "flows", count)
        if not reverse:
            return []
        here = Columns(found.count, {name: column[at] for name, column in rows.values.items()})
        backward = write_reverse(here, reverse, self._export(found))
        self.tally.add_each(backward["exporter"].astype(np.uint16), "flows")
        return [backward]

    def _surely_written(self, layouts: list[Layout]) -> frozenset[str]:
        """The columns of which the kernel will write every row, whatever layout it is of."""
        found = [programs.program_of(layout) if kernel().library is not None else None for layout in layouts]
        whole = [program.whole if program else frozenset[str]() for program in found]
        return frozenset.intersection(*whole) if whole else frozenset()

    def _run(self, found: _Located, forward: Fields, rows: Rows, at: slice) -> bool:
        """Lets the kernel write the rows, and does what it leaves. Says whether there is one that can."""
        library, layout = kernel().library, found.block.layout
        program = programs.program_of(layout) if library is not None else None
        if library is None or program is None:
            return False
        headers, which = self.headers, found.sets.datagram
        each = {"received": headers.received[which], "exported": headers.exported[which]}
        for name, values in (("exporter", headers.exporter), ("domain", headers.domain)):
            if values.any():
                each[name] = values[which].astype(np.int64)
        program = programs.beside(program, tuple(name for name in each if name != "exported"))
        each["uptime"] = self._uptimes(found)
        records = programs.Records(found.sets.octets, found.sets.starts, found.per_set, layout.shortest)
        programs.run(library, program, records, rows, at.start, each)
        if program.family:
            rows["ip_version"][at] = program.family
        write_rare(rows, at, forward)
        if not program.times:
            rows["start"][at], rows["end"][at] = span(forward, self._export(found))
        if not program.icmp:
            rows.settle_icmp(at, icmp(forward))
        return True

    def _uptimes(self, found: _Located) -> Offsets:
        """The exporter's uptime at the export of each set; -1 where it is not known."""
        if self.format is not Format.IPFIX:
            return self.headers.uptime[found.sets.datagram].astype(np.int64)
        inits = found.of_scopes(
            [-1 if scope.system_init is None else scope.system_init for scope in found.block.scopes]
        )
        known = uptime_at(self.headers.exported[found.sets.datagram], inits).astype(np.int64)
        return np.where(inits < 0, np.int64(-1), known)

    def _write_origin(self, found: _Located, rows: Rows, at: slice) -> None:
        headers = self.headers
        rows["received"][at] = headers.received[found.datagrams]
        for name, values in (("exporter", headers.exporter), ("domain", headers.domain)):
            if values.any():
                rows[name][at] = values[found.datagrams]

    def _export(self, found: _Located) -> Export:
        """NetFlow v9 says its uptime in each header; IPFIX says once when its system began."""
        at, uptime = self.headers.exported[found.datagrams], self.headers.uptime[found.datagrams]
        known = np.full(found.count, self.format is not Format.IPFIX)
        if self.format is Format.IPFIX and elements.UPTIME_END in found.block.layout.forward:
            inits = [scope.system_init for scope in found.block.scopes]
            known = np.repeat([init is not None for init in inits], found.counts)
            uptime = uptime_at(at, np.repeat(np.array([init or 0 for init in inits], np.int64), found.counts))
        return Export(at, uptime, known)


def _learnt(found: _Located, forward: Fields) -> NDArray[np.uint64]:
    """The rate that options data gave for each record, or 0."""
    rates = np.array([scope.samplers.fallback for scope in found.block.scopes], np.uint64)
    learnt = np.repeat(rates, found.counts)
    for scope, part in found.by_scope():
        if not scope.samplers.settled:
            learnt[part] = scope.samplers.rates(forward.of(part), part.stop - part.start)
    return learnt
