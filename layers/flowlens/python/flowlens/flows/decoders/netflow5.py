"""NetFlow v5"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Columns, Format, RateSource
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding.fields import gather
from flowlens.flows.decoding.rows import MAPPED, Rows
from flowlens.flows.decoding.sets import Indexes
from flowlens.flows.decoding.state import DecoderState
from flowlens.flows.decoding.tally import Faults
from flowlens.flows.decoding.times import since_boot

_HEADER = np.dtype(
    {
        "names": ["version", "count", "uptime", "seconds", "nanos", "sequence", "engine", "sampling"],
        "formats": [">u2", ">u2", ">u4", ">u4", ">u4", ">u4", ">u2", ">u2"],
    }
)
_FIELDS = {
    "src": ">u4",
    "dst": ">u4",
    "hop": ">u4",
    "input_if": ">u2",
    "output_if": ">u2",
    "packets": ">u4",
    "octets": ">u4",
    "first": ">u4",
    "last": ">u4",
    "src_port": ">u2",
    "dst_port": ">u2",
    "pad1": "u1",
    "tcp_flags": "u1",
    "protocol": "u1",
    "tos": "u1",
    "src_as": ">u2",
    "dst_as": ">u2",
    "src_mask": "u1",
    "dst_mask": "u1",
    "pad2": ">u2",
}
_RECORD = np.dtype(list(_FIELDS.items()))  # 48 octets
_AS_THEY_ARE = ("packets", "octets", "src_port", "dst_port", "tcp_flags", "protocol", "tos", "input_if", "output_if")
_OFTEN_ZERO = ("src_as", "dst_as", "src_mask", "dst_mask")
_MOST = 30  # records in a datagram
_INTERVAL = 0x3FFF  # the two high bits of the sampling word carry the mode, not the rate


def decode(datagrams: Datagrams, state: DecoderState) -> Columns:
    """The flows of datagrams, all of which say that they are version 5."""
    octets, starts = datagrams.flat()
    starts = _sound(datagrams, octets, starts, Faults(state.tally, datagrams.exporters))
    which = np.flatnonzero(starts >= 0)
    head = gather(octets, starts[which], _HEADER)
    counts = head["count"].astype(np.int64)
    owners = np.repeat(np.arange(len(which)), counts)
    first = np.cumsum(counts) - counts
    places = (starts[which] + _HEADER.itemsize)[owners] + _RECORD.itemsize * (np.arange(len(owners)) - first[owners])
    records = gather(octets, places, _RECORD)
    state.tally.add_each(datagrams.exporters[which], "flows", counts)
    rows = Rows(len(records))
    _write_origin(rows, datagrams, which[owners])
    _write_headers(rows, head, owners, records)
    _write_records(rows, records)
    return rows.columns()


def _sound(datagrams: Datagrams, octets: NDArray[np.uint8], starts: Indexes, faults: Faults) -> Indexes:
    """Where each datagram begins, -1 for those that are malformed."""
    whole = datagrams.lengths >= _HEADER.itemsize
    faults.note(np.flatnonzero(~whole), "header")
    counts = np.zeros(datagrams.count, np.int64)
    counts[whole] = gather(octets, starts[whole], _HEADER)["count"]
    room = (datagrams.lengths - _HEADER.itemsize) // _RECORD.itemsize
    true = (counts > 0) & (counts <= np.minimum(room, _MOST))
    faults.note(np.flatnonzero(~true), "count")
    return np.where(true, starts, -1)


def _write_origin(rows: Rows, datagrams: Datagrams, owners: Indexes) -> None:
    rows["format"][:] = Format.NETFLOW5
    rows["received"][:] = datagrams.received[owners]
    if datagrams.exporters.any():
        rows["exporter"][:] = datagrams.exporters[owners]


def _write_headers(rows: Rows, head: NDArray[np.void], owners: Indexes, records: NDArray[np.void]) -> None:
    millis = np.minimum(head["nanos"] // np.uint32(1_000_000), 999)
    at, uptime = (head["seconds"].astype(np.int64) * 1000 + millis)[owners], head["uptime"].astype(np.uint32)[owners]
    first, last = (since_boot(at, uptime, records[name]) for name in ("first", "last"))
    rows["start"][:], rows["end"][:] = np.minimum(first, last), np.maximum(first, last)
    rate = head["sampling"].astype(np.uint32) & _INTERVAL
    if rate.any():
        rows["sampling_rate"][:] = np.maximum(rate, 1)[owners]
        rows["rate_source"][:] = np.where(rate > 0, RateSource.HEADER, RateSource.UNKNOWN)[owners]
    if head["engine"].any():
        rows["domain"][:] = head["engine"][owners]


def _write_records(rows: Rows, records: NDArray[np.void]) -> None:
    everything = slice(0, rows.count)
    rows["ip_version"][:] = 4
    rows.put_ipv4("src", everything, records["src"])
    rows.put_ipv4("dst", everything, records["dst"])
    if records["hop"].any():
        hop = records["hop"].astype(np.uint64)
        rows["next_hop_low"][:] = np.where(hop == 0, hop, hop | np.uint64(MAPPED))
    for name in _AS_THEY_ARE:
        rows[name][:] = records[name]
    for name in _OFTEN_ZERO:
        if records[name].any():
            rows[name][:] = records[name]
    rows.settle_icmp(everything, records["dst_port"].astype(np.uint16))
