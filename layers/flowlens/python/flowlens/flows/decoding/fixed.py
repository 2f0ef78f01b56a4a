"""NetFlow before templates: a header, then records of one fixed form, in all datagrams of a batch at once."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import CDLL
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Columns, Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding.fields import gather
from flowlens.flows.decoding.programs import Act, Move, Program, Records, beside, offset, run
from flowlens.flows.decoding.rows import MAPPED, Rows
from flowlens.flows.decoding.sets import Indexes
from flowlens.flows.decoding.state import DecoderState
from flowlens.flows.decoding.tally import Faults
from flowlens.flows.decoding.times import since_boot
from flowlens.flows.kernel import kernel

OPENING = {  # of every record: 36 octets
    **dict.fromkeys(("src", "dst", "hop"), ">u4"),
    **dict.fromkeys(("input_if", "output_if"), ">u2"),
    **dict.fromkeys(("packets", "octets", "first", "last"), ">u4"),
    **dict.fromkeys(("src_port", "dst_port"), ">u2"),
}
CLOCK = [("version", ">u2"), ("count", ">u2"), ("uptime", ">u4"), ("seconds", ">u4"), ("nanos", ">u4")]  # every header
_AS_THEY_ARE = ("packets", "octets", "src_port", "dst_port", "tcp_flags", "protocol", "tos", "input_if", "output_if")


@dataclass(frozen=True, eq=False)
class Form:
    """One version. `often_zero` are columns that its records may leave empty."""

    format: Format
    header: np.dtype[np.void]
    record: np.dtype[np.void]
    most: int  # records in a datagram
    often_zero: Sequence[str] = ()

    @cached_property
    def program(self) -> Program:
        """What the kernel does with the records."""
        numbers = {name: self._place(name) for name in (*_AS_THEY_ARE, *self.often_zero)}
        ports = ("protocol", "src_port", "dst_port", "icmp")
        return Program(
            (
                *(Move(Act.NUMBER, (name,), (place,)) for name, place in numbers.items()),
                *(Move(Act.MAPPED, (f"{end}_low",), (self._place(end),)) for end in ("src", "dst")),
                Move(Act.MAPPED_ELSE, ("next_hop_low",), (self._place("hop"),)),
                Move(Act.UPTIMES, ("start", "end"), tuple(map(self._place, ("first", "last"))), ("exported", "uptime")),
                Move(Act.ICMP, ports, (self._place("dst_port"),)),
            )
        )

    def _place(self, name: str) -> tuple[int, int]:
        return offset(self.record, name), self.record[name].itemsize


@dataclass(frozen=True, slots=True)
class Found:
    """The sound datagrams of a batch, their headers and their number of records."""

    datagrams: Datagrams
    which: Indexes
    starts: Indexes  # of their records
    head: NDArray[np.void]
    counts: Indexes

    @property
    def exported(self) -> NDArray[np.int64]:
        """When each was sent, ms since 1970 UTC."""
        millis = np.minimum(self.head["nanos"] // np.uint32(1_000_000), 999)
        return self.head["seconds"].astype(np.int64) * 1000 + millis

    @property
    def received(self) -> NDArray[np.int64]:
        return self.datagrams.received[self.which]

    @property
    def exporters(self) -> NDArray[np.uint16]:
        return self.datagrams.exporters[self.which]


class Read:
    """The rows of a batch, the headers of its sound datagrams, and which of them each row came under."""

    def __init__(self, rows: Rows, found: Found) -> None:
        self.rows, self.head, self._counts = rows, found.head, found.counts

    @cached_property
    def owners(self) -> Indexes:
        return np.repeat(np.arange(len(self._counts)), self._counts)

    def columns(self) -> Columns:
        return self.rows.columns()


def read(form: Form, datagrams: Datagrams, state: DecoderState) -> Read:
    """All rows, but for what only this version's header says."""
    octets, starts = datagrams.flat()
    starts = _sound(form, datagrams, starts, Faults(state.tally, datagrams.exporters))
    which = np.flatnonzero(starts >= 0)
    head = gather(octets, starts[which], form.header)
    found = Found(datagrams, which, starts[which] + form.header.itemsize, head, head["count"].astype(np.int64))
    state.tally.add_each(found.exporters, "flows", found.counts)
    rows = Rows(int(found.counts.sum()))
    read = Read(rows, found)
    rows["format"][:], rows["ip_version"][:] = form.format, 4
    library = kernel().library
    if library is not None:
        _run(library, form, rows, found)
    else:
        _write(form, rows, found, read.owners)
    return read


def _run(library: CDLL, form: Form, rows: Rows, found: Found) -> None:
    octets, _ = found.datagrams.flat()
    each = {"received": found.received, "exported": found.exported, "uptime": found.head["uptime"].astype(np.int64)}
    names: tuple[str, ...] = ("received",)
    if found.exporters.any():
        each["exporter"], names = found.exporters.astype(np.int64), ("received", "exporter")
    records = Records(octets, found.starts, found.counts, form.record.itemsize)
    run(library, beside(form.program, names), records, rows, 0, each)


def _write(form: Form, rows: Rows, found: Found, owners: Indexes) -> None:
    nth = np.arange(len(owners)) - (np.cumsum(found.counts) - found.counts)[owners]
    octets, _ = found.datagrams.flat()
    records = gather(octets, found.starts[owners] + form.record.itemsize * nth, form.record)
    rows["received"][:] = found.received[owners]
    if found.exporters.any():
        rows["exporter"][:] = found.exporters[owners]
    at, uptime = found.exported[owners], found.head["uptime"].astype(np.uint32)[owners]
    first, last = (since_boot(at, uptime, records[name]) for name in ("first", "last"))
    rows["start"][:], rows["end"][:] = np.minimum(first, last), np.maximum(first, last)
    _write_records(form, rows, records)


def _sound(form: Form, datagrams: Datagrams, starts: Indexes, faults: Faults) -> Indexes:
    """Where each datagram begins, -1 for those that are malformed."""
    octets, _ = datagrams.flat()
    whole = datagrams.lengths >= form.header.itemsize
    faults.note(np.flatnonzero(~whole), "header")
    counts = np.zeros(datagrams.count, np.int64)
    counts[whole] = gather(octets, starts[whole], form.header)["count"]
    room = (datagrams.lengths - form.header.itemsize) // form.record.itemsize
    true = (counts > 0) & (counts <= np.minimum(room, form.most))
    faults.note(np.flatnonzero(~true), "count")
    return np.where(true, starts, -1)


def _write_records(form: Form, rows: Rows, records: NDArray[np.void]) -> None:
    everything = slice(0, rows.count)
    rows.put_ipv4("src", everything, records["src"])
    rows.put_ipv4("dst", everything, records["dst"])
    if records["hop"].any():
        hop = records["hop"].astype(np.uint64)
        rows["next_hop_low"][:] = np.where(hop == 0, hop, hop | np.uint64(MAPPED))
    for name in _AS_THEY_ARE:
        rows[name][:] = records[name]
    for name in form.often_zero:
        if records[name].any():
            rows[name][:] = records[name]
    rows.settle_icmp(everything, records["dst_port"].astype(np.uint16))
