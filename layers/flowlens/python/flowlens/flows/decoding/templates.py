"""Templates of NetFlow v9 and IPFIX: checked when they come, compiled to one dtype when their data comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from flowlens.flows.decoding import elements
from flowlens.kit.wire import Reader, Truncated
from flowlens.model.errors import Malformed

FIELDS_LIMIT = 512
RECORD_LIMIT = 65_507  # what one UDP datagram can carry
# A row of output takes up to 250 octets and must stay within 64 times its input; a biflow makes two rows.
RECORD_SHORTEST, BIFLOW_SHORTEST = 4, 8
LATE = 30_000  # ms for which a redefined template still reads data that only fits its old form


class Field(NamedTuple):
    """One field of a template; `enterprise` 0 is IANA, -1 a NetFlow v9 scope that is no element."""

    element: int
    length: int
    enterprise: int = 0

    @property
    def shortest(self) -> int:
        return 1 if self.length == elements.VARIABLE else self.length


@dataclass(frozen=True, slots=True)
class Definition:
    """A template record as it came. `scopes` > 0 means an options template, `withdrawal` that it has none any more."""

    id: int
    fields: tuple[Field, ...]
    scopes: int = 0
    withdrawal: bool = False

    @property
    def withdraws_all(self) -> bool:
        """RFC 7011 section 8.1: the id of the set itself withdraws all templates of its kind."""
        return self.withdrawal and self.id < 256

    @property
    def shortest(self) -> int:
        return sum(f.shortest for f in self.fields)

    def refused(self) -> str:
        """Why this must not become a template, or nothing."""
        if self.withdrawal:
            return ""
        if self.id < 256:
            return "template_id"
        if not self.fields:
            return "template_fields"
        if not self._least() <= self.shortest <= RECORD_LIMIT:
            return "template_length"
        return "field_length" if any(map(_too_long, self.fields)) else ""

    def _least(self) -> int:
        if self.scopes:
            return 1
        return BIFLOW_SHORTEST if any(map(_backward, self.fields)) else RECORD_SHORTEST


def _backward(one: Field) -> bool:
    """Whether it belongs to the reverse direction."""
    own = (one.enterprise, one.element)
    responder = one.enterprise == 0 and one.element in elements.REVERSE_OF
    return responder or one.enterprise == elements.REVERSE_ENTERPRISE or own in elements.VENDOR_REVERSE


def _too_long(one: Field) -> bool:
    known = one.enterprise in (0, elements.REVERSE_ENTERPRISE) and one.element in elements.KNOWN
    return (
        known
        and one.element != elements.APPLICATION
        and elements.EXACT.get(one.element, 8) < one.length < elements.VARIABLE
    )


class Parsed(NamedTuple):
    """What a template set brought: definitions fit to come into force, and why others are not."""

    definitions: tuple[Definition, ...]
    reasons: tuple[str, ...]


Definitions = Callable[[Reader, bool], Iterator[Definition]]  # of a template set, or of an options template set
_REMEMBERED = 2048  # octets of a set worth remembering: exporters repeat the same few all day


def parse(definitions: Definitions, content: bytes, *, options: bool) -> Parsed:
    """The definitions of a template set, checked. A set that ends in the middle of one loses only that one."""
    return (_parse_again if len(content) <= _REMEMBERED else _parse)(definitions, content, options)


def _parse(definitions: Definitions, content: bytes, options: bool) -> Parsed:  # noqa: FBT001  # lru_cache wants it so
    sound: list[Definition] = []
    reasons: list[str] = []
    try:
        for definition in definitions(Reader(content), options):
            reason = definition.refused()
            if reason:
                reasons.append(reason)
            else:
                sound.append(definition)
    except Truncated:
        reasons.append("template_truncated")
    except Malformed as refused:
        reasons.append(refused.reason)
    return Parsed(tuple(sound), tuple(reasons))


_parse_again = lru_cache(maxsize=256)(_parse)


class Source(NamedTuple):
    """Where an element's value lies: in which run of fixed fields, and as which parts, the most significant first."""

    run: int
    parts: tuple[str, ...]
    length: int


class Span(NamedTuple):
    """Where octets of any length lie: from an offset in a run, or behind it with their length before them."""

    run: int
    offset: int
    length: int


class Run(NamedTuple):
    """Fixed-length fields in a row, read with one gather; a variable-length field may follow."""

    dtype: np.dtype[np.void]
    variable: bool


