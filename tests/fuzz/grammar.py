"""Datagrams by protocol: headers, templates, options, data of any layout, samples and records, true or nearly so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from flowlens.flows.decoding.elements import EXACT, KNOWN, SECTIONS, TEXTS

from tests.fuzz.frames import frame
from tests.fuzz.samples import sflow
from tests.fuzz.wire import Liar, Wire

SECONDS = 1_760_000_000
DOMAINS = (7, 8, 0, 0xFFFF_FFFF)
TEMPLATES = (256, 257, 258, 259, 300, 65_535)
STRUCTURED = (291, 292, 293)  # basicList, subTemplateList, subTemplateMultiList
VARIABLE = 0xFFFF
TEACHING = 0.012  # of the sets define something: each such change ends a stretch that is read at once
_NUMBERS = sorted(one for one in KNOWN if one < 0x8000)
_TEXTS, _SECTIONS = sorted(TEXTS), sorted(SECTIONS)
_ENTERPRISES = (29305, 6871, 9, 43874)
_FLOW = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 4), (22, 4), (21, 4))
Field = tuple[int, int, int]  # element, length, enterprise or 0


@dataclass(slots=True)
class Grammar:
    """Remembers which templates it gave out, so that most data fits one."""

    rng: Random
    lies: float = 0.04
    known: dict[tuple[int, int, int], list[Field]] = field(default_factory=dict)
    sequence: int = 0

    def datagram(self) -> Wire:
        """One of any protocol."""
        return self.rng.choices(_MAKERS, _WEIGHTS)[0](self, Liar(self.rng, self.lies))


def _fixed(version: int, header: int, record: int, most: int) -> Callable[[Grammar, Liar], Wire]:
    def make(grammar: Grammar, liar: Liar) -> Wire:
        count = grammar.rng.choice((1, 1, 2, 3, most))
        head = Wire().number(version, 2).number(liar.says(count), 2, joint=True)
        head.number(grammar.rng.randrange(1 << 32), 4).number(SECONDS, 4).number(grammar.rng.randrange(10**9), 4)
        head.raw(liar.octets(header - len(head)))
        return head.raw(b"".join(liar.octets(record) for _ in range(count)))

    return make


def _netflow9(grammar: Grammar, liar: Liar) -> Wire:
    domain = liar.one_of(DOMAINS)
    body, count = _sets(grammar, liar, 9, domain)
    grammar.sequence += 1
    head = Wire().number(9, 2).number(liar.says(count), 2).number(grammar.rng.randrange(1 << 32), 4)
    return head.number(SECONDS, 4).number(grammar.sequence, 4).number(domain, 4).add(body)


def _ipfix(grammar: Grammar, liar: Liar) -> Wire:
    domain = liar.one_of(DOMAINS)
    body, count = _sets(grammar, liar, 10, domain)
    grammar.sequence += count
    head = Wire().number(10, 2).number(liar.says(16 + len(body)), 2, joint=True).number(SECONDS, 4)
    return head.number(grammar.sequence, 4).number(domain, 4).add(body)


def _sets(grammar: Grammar, liar: Liar, version: int, domain: int) -> tuple[Wire, int]:
    """Some sets, templates the rarest, and how many records they hold."""
    body, count = Wire(), 0
    for _ in range(grammar.rng.choice((1, 1, 2, 3, 6))):
        kind = grammar.rng.random()
        if kind < TEACHING or not grammar.known:
            body.add(_definition(grammar, liar, version, domain))
        elif kind < TEACHING * 1.2 and version == 10:
            body.add(_set(liar, liar.one_of((2, 3)), Wire().number(liar.one_of((256, 2, 3)), 2).number(0, 2)))
        else:
            data, records = _data(grammar, liar, version, domain)
            body.add(data)
            count += records
    return body, count


def _set(liar: Liar, number: int, content: Wire) -> Wire:
    return (
        Wire().number(liar.says(number), 2, joint=True).number(liar.says(4 + len(content)), 2, joint=True).add(content)
    )


def _definition(grammar: Grammar, liar: Liar, version: int, domain: int) -> Wire:
    number, options = liar.one_of(TEMPLATES), grammar.rng.random() < 0.3
    fields = _options(grammar, version) if options else _fields(grammar, version)
    grammar.known[version, domain, number] = fields
    content = Wire().number(liar.says(number), 2, joint=True)
    if options and version == 9:
        content.number(liar.says(4), 2, joint=True).number(liar.says(4 * (len(fields) - 1)), 2, joint=True)
    else:
        content.number(liar.says(len(fields)), 2, joint=True)
        if options:
            content.number(liar.says(1), 2, joint=True)
    for element, length, enterprise in fields:
        content.number(element | (0x8000 if enterprise else 0), 2, joint=True).number(liar.says(length), 2, joint=True)
        if enterprise:
            content.number(enterprise, 4)
    return _set(liar, {9: (0, 1), 10: (2, 3)}[version][options], content)


def _fields(grammar: Grammar, version: int) -> list[Field]:
    """A usual flow, with any elements beside it; or any elements."""
    rng = grammar.rng
    fields: list[Field] = [(e, n, 0) for e, n in _FLOW] if rng.random() < 0.7 else []
    for _ in range(rng.choice((0, 1, 2, 4, 10, 30)) + (not fields)):
        element = rng.choice(_NUMBERS)
        fields.append((element, EXACT.get(element) or rng.choice((1, 2, 4, 8)), 0))
        if rng.random() < 0.1:
            fields.append((rng.choice(_SECTIONS), rng.choice((40, 64)), 0))
        if version == 10 and rng.random() < 0.2:
            fields.append((rng.choice((*_TEXTS, *_SECTIONS, *STRUCTURED)), VARIABLE, 0))
        if version == 10 and rng.random() < 0.2:
            enterprise = rng.choice(_ENTERPRISES)
            fields.append((rng.choice((1, 2, 3, 14, 15)), rng.choice((1, 4, 8)), enterprise))
    rng.shuffle(fields)
    return fields


def _options(grammar: Grammar, version: int) -> list[Field]:
    rng = grammar.rng
    scope = (rng.choice((1, 2, 3)), 4, 0) if version == 9 else (rng.choice((130, 144, 149, 10)), 4, 0)
    told = (
        (48, 4),
        (34, 4),
        (50, 4),
        (305, 4),
        (306, 4),
        (302, 8),
        (160, 8),
        (309, 4),
        (310, 4),
        (82, 16),
        (95, 4),
        (96, 8),
    )
    return [scope, *((e, n, 0) for e, n in rng.sample(told, rng.randrange(1, 5)))]


def _data(grammar: Grammar, liar: Liar, version: int, domain: int) -> tuple[Wire, int]:
    """Records of a template of this domain if there is one, or of any other."""
    own = [key for key in grammar.known if key[:2] == (version, domain)]
    key = grammar.rng.choice(own or list(grammar.known))
    count = grammar.rng.choice((1, 1, 2, 3, 8))
    content = Wire()
    for _ in range(count):
        for element, length, _ in grammar.known[key]:
            _value(liar, content, element, length)
    content.raw(bytes(grammar.rng.choice((0, 0, 0, 1, 2, 3, 7))))
    return _set(liar, key[2], content), count


def _value(liar: Liar, content: Wire, element: int, length: int) -> None:
    if length != VARIABLE:
        content.raw(frame(liar, length) if element in SECTIONS else liar.octets(length))
        return
    size = liar.one_of((0, 1, 5, 20, 60))
    if element in STRUCTURED:
        body = bytes((3,)) + liar.octets(2) + liar.octets(max(size - 3, 0))
    else:
        body = frame(liar, size) if element in SECTIONS else liar.octets(size)
    if liar.rng.random() < 0.2:
        content.number(255, 1, joint=True).number(liar.says(len(body)), 2, joint=True)
    else:
        content.number(liar.says(len(body)), 1, joint=True)
    content.raw(body)


def _noise(grammar: Grammar, liar: Liar) -> Wire:
    start = grammar.rng.choice((b"", b"\0\5", b"\0\t\0\1", b"\0\n\0\x20", b"\0\0\0\5\0\0\0\1", b"GET / HTTP/1.1"))
    return Wire().raw(start + liar.octets(grammar.rng.randrange(80)))


_MAKERS: tuple[Callable[[Grammar, Liar], Wire], ...] = (
    _fixed(1, 16, 48, 24),
    _fixed(5, 24, 48, 30),
    _fixed(7, 24, 52, 28),
    _netflow9,
    _ipfix,
    lambda grammar, liar: sflow(grammar.rng, liar),
    _noise,
)
_WEIGHTS = (1, 2, 1, 6, 8, 6, 1)
