"""Messages of templates and data (NetFlow v9 and IPFIX): each data set meets the template that was in force for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Columns, Format, join
from flowlens.flows.decoding import teaching
from flowlens.flows.decoding.blocks import Block, Writer
from flowlens.flows.decoding.fields import Fields, Pieces
from flowlens.flows.decoding.parking import Parked
from flowlens.flows.decoding.routine import Routine
from flowlens.flows.decoding.scopes import Scope, ScopeKey, scope_numbers
from flowlens.flows.decoding.sets import Headers, Indexes, Sets, repeats
from flowlens.flows.decoding.state import UNCOUNTABLE, DecoderState
from flowlens.flows.decoding.tally import Faults
from flowlens.flows.decoding.templates import LATE, Definition, Definitions, Layout, Template, parse


@dataclass(frozen=True, slots=True)
class Dialect:
    """In what NetFlow v9 and IPFIX differ once the sets are found."""

    format: Format
    template_set: int
    options_set: int
    definitions: Definitions


CHANGES_LIMIT = 16  # of a datagram: what lies between two is read by itself, and that costs half a millisecond
Ripe = tuple[ScopeKey, int, Parked]  # a set that waited, and for which template


@dataclass(slots=True)
class Messages:
    """A batch of messages of one dialect."""

    dialect: Dialect
    state: DecoderState
    headers: Headers
    sets: Sets
    faults: Faults
    _keys: list[ScopeKey] = field(init=False)
    _numbers: Indexes = field(init=False)  # of each datagram's key
    _repeated: set[tuple[int, int, bytes]] = field(default_factory=set)
    _ripe: list[Ripe] = field(default_factory=list)
    _given_up: int = -1  # the last datagram of which not everything is read

    def __post_init__(self) -> None:
        pairs, self._numbers = scope_numbers(self.headers.exporter, self.headers.domain)
        self._keys = [ScopeKey(exporter, self.dialect.format, domain) for exporter, domain in pairs]

    def decode(self) -> Columns:
        """All flows. Data is read up to each change of a template with what was known until then.

        A new template is no such change: what came before it in the batch, or is parked, is read with it. Within the
        stretch between two changes options data is read first, so that its rates and clocks hold for all of it.
        """
        parts: list[Columns] = []
        begin, changes = 0, Counter[int]()
        for at, datagram, number, kind, content in self._taught():
            for definition in self._news(datagram, number, kind, content):
                if self._changes(self._keys[number], definition):
                    parts += self._stretch(begin, at)
                    begin = at
                    changes[datagram] += 1
                if changes[datagram] > CHANGES_LIMIT:
                    self._give_up(at, datagram)
                    break
                self._learn(self._keys[number], definition, datagram)
        parts += self._stretch(begin, self.sets.count)
        for number, kind, content in self._repeated:
            self._routine.heard(self._keys[number], kind, content)
        return join(parts)

    @property
    def _routine(self) -> Routine:
        return self.state.routines[self.dialect.format]

    def _taught(self) -> Iterator[tuple[int, int, int, int, bytes]]:
        """The sets that hold no data, but for those that the batch had the very same of since a change."""
        which = np.flatnonzero(self.sets.ids < 256)
        some, octets = self.sets.take(which), self.sets.octets.data
        numbers = self._numbers[some.datagram]
        columns = (repeats(some, numbers), which, some.datagram, numbers, some.ids, some.starts, some.stops)
        heard: set[int] = set()  # of these, those in _repeated
        for nth, (twin, at, datagram, number, kind, start, stop) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        ):
            if not self._repeated:
                heard.clear()
            elif twin in heard:
                continue
            content = octets[start:stop].tobytes()
            if datagram != self._given_up and (number, kind, content) not in self._repeated:
                yield at, datagram, number, kind, content
            if (number, kind, content) in self._repeated:
                heard.add(nth)

    def _give_up(self, at: int, datagram: int) -> None:
        """Reads nothing more of a datagram, from this set on."""
        self._repeated.clear()
        self.faults.note_one(datagram, "template_changes")
        self.sets.ids[at : np.searchsorted(self.sets.datagram, datagram, side="right")] = 0
        self._given_up = datagram

    def _news(self, datagram: int, number: int, kind: int, content: bytes) -> tuple[Definition, ...]:
        """The definitions of a set that may come into force."""
        if kind not in (self.dialect.template_set, self.dialect.options_set):
            self.faults.note_one(datagram, "set_id")
            return ()
        parsed = parse(self.dialect.definitions, content, options=kind == self.dialect.options_set)
        for reason in parsed.reasons:
            self.faults.note_one(datagram, reason)
        if not parsed.reasons:
            self._repeated.add((number, kind, content))
        return parsed.definitions

    def _known(self, key: ScopeKey, template_id: int) -> Template | None:
        scope = self.state.scopes.peek(key)
        return scope.templates.get(template_id) if scope else None

    def _changes(self, key: ScopeKey, definition: Definition) -> bool:
        """Whether earlier data must be read before this comes into force."""
        if definition.withdraws_all:
            return self.state.scopes.peek(key) is not None
        known = self._known(key, definition.id)
        return known is not None and known.definition != definition

    def _learn(self, key: ScopeKey, definition: Definition, datagram: int) -> None:
        known = self._known(key, definition.id)
        if known is not None and known.definition == definition:
            if teaching.confirm(self.state, key, known):
                self._ripen(key, definition.id)
            return
        self._repeated.clear()
        if definition.withdraws_all:
            teaching.withdraw_all(self.state, key, options=definition.scopes > 0)
        elif definition.withdrawal:
            self._withdraw(key, definition.id, known, datagram)
        else:
            teaching.define(self.state, key, definition, known)
            self._ripen(key, definition.id)

    def _ripen(self, key: ScopeKey, template_id: int) -> None:
        self._ripe += [(key, template_id, one) for one in self.state.parking.take(key, template_id)]

    def _withdraw(self, key: ScopeKey, template_id: int, known: Template | None, datagram: int) -> None:
        if known is None:
            self.faults.note_one(datagram, "withdrawal")
        else:
            teaching.withdraw(self.state, key, template_id)

    def _stretch(self, begin: int, end: int) -> list[Columns]:
        """The flows of the data sets between two template changes, and of the parked sets that are ripe."""
        which = begin + np.flatnonzero(self.sets.ids[begin:end] >= 256)
        parts = self._flows(self.sets.take(which)) if len(which) else []
        if self._ripe:
            ripe, self._ripe = self._ripe, []
            parts.append(unparked(self.dialect, self.state, ripe))
        return parts

    def _flows(self, sets: Sets) -> list[Columns]:
        numbers = self._numbers[sets.datagram]
        order = _in_order(numbers, sets.ids)
        sets, keys = sets.take(order), (numbers << 16 | sets.ids)[order]
        cuts = [0, *(np.flatnonzero(np.diff(keys)) + 1).tolist(), len(keys)]
        writer = Writer(self.dialect.format, self.state.tally, self.headers, self.faults)
        blocks: dict[Layout, Block] = {}
        for first, last in pairwise(cuts):
            number, template_id = divmod(int(keys[first]), 1 << 16)
            some = sets.take(slice(first, last))
            self._dispatch(self._keys[number], template_id, some, blocks, writer)
        return writer.write(list(blocks.values()))

    def _dispatch(
        self, key: ScopeKey, template_id: int, sets: Sets, blocks: dict[Layout, Block], writer: Writer
    ) -> None:
        """Sends sets of one template to where they are read: parked, learnt from, or gathered by layout."""
        scope = self.state.scopes.find(key)
        template = scope.templates.use(template_id) if scope else None
        if scope is None or template is None:
            self._park(key, template_id, sets)
            return
        if template.stored_ms:
            sets = self._plausible(key, template, sets)
        for layout, some in _generations(template, sets, self.state.clock):
            if not template.definition.scopes:
                self._routine.met(scope, template, self.state.clock)
                blocks.setdefault(layout, Block(layout)).add(scope, some)
            else:
                self._learn_options(scope, writer.fields(Block(layout).add(scope, some)))
                self._routine.learnt(scope, template, {some.content(at) for at in range(some.count)})

    def _plausible(self, key: ScopeKey, template: Template, sets: Sets) -> Sets:
        """Those that a template from elsewhere fits; the others wait until the wire says what it means by now."""
        fitting = _fits(sets, template.layout) if template.layout.fixed else np.ones(sets.count, np.bool_)
        if not fitting.all():
            self._park(key, template.definition.id, sets.take(np.flatnonzero(~fitting)))
        return sets.take(np.flatnonzero(fitting))

    def _learn_options(self, scope: Scope, found: tuple[Fields, Pieces, int]) -> None:
        fields, pieces, count = found
        self.state.tally.add(scope.key.exporter, "options_records", count)
        if count:
            teaching.sampling(self.state, scope, fields)
            if pieces.spans:
                self.state.book.learn(scope.key.exporter, fields, pieces)

    def _park(self, key: ScopeKey, template_id: int, sets: Sets) -> None:
        headers, lengths = self.headers, sets.lengths
        if headers.records is not None:
            headers.records[0, sets.datagram] = UNCOUNTABLE
        for at in range(sets.count):
            if not self.state.parking.room(key.exporter, int(lengths[at])):
                self.state.parking.lose(key.exporter, sets.count - at, int(lengths[at:].sum()))
                return
            which = int(sets.datagram[at])
            received, exported, uptime = headers.received[which], headers.exported[which], headers.uptime[which]
            parked = Parked(sets.content(at), int(received), int(exported), int(uptime), self.state.clock)
            self.state.parking.park(key, template_id, parked)


def _in_order(numbers: Indexes, ids: NDArray[np.uint16]) -> Indexes:
    """By scope, then by template, then as they came. Narrow numbers are sorted without being compared."""
    order = np.argsort(ids, kind="stable")
    if len(numbers) and int(numbers.max()) < 1 << 16:
        numbers = numbers.astype(np.uint16)
    return order[np.argsort(numbers[order], kind="stable")] if numbers.any() else order


def unparked(dialect: Dialect, state: DecoderState, ripe: list[Ripe]) -> Columns:
    """Decodes sets that waited, each under the header it came with."""
    keys, ids, parked = zip(*ripe, strict=True)
    stops = np.cumsum([len(one.content) for one in parked])
    octets = np.frombuffer(b"".join(one.content for one in parked), np.uint8)
    starts = stops - [len(one.content) for one in parked]
    sets = Sets(octets, np.arange(len(ripe)), np.array(ids, np.uint16), starts, stops)
    headers = Headers(
        np.array([key.exporter for key in keys], np.uint16),
        np.array([key.domain for key in keys], np.uint32),
        np.array([one.received for one in parked], np.int64),
        np.array([one.exported for one in parked], np.int64),
        np.array([one.uptime for one in parked], np.uint32),
    )
    return Messages(dialect, state, headers, sets, Faults(state.tally, headers.exporter)).decode()


def _generations(template: Template, sets: Sets, clock: int) -> Iterator[tuple[Layout, Sets]]:
    """The sets by layout: late data that fits only what the template was until a moment ago is read as that."""
    now, before = template.layout, template.previous
    if before is None or clock - template.replaced > LATE or not (now.fixed and before.layout.fixed):
        yield now, sets
        return
    old = ~_fits(sets, now) & _fits(sets, before.layout)
    for layout, which in ((before.layout, old), (now, ~old)):
        if which.any():
            yield layout, sets.take(np.flatnonzero(which))


def _fits(sets: Sets, layout: Layout) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whole records, and no more padding than aligns them."""
    fitting: np.ndarray[tuple[int], np.dtype[np.bool_]] = (sets.lengths >= layout.shortest) & (
        sets.lengths % layout.shortest <= 3
    )
    return fitting
