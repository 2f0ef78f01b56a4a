"""Blocks: the data sets of one layout, from however many exporters, read together and written as rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Columns, Format
from flowlens.flows.decoding import elements
from flowlens.flows.decoding.fields import Fields, Offsets, Pieces
from flowlens.flows.decoding.records import write, write_initiator, write_rates, write_reverse
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.decoding.samplers import stated
from flowlens.flows.decoding.scopes import Scope
from flowlens.flows.decoding.sections import write_sections
from flowlens.flows.decoding.sets import Headers, Indexes, Sets, joined, records
from flowlens.flows.decoding.tally import Faults, Tally
from flowlens.flows.decoding.templates import Layout
from flowlens.flows.decoding.times import Export, uptime_at
from flowlens.flows.decoding.variable import variable_records


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


@dataclass(slots=True)
class _Located:
    """The records of a block: which datagram each came in, where its runs begin, and which rows each scope has."""

    block: Block
    sets: Sets
    datagrams: Indexes
    offsets: list[Offsets]
    bounds: Indexes

    @property
    def counts(self) -> Indexes:
        """How many records each scope has."""
        return np.diff(self.bounds)

    @property
    def count(self) -> int:
        return len(self.datagrams)

    def pieces(self) -> Pieces:
        """Their values that are neither numbers nor addresses."""
        return Pieces(self.sets.octets, self.offsets, self.block.layout.spans)

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
        """The forward elements of all records of a block, their texts, and their number."""
        found = self._locate(block)
        self.headers.count(found.datagrams, options=True)
        return Fields.both(block.layout, found.sets.octets, found.offsets)[0], found.pieces(), found.count

    def write(self, blocks: list[Block]) -> list[Columns]:
        """The rows of all blocks, then those of the reverse directions."""
        located = [self._locate(block) for block in blocks]
        rows = Rows(sum(one.count for one in located))
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
            owners, first = records(sets, layout.shortest)
            offsets = [first]
        else:
            owners, offsets, broken = variable_records(sets, layout)
            self.faults.note(sets.datagram[broken], "record_length")
        self.headers.count(sets.datagram[owners])
        ends = np.cumsum([0, *(part.count for part in block.parts)])
        return _Located(block, sets, sets.datagram[owners], offsets, np.searchsorted(owners, ends))

    def _write(self, found: _Located, rows: Rows, at: slice) -> list[Columns]:
        layout = found.block.layout
        forward, reverse = Fields.both(layout, found.sets.octets, found.offsets)
        export = self._export(found)
        self._write_origin(found, rows, at)
        write(rows, at, forward, export)
        if layout.spans:
            write_sections(rows, at, forward, found.pieces())
        write_initiator(rows, at, forward, biflow=bool(reverse))
        write_rates(rows, at, stated(forward), _learnt(found, forward))
        for scope, count in zip(found.block.scopes, found.counts.tolist(), strict=True):
            self.tally.add(scope.key.exporter, "flows", count)
        if not reverse:
            return []
        here = Columns(found.count, {name: column[at] for name, column in rows.values.items()})
        backward = write_reverse(here, reverse, export)
        self.tally.add_each(backward["exporter"].astype(np.uint16), "flows")
        return [backward]

    def _write_origin(self, found: _Located, rows: Rows, at: slice) -> None:
        headers = self.headers
        rows["format"][at] = self.format
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
