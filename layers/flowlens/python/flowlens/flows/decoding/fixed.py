"""NetFlow before templates: a header, then records of one fixed form, in all datagrams of a batch at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Columns, Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding.fields import gather
from flowlens.flows.decoding.rows import MAPPED, Rows
from flowlens.flows.decoding.sets import Indexes
from flowlens.flows.decoding.state import DecoderState
from flowlens.flows.decoding.tally import Faults
from flowlens.flows.decoding.times import since_boot

OPENING = {  # of every record: 36 octets
    **dict.fromkeys(("src", "dst", "hop"), ">u4"),
    **dict.fromkeys(("input_if", "output_if"), ">u2"),
    **dict.fromkeys(("packets", "octets", "first", "last"), ">u4"),
    **dict.fromkeys(("src_port", "dst_port"), ">u2"),
}
CLOCK = [("version", ">u2"), ("count", ">u2"), ("uptime", ">u4"), ("seconds", ">u4"), ("nanos", ">u4")]  # every header
_AS_THEY_ARE = ("packets", "octets", "src_port", "dst_port", "tcp_flags", "protocol", "tos", "input_if", "output_if")


@dataclass(frozen=True, slots=True)
class Form:
    """One version. `often_zero` are columns that its records may leave empty."""

    format: Format
    header: np.dtype[np.void]
    record: np.dtype[np.void]
    most: int  # records in a datagram
    often_zero: Sequence[str] = ()


@dataclass(slots=True)
class Read:
    """The rows of a batch, the headers of its sound datagrams, and which of them each row came under."""

    rows: Rows
    head: NDArray[np.void]
    owners: Indexes

    def columns(self) -> Columns:
        return self.rows.columns()


def read(form: Form, datagrams: Datagrams, state: DecoderState) -> Read:
    """All rows, but for what only this version's header says."""
    octets, starts = datagrams.flat()
    starts = _sound(form, datagrams, starts, Faults(state.tally, datagrams.exporters))
    which = np.flatnonzero(starts >= 0)
    head = gather(octets, starts[which], form.header)
    counts = head["count"].astype(np.int64)
    owners = np.repeat(np.arange(len(which)), counts)
    nth = np.arange(len(owners)) - (np.cumsum(counts) - counts)[owners]
    places = (starts[which] + form.header.itemsize)[owners] + form.record.itemsize * nth
    records = gather(octets, places, form.record)
    state.tally.add_each(datagrams.exporters[which], "flows", counts)
    rows = Rows(len(records))
    _write_origin(form, rows, datagrams, which[owners])
    _write_times(rows, head, owners, records)
    _write_records(form, rows, records)
    return Read(rows, head, owners)


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


def _write_origin(form: Form, rows: Rows, datagrams: Datagrams, owners: Indexes) -> None:
    rows["format"][:] = form.format
    rows["received"][:] = datagrams.received[owners]
    if datagrams.exporters.any():
        rows["exporter"][:] = datagrams.exporters[owners]


def _write_times(rows: Rows, head: NDArray[np.void], owners: Indexes, records: NDArray[np.void]) -> None:
    millis = np.minimum(head["nanos"] // np.uint32(1_000_000), 999)
    at, uptime = (head["seconds"].astype(np.int64) * 1000 + millis)[owners], head["uptime"].astype(np.uint32)[owners]
    first, last = (since_boot(at, uptime, records[name]) for name in ("first", "last"))
    rows["start"][:], rows["end"][:] = np.minimum(first, last), np.maximum(first, last)


def _write_records(form: Form, rows: Rows, records: NDArray[np.void]) -> None:
    everything = slice(0, rows.count)
    rows["ip_version"][:] = 4
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
