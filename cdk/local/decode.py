"""`flowlens decode`: what is in a capture of export datagrams, row by row, and what could not be read."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from flowlens.flows.columns import Columns
from flowlens.flows.datagrams import Datagrams as Batch
from flowlens.flows.decoding import DecoderState, decode
from flowlens.model.errors import Invalid

from cdk.local.packets import REASONS, Datagrams, Payload
from cdk.local.pcap import Capture, read
from cdk.local.progress import bar
from cdk.local.readable import Flows, octets, packets
from cdk.local.writers import WRITERS

_BATCH = 1_024
_BATCH_OCTETS = 16 << 20  # of the matrix that holds a batch
_MAX_EXPORTERS = 65_536
_TOLD = 50  # exporters in the summary


@dataclass(slots=True)
class Reading:
    """One pass over a capture: the flows as they are decoded, and then what was read, held back and lost."""

    capture: Capture
    port: int | None = None
    state: DecoderState = field(default_factory=DecoderState)
    exporters: dict[str, int] = field(default_factory=dict)
    datagrams: Counter[str] = field(default_factory=Counter)
    frames: int = 0
    held: int = 0  # octets, at most, in sets that waited for their template
    flows: int = 0
    octets: int = 0
    packets: int = 0
    ipv4: int = 0
    ipv6: int = 0

    def __iter__(self) -> Iterator[Flows]:
        clock = 0
        for batch in self._batches():
            clock = max(clock, int(batch.received.max()))
            self.state.expire(clock)
            columns = decode(batch, self.state)
            self.held = max(self.held, self.state.parked_octets)
            if columns.rows:
                self._count(columns)
                yield Flows(columns, list(self.exporters))
        self.state.finish()

    def _count(self, columns: Columns) -> None:
        self.flows += columns.rows
        self.octets += octets(columns)
        self.packets += packets(columns)
        self.ipv4 += int(np.count_nonzero(columns["ip_version"] == 4))
        self.ipv6 += int(np.count_nonzero(columns["ip_version"] == 6))

    def _batches(self) -> Iterator[Batch]:
        waiting: list[Payload] = []
        widest = 0
        for payload in self._wanted():
            widest = max(widest, len(payload.data))
            waiting.append(payload)
            if len(waiting) == _BATCH or widest * len(waiting) >= _BATCH_OCTETS:
                yield self._batch(waiting)
                waiting, widest = [], 0
        if waiting:
            yield self._batch(waiting)

    def _wanted(self) -> Iterator[Payload]:
        skipped = self.capture.skipped
        found = Datagrams(self.capture, skipped)
        for payload in found:
            self.frames = found.packets
            if self.port is not None and payload.destination_port != self.port:
                skipped["other_port"] += 1
            elif payload.sender not in self.exporters and len(self.exporters) == _MAX_EXPORTERS:
                skipped["exporters_beyond"] += 1
            else:
                self.exporters.setdefault(payload.sender, len(self.exporters))
                self.datagrams[payload.sender] += 1
                yield payload
        self.frames = found.packets

    def _batch(self, waiting: list[Payload]) -> Batch:
        batch = Batch.of([p.data for p in waiting])
        batch.exporters[:] = [self.exporters[p.sender] for p in waiting]
        batch.received[:] = [p.at // 1_000_000 for p in waiting]
        return batch

    def totals(self) -> str:
        """The totals as on the wire, in the order of the table in tests/data/exports/README.md."""
        return (
            f"{self.flows:,} flows, {self.octets:,} octets, {self.packets:,} packets, "
            f"{self.ipv4:,} IPv4, {self.ipv6:,} IPv6"
        )


# What the decoders count that is neither read nor lost, and in which words the rest is told.
_INNER: Final = frozenset({"flows", "received"})
_WORDS: Final = {
    "unknown_version": "datagrams of a version that no decoder knows",
    "malformed": "datagrams that are malformed",
    "template_missing": "data sets whose template never came",
    "template_missing_octets": "octets in data sets whose template never came",
    "options_records": "options records",
    "exporters_beyond": f"datagrams of exporters beyond the first {_MAX_EXPORTERS:,}",
    **REASONS,
}


def summary(reading: Reading) -> Iterator[str]:
    """What was read, and per exporter what was decoded, held back and lost, and why."""
    datagrams = sum(reading.datagrams.values())
    senders = len(reading.exporters)
    whom = "1 exporter" if senders == 1 else f"{senders:,} exporters"
    yield f"read      {reading.frames:,} packets, {datagrams:,} datagrams of {whom}"
    for name, count in sorted((+reading.capture.skipped).items()):
        yield f"left out  {count:,} {_WORDS[name]} ({name})"
    if reading.held:
        yield f"held back up to {reading.held:,} octets of data sets until their template came"
    for exporter, number in list(reading.exporters.items())[:_TOLD]:
        yield f"exporter  {exporter}: {reading.datagrams[exporter]:,} datagrams"
        for name, count in sorted(reading.state.counters(number).items()):
            if count and name not in _INNER:
                yield f"  {name:<24}  {count:,} {_words(name)}".rstrip()
    if senders > _TOLD:
        yield f"exporter  and {senders - _TOLD:,} more"
    yield f"decoded   {reading.totals()}"


def _words(name: str) -> str:
    if name.startswith("malformed."):
        return f"of them for {name.removeprefix('malformed.')}"
    return _WORDS.get(name, "")


def run(file: Path, *, shape: str | None, output: Path | None, port: int | None) -> None:
    """The command. Rows go out as they are decoded; the summary goes to standard error."""
    shape = shape or ("table" if output is None and sys.stdout.isatty() else "jsonl")
    if shape == "parquet" and output is None and sys.stdout.isatty():
        raise Invalid("Parquet is not for a terminal: give --output FILE, or redirect")
    if output is not None and output.exists() and file.exists() and output.samefile(file):
        raise Invalid(f"--output would replace {file} while it is being read")
    reading = Reading(read(file), port)
    batches = iter(reading)
    first = list(_first(batches))  # what cannot be read at all is refused before an output file is touched
    with _opened(output) as out, _moving(reading, output) as moved:
        WRITERS[shape](moved(chain(first, batches)), out)
        out.flush()
    print("\n".join(summary(reading)), file=sys.stderr)  # noqa: T201
    _judge(file, reading)


def _first(batches: Iterator[Flows]) -> Iterator[Flows]:
    for flows in batches:
        yield flows
        return


def _judge(file: Path, reading: Reading) -> None:
    if reading.capture.damage:
        raise Invalid(f"{file}: {reading.capture.damage}; what came before is decoded")
    if not reading.flows and not any(reading.state.formats(number) for number in reading.exporters.values()):
        raise Invalid(f"{file} holds no NetFlow, IPFIX or sFlow datagram")


@contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that takes its name only when it is whole."""
    if output is None:
        yield sys.stdout.buffer
        return
    if output.exists() and not output.is_file():  # a device or a pipe: there is nothing to rename
        with output.open("wb") as out:
            yield out
        return
    part = output.with_name(output.name + ".part")
    try:
        with part.open("wb") as out:
            yield out
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _moving(reading: Reading, output: Path | None) -> Iterator[Callable[[Iterator[Flows]], Iterator[Flows]]]:
    """A progress bar over the batches, unless rows are on their way to the same terminal."""
    if output is None and sys.stdout.isatty():
        yield lambda batches: batches
        return
    file = Path(reading.capture.name)
    with bar(f"decoding {file.name}", total=file.stat().st_size if file.is_file() else None) as advance:
        yield lambda batches: _advancing(batches, reading.capture, advance)


def _advancing(batches: Iterator[Flows], capture: Capture, advance: Callable[[float], None]) -> Iterator[Flows]:
    done = 0
    for flows in batches:
        yield flows
        now = max(done, capture.position())
        advance(now - done)
        done = now
