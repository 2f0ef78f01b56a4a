"""What an exporter taught, as values that outlive a process; as octets they are believed no more than a datagram."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from flowlens.flows.columns import Format
from flowlens.flows.decoding import samplers
from flowlens.flows.decoding.templates import FIELDS_LIMIT, Definition, Field
from flowlens.flows.decoding.times import LAST
from flowlens.kit.wire import Reader, Truncated
from flowlens.model.errors import Malformed

MAX_OCTETS = 128 << 10  # of a lesson: 8,192 rates need 98,340, 512 fields 4,634
_FORM = 1
_HEAD = struct.Struct(">BIBIHQI")  # form, CRC, then what the CRC covers: format, domain, template, when, generation
_COVERED = 5
_FIELD = struct.Struct(">HHBI")  # element, length, kind of enterprise, enterprise
_SCOPE_KIND, _NUMBER_KIND = 1, 0
_RATES = struct.Struct(">IQHH")  # of the domain; the system's beginning; how many by sampler, by interface
_NO_INIT = 0xFFFF_FFFF_FFFF_FFFF
_RATE = np.dtype([("id", ">u8"), ("rate", ">u4")])
_FORMATS = (Format.NETFLOW9, Format.IPFIX)


class Subject(NamedTuple):
    """What a lesson is about, within its exporter. Template 0 stands for the sampling of the domain."""

    format: Format
    domain: int
    template: int = 0

    @property
    def text(self) -> str:
        """As a key in a table."""
        return f"{int(self.format)}/{self.domain}/{self.template}"


@dataclass(frozen=True, slots=True)
class TemplateLesson:
    """A template, when the wire said it last (ms since 1970 UTC), and how often its id had meant something else."""

    subject: Subject
    learned_ms: int
    definition: Definition
    generation: int = 0


@dataclass(frozen=True, slots=True)
class RatesLesson:
    """The sampling rates of a domain and when its system began, by which IPFIX counts uptimes."""

    subject: Subject
    learned_ms: int
    whole: int = 0
    by_id: Mapping[int, int] = field(default_factory=dict)
    by_interface: Mapping[int, int] = field(default_factory=dict)
    system_init: int | None = None


Lesson = TemplateLesson | RatesLesson


def encode(lesson: Lesson) -> bytes:
    generation = lesson.generation if isinstance(lesson, TemplateLesson) else 0
    body = _template(lesson.definition) if isinstance(lesson, TemplateLesson) else _rates(lesson)
    subject = lesson.subject
    about = (subject.format, subject.domain, subject.template, lesson.learned_ms, min(generation, 0xFFFF_FFFF))
    covered = _HEAD.pack(_FORM, 0, *about)[_COVERED:] + body
    return struct.pack(">BI", _FORM, zlib.crc32(covered)) + covered


def _template(definition: Definition) -> bytes:
    head = struct.pack(">HH", definition.scopes, len(definition.fields))
    return head + b"".join(
        _FIELD.pack(one.element, one.length, int(one.enterprise < 0), max(one.enterprise, 0))
        for one in definition.fields
    )


def _rates(lesson: RatesLesson) -> bytes:
    init = _NO_INIT if lesson.system_init is None else lesson.system_init
    head = _RATES.pack(lesson.whole, init, len(lesson.by_id), len(lesson.by_interface))
    return head + b"".join(
        np.array(list(book.items()), _RATE).tobytes() for book in (lesson.by_id, lesson.by_interface)
    )


def subject_of(data: bytes) -> tuple[Subject, int]:
    """What a lesson is about and when it was learnt (ms), if its octets are whole; what it says is not looked at."""
    subject, learned_ms, _ = _opened(data)
    return subject, learned_ms


def _opened(data: bytes) -> tuple[Subject, int, int]:
    if not _HEAD.size <= len(data) <= MAX_OCTETS:
        raise Malformed("lesson", f"{len(data)} octets")
    form, checksum, number, domain, template, learned_ms, generation = _HEAD.unpack_from(data)
    if form != _FORM or checksum != zlib.crc32(data[_COVERED:]):
        raise Malformed("lesson", f"form {form}, or damaged")
    if number not in _FORMATS or learned_ms > LAST:
        raise Malformed("lesson", f"format {number} at {learned_ms}")
    return Subject(Format(number), domain, template), learned_ms, generation


def decode(data: bytes) -> Lesson:
    """Raises Malformed("lesson") for all that could not have been learnt from an exporter."""
    subject, learned_ms, generation = _opened(data)
    reader = Reader(data[_HEAD.size :])
    try:
        if subject.template:
            return TemplateLesson(subject, learned_ms, _read_template(reader, subject), generation)
        return _read_rates(reader, subject, learned_ms)
    except Truncated as short:
        raise Malformed("lesson", str(short)) from short


def _read_template(reader: Reader, subject: Subject) -> Definition:
    scopes, count = reader.uint(2), reader.uint(2)
    if count > FIELDS_LIMIT or scopes > count or reader.remaining != count * _FIELD.size:
        raise Malformed("lesson", f"{scopes} scopes of {count} fields in {reader.remaining} octets")
    every = enumerate(_FIELD.iter_unpack(reader.take(count * _FIELD.size)))
    fields = tuple(_read_field(parts, subject.format, scope=position < scopes) for position, parts in every)
    definition = Definition(subject.template, fields, scopes)
    if reason := definition.refused():
        raise Malformed("lesson", reason)
    return definition


def _read_field(parts: tuple[int, ...], kind: Format, *, scope: bool) -> Field:
    """Only NetFlow v9 has scopes that are no elements, only IPFIX has enterprises."""
    element, length, own, enterprise = parts
    if kind is Format.NETFLOW9:
        sound = enterprise == 0 and own in ((_NUMBER_KIND, _SCOPE_KIND) if scope else (_NUMBER_KIND,))
    else:
        sound = own == _NUMBER_KIND and element < 0x8000
    if not sound:
        raise Malformed("lesson", f"element {element} of {enterprise}")
    return Field(element, length, -1 if own == _SCOPE_KIND else enterprise)


def _read_rates(reader: Reader, subject: Subject, learned_ms: int) -> RatesLesson:
    whole, init, ids, interfaces = _RATES.unpack(reader.take(_RATES.size))
    if max(ids, interfaces) > samplers.LIMIT or reader.remaining != (ids + interfaces) * _RATE.itemsize:
        raise Malformed("lesson", f"{ids} and {interfaces} rates in {reader.remaining} octets")
    if init > LAST and init != _NO_INIT:
        raise Malformed("lesson", f"began at {init}")
    by_id, by_interface = (_read_book(reader, count) for count in (ids, interfaces))
    return RatesLesson(subject, learned_ms, whole, by_id, by_interface, None if init == _NO_INIT else init)


def _read_book(reader: Reader, count: int) -> dict[int, int]:
    table = np.frombuffer(reader.take(count * _RATE.itemsize), _RATE)
    if not table["rate"].all():
        raise Malformed("lesson", "a rate of 0")
    return dict(zip(table["id"].tolist(), table["rate"].tolist(), strict=True))