_SPANS = elements.TEXTS.keys() | elements.SECTIONS.keys()


class Layout:
    """What a definition means for reading: runs of fixed fields, and where each known element lies in them."""

    __slots__ = ("__weakref__", "forward", "reverse", "runs", "shortest", "spans")

    def __init__(self, definition: Definition) -> None:
        self.shortest = definition.shortest
        self.forward: dict[int, Source] = {}
        self.reverse: dict[int, Source] = {}
        self.spans: dict[int, Span] = {}
        self.runs: tuple[Run, ...] = tuple(self._compiled(definition.fields))

    @property
    def fixed(self) -> bool:
        return not self.runs[-1].variable and len(self.runs) == 1

    def _compiled(self, fields: tuple[Field, ...]) -> list[Run]:
        runs: list[Run] = []
        draft = _Draft(0)
        for one in fields:
            if one.enterprise == 0 and one.element in _SPANS:
                self.spans.setdefault(one.element, Span(draft.run, draft.size, one.length))
            if one.length == elements.VARIABLE:
                runs.append(Run(draft.dtype(), variable=True))
                draft = _Draft(len(runs))
                continue
            self._locate(one, draft)
            draft.size += one.length
        if draft.size or not runs:
            runs.append(Run(draft.dtype(), variable=False))
        return runs

    def _locate(self, one: Field, draft: _Draft) -> None:
        """Finds out whose value this is. A vendor's number becomes one of ours, the responder's counters reverse."""
        backward = _backward(one)
        element = one.element
        if one.enterprise not in (0, elements.REVERSE_ENTERPRISE):
            table = elements.VENDOR_REVERSE if backward else elements.VENDOR
            element = table.get((one.enterprise, element), 0)
        elif one.enterprise == 0:
            element = (elements.REVERSE_OF if backward else elements.FORWARD_OF).get(element, element)
        if element in elements.KNOWN and _readable(one):
            (self.reverse if backward else self.forward).setdefault(element, draft.add(one.length))


def _readable(one: Field) -> bool:
    exact = elements.EXACT.get(one.element) if one.enterprise in (0, elements.REVERSE_ENTERPRISE) else None
    if exact is not None:
        return one.length == exact
    return 1 <= one.length <= 8 and (one.element != elements.PROBABILITY or one.length in (4, 8))


@dataclass(slots=True)
class _Draft:
    """A run in the making."""

    run: int
    size: int = 0
    names: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)

    def add(self, length: int) -> Source:
        """Places a value of `length` octets at the end of the run, as big-endian parts of 8, 4, 2 and 1 octets."""
        parts, at, left = [], self.size, length
        while left:
            part = 1 << min(3, left.bit_length() - 1)
            parts.append(f"f{len(self.names)}")
            self.names.append(parts[-1])
            self.formats.append(f">u{part}")
            self.offsets.append(at)
            at, left = at + part, left - part
        return Source(self.run, tuple(parts), length)

    def dtype(self) -> np.dtype[np.void]:
        layout = {"names": self.names, "formats": self.formats, "offsets": self.offsets, "itemsize": self.size}
        return np.dtype(layout)  # type: ignore[call-overload, no-any-return]  # the stubs lack this form


_LAYOUTS: WeakValueDictionary[tuple[Field, ...], Layout] = WeakValueDictionary()


def layout_of(definition: Definition) -> Layout:
    """The definition's layout; exporters with the same template share one, and so are decoded together."""
    found = _LAYOUTS.get(definition.fields)
    if found is None:
        found = _LAYOUTS[definition.fields] = Layout(definition)
    return found


@dataclass(eq=False)
class Template:
    """A template in force. `previous` is what its id meant until `replaced` (by the state's clock), for late data."""

    definition: Definition
    previous: Template | None = None
    replaced: int = 0
    generation: int = 0  # how often its id had meant something else
    stored_ms: int = 0  # when the wire said it (ms since 1970 UTC), if we only know it from what was kept
    renewed: int = 0  # when it was last marked to be kept, by the state's clock

    @cached_property
    def layout(self) -> Layout:
        return layout_of(self.definition)

    @property
    def cost(self) -> int:
        """Octets of memory it may take once compiled, for the budget."""
        own = 1024 + 192 * len(self.definition.fields)
        return own + (self.previous.cost if self.previous else 0)
