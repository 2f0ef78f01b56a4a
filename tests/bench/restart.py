"""A collector that starts where another learnt ten thousand templates: how long until the first datagram is decoded."""

from __future__ import annotations

import statistics
import struct
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from flowlens.flows.columns import Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.flows.decoding.lessons import Subject, TemplateLesson, encode
from flowlens.flows.decoding.recall import recall
from flowlens.flows.decoding.templates import Definition, Field

from collector_vm.keepsake import NAME, Keepsake
from collector_vm.library import Library

EXPORTERS, DOMAINS, EACH = ("192.0.2.1", "192.0.2.2", "2001:db8::3"), 8, 425  # 10,200: near what one may have
TEMPLATES = len(EXPORTERS) * DOMAINS * EACH
_FIELDS = tuple(Field(*one, 0) for one in ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 4)))
_ROUNDS = 5
_FIRST = 256


def run() -> dict[str, float]:
    """Milliseconds from the file, which is read, to the first flow of each exporter: by the clock, and of CPU."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        keep(path)
        rounds = [first_decode(path)[1:] for _ in range(_ROUNDS)]
    wall, cpu = (round(statistics.median(one[at] for one in rounds) * 1000, 1) for at in range(2))
    return {"restart.templates": TEMPLATES, "restart.first_decode_ms": wall, "restart.first_decode_cpu_ms": cpu}


def keep(path: Path) -> None:
    """What a collector has in its file that learnt them all; each has a length of its own."""
    kept, now = Keepsake(), time.time_ns() // 1_000_000
    for exporter in EXPORTERS:
        for domain in range(DOMAINS):
            for number in range(_FIRST, _FIRST + EACH):
                subject = Subject(Format.NETFLOW9, domain, number)
                definition = Definition(number, (*_FIELDS, Field(33_333, number, 0)), 0)
                kept.keep(exporter, subject.text, encode(TemplateLesson(subject, now, definition)))
    kept.save(path)


def first_decode(path: Path, missing: Sequence[str] = ()) -> tuple[int, float, float]:
    """Flows of one datagram of each exporter, by its last template, and seconds on the clock and of CPU.

    Those missing taught nothing.
    """
    began, spent = time.perf_counter(), time.process_time()
    library, state = Library(path, [path], None), DecoderState()
    rows = 0
    for place, exporter in enumerate(EXPORTERS):
        lessons = [] if exporter in missing else library.known(exporter)
        recall(state, place, lessons, now_ms=time.time_ns() // 1_000_000)
        rows += decode(Datagrams.of([_data()], exporter=place), state).rows
    return rows, time.perf_counter() - began, time.process_time() - spent


def _data() -> bytes:
    """One flow of the last template of the last domain."""
    number = _FIRST + EACH - 1
    body = struct.pack(">IIHHBII", 0x0A000001, 0x0A0000FF, 40_000, 443, 6, 1_000, 10) + bytes(number)
    body += bytes(-len(body) % 4)
    head = struct.pack(">HHIIII", 9, 1, 60_000, 1_760_000_000, 1, DOMAINS - 1)
    return head + struct.pack(">HH", number, 4 + len(body)) + body
