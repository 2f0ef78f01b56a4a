"""What exporters taught, as a file beside the spool and as items of the table: anybody may have written them."""

from __future__ import annotations

import struct
import tempfile
import zlib
from pathlib import Path
from random import Random

from flowlens.flows.columns import Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode, lessons, recall
from flowlens.flows.decoding.lessons import Lesson, RatesLesson, Subject, TemplateLesson
from flowlens.flows.decoding.templates import Definition, Field
from flowlens.model.errors import Malformed

from collector_vm import keepsake
from tests.fuzz.bending import bent
from tests.fuzz.oracles import check_rows, check_state, demand
from tests.unit.flows.decoding.wire import flow_set, ipfix, v9

NOW = 1_760_000_000_000
_CRC = 5  # form and checksum go before what the checksum covers


def make(rng: Random) -> bytes:
    """A file of lessons, each bent and then given its checksum, or bent as a whole."""
    out = b"FLT1"
    for _ in range(rng.randrange(1, 5)):
        data = bent(rng, lessons.encode(_lesson(rng)))
        if len(data) > _CRC and rng.random() < 0.9:
            data = struct.pack(">BI", data[0], zlib.crc32(data[_CRC:])) + data[_CRC:]
        name = rng.choice((b"192.0.2.1", b"2001:db8::1"))
        out += struct.pack(">BI", len(name), len(data)) + name + data
    return bent(rng, out) if rng.random() < 0.3 else out


def _lesson(rng: Random) -> Lesson:
    kind = rng.choice((Format.NETFLOW9, Format.IPFIX))
    learned = NOW - rng.choice((0, 1000, 10**12))
    if rng.random() < 0.3:
        book = {rng.randrange(1 << 64): rng.randrange(1, 1 << 32) for _ in range(rng.randrange(4))}
        return RatesLesson(Subject(kind, 7), learned, rng.randrange(100), book, book, rng.choice((None, NOW)))
    fields = tuple(Field(rng.choice((8, 12, 1, 2, 4, 82, 152, 300)), rng.choice((1, 4, 8, 65535))) for _ in range(4))
    number = rng.choice((256, 257, 65535))
    return TemplateLesson(Subject(kind, 7, number), learned, Definition(number, fields, rng.choice((0, 0, 1))), 3)


def run(data: bytes) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder) / "templates"
        path.write_bytes(data)
        kept, _ = keepsake.load([path], now_ms=NOW)
        demand(kept.octets <= keepsake.MAX_OCTETS, f"{kept.octets} octets are kept")
        kept.save(path)
        again, unusable = keepsake.load([path], now_ms=NOW)
        demand(unusable == 0 and again.octets == kept.octets, "what was kept does not come back")
    for exporter in ("192.0.2.1", "2001:db8::1"):
        found = [keepsake.understood(one, now_ms=NOW) for one in kept.known(exporter)]
        _use([one for one in found if one is not None])
    _item(data)


def _item(data: bytes) -> None:
    """The input as one item of the table."""
    try:
        lesson = lessons.decode(data)
    except Malformed as refused:
        demand(refused.reason == "lesson", refused.reason)
        return
    demand(lessons.encode(lesson) == data, "another lesson than was read")
    _use([lesson])


def _use(learnt: list[Lesson]) -> None:
    """Data that comes with it is read or named, and the wire's own word goes before it."""
    state = DecoderState()
    recall.recall(state, 0, learnt, now_ms=NOW)
    body = bytes(range(1, 200))
    sets = [flow_set(number, body) for number in (256, 257, 65535)]
    check_rows(decode(Datagrams.of([v9(*sets), ipfix(*sets)]), state))
    check_state(state, 1)
    demand(state.scopes.cost <= 64 << 20, "over the budget")
