"""What sFlow's flow samples say of sampling: which samples of their source they are, and out of how many packets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding.frames import Peek
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.decoding.sampled import read_counts
from flowlens.flows.decoding.samples import Samples
from flowlens.flows.kernel import kernel

_COMPACT = np.dtype([(name, ">u4") for name in ("seq", "source", "rate", "pool", "drops")])
_EXPANDED = np.dtype([(name, ">u4") for name in ("seq", "source_class", "source", "rate", "pool", "drops")])
_COUNTS = ("seq", "rate", "pool", "drops")
_EXPANDED_FLOW = 3
CLASS = np.uint64(32)  # bits that a class is above its index


@dataclass(slots=True)
class Heads:
    """One for each run: samples of one source that follow one another, at one rate, within a second of its clock."""

    exporter: NDArray[np.uint16]
    agent: NDArray[np.uint64]  # with its sub-agent; of an IPv6 agent the last 32 bits
    source: NDArray[np.uint64]  # class and index
    number: NDArray[np.int64]  # of the first
    count: NDArray[np.int64]  # samples
    rate: NDArray[np.int64]
    pool: NDArray[np.int64]  # at the last: packets that could have been sampled so far
    drops: NDArray[np.int64]  # at the last: samples that the agent had no room for so far
    uptime: NDArray[np.int64]  # at the last
    received: NDArray[np.int64]  # at the last
    # What they stand for, (2, runs), in and out: out is what left by the interface that sampled it, came by another.
    packets: NDArray[np.int64]
    octets: NDArray[np.int64]  # on the wire


def read_heads(flows: Samples, begin: NDArray[np.int64], datagrams: Datagrams, peek: Peek, rows: Rows) -> Heads:
    """Of samples that are whole, and these rows; each is a run. `begin`: behind each datagram's agent address."""
    which = flows.datagram
    library = kernel().library
    counts, source = _read_counts(flows, peek) if library is None else read_counts(library, flows, peek.octets)
    starts = begin - 4  # the last four octets of the address, then sub-agent, sequence, uptime
    agent = peek.u32(starts).astype(np.uint64) << np.uint64(32) | peek.u32(begin)
    uptime = peek.u32(begin + 8).astype(np.int64)
    number, rate, pool, drops = counts
    said = rows.columns()
    outward = (said["output_if"] == source) & (said["input_if"] != source)
    octets = said["octets"].astype(np.int64) * rate
    return Heads(
        datagrams.exporters[which],
        agent[which],
        source,
        number,
        np.ones(len(number), np.int64),
        rate,
        pool,
        drops,
        uptime[which],
        datagrams.received[which],
        *(np.stack([np.where(way, amount, 0) for way in (~outward, outward)]) for amount in (rate, octets)),
    )


def _read_counts(flows: Samples, peek: Peek) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """As read_counts."""
    expanded = flows.kind == _EXPANDED_FLOW
    compact = peek.structs(flows.at, _COMPACT)
    counts = np.stack([compact[name].astype(np.int64) for name in _COUNTS])
    source = compact["source"].astype(np.uint64)
    source = (source >> np.uint64(24)) << CLASS | source & np.uint64(0xFF_FFFF)
    if expanded.any():
        wide = peek.structs(flows.at[expanded], _EXPANDED)
        source[expanded] = wide["source_class"].astype(np.uint64) << CLASS | wide["source"]
        for row, name in zip(counts, _COUNTS, strict=True):
            row[expanded] = wide[name]
    return counts, source
