"""sFlow v5"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Columns, Format, RateSource
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import samples
from flowlens.flows.decoding.extended import write_extended
from flowlens.flows.decoding.frames import Frames, Peek
from flowlens.flows.decoding.packets import write_packets
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.decoding.samples import Records, Samples, walk_samples
from flowlens.flows.decoding.sets import Indexes
from flowlens.flows.decoding.sockets import Roles, write_sockets
from flowlens.flows.decoding.state import DecoderState
from flowlens.flows.decoding.tally import Faults

_FLOW, _COUNTERS, _EXPANDED_FLOW, _EXPANDED_COUNTERS, _DROP = 1, 2, 3, 4, 5
_AGENT_OCTETS = np.array([0, 4, 16], np.int64)  # by address type
_LOCAL = 0x3FFF_FFFF  # the interface that stands for the agent itself
_DISCARDED = 1
# Why a packet was discarded, as RFC 7270 says it: 0..255 are the codes of ICMP's destination unreachable.
_DROPPED = np.array([131] * 256 + [128, 137, 129, 128, 139, 138, 133, 128], np.uint8)
_DROPPED[[4, 9, 10, 13]] = 133, 129, 129, 129  # fragmentation needed, and what an administrator forbade
# The form of an interface says whether its value is an ifIndex (0), a reason for discarding, or a number of interfaces;
# the flow sample has it in the two high bits of the value.
_COMPACT = np.dtype(
    [(name, ">u4") for name in ("seq", "source", "rate", "pool", "drops", "input", "output", "records")]
)
_EXPANDED = np.dtype(
    [(name, ">u4") for name in ("seq", "source_class", "source_index", "rate", "pool", "drops")]
    + [(name, ">u4") for name in ("input_form", "input", "output_form", "output", "records")]
)
_RAW = np.dtype([(name, ">u4") for name in ("protocol", "length", "stripped", "captured")])


def decode(datagrams: Datagrams, state: DecoderState) -> Columns:
    """One row for each flow sample of datagrams, all of which say that they are version 5. Counters are skipped."""
    faults = Faults(state.tally, datagrams.exporters)
    octets, starts = datagrams.flat()
    peek = Peek(octets)
    agent = peek.u32(starts + 4)
    named = (agent == 1) | (agent == 2)
    body = starts + 8 + _AGENT_OCTETS[np.where(named, agent, 0)]  # sub-agent, sequence, uptime, number of samples
    stops = starts + datagrams.lengths
    whole = body + 16 <= stops
    faults.note(np.flatnonzero(~named & (datagrams.lengths >= 8)), "agent")
    faults.note(np.flatnonzero(~whole), "header")
    counts = np.where(named & whole, peek.u32(body + 12), 0).astype(np.int64)
    found = walk_samples(body + 16, stops, counts, peek, faults)
    flows = _flow_samples(found, datagrams, state, faults)
    rows = Rows(len(flows.at))
    _write_origin(rows, datagrams, flows, peek.u32(body)[flows.datagram])
    records, roles = _write_samples(rows, flows, peek, faults)
    _write_headers(rows, records, peek)
    write_extended(rows, records, peek)
    write_sockets(rows, records, roles, peek)
    return rows.columns()


def _flow_samples(found: Samples, datagrams: Datagrams, state: DecoderState, faults: Faults) -> Samples:
    """The flow samples; the others are counted."""
    exporters = datagrams.exporters[found.datagram]
    flow = (found.kind == _FLOW) | (found.kind == _EXPANDED_FLOW)
    counters = (found.kind == _COUNTERS) | (found.kind == _EXPANDED_COUNTERS)
    state.tally.add_each(exporters[counters], "counter_samples")
    drop = found.kind == _DROP
    state.tally.add_each(exporters[drop], "drop_samples")
    state.tally.add_each(exporters[~counters & ~flow & ~drop], "other_samples")
    shortest = np.where(found.kind == _FLOW, _COMPACT.itemsize, _EXPANDED.itemsize)
    short = flow & (found.stop - found.at < shortest)
    faults.note(found.datagram[short], "sample_length")
    state.tally.add_each(exporters[flow & ~short], "flows")
    return found.take(flow & ~short)


def _write_origin(rows: Rows, datagrams: Datagrams, flows: Samples, agents: NDArray[np.uint32]) -> None:
    """sFlow has no clock but the receiver's."""
    rows["format"][:] = Format.SFLOW5
    for name in ("received", "start", "end"):
        rows[name][:] = datagrams.received[flows.datagram]
    for name, values in (("exporter", datagrams.exporters[flows.datagram]), ("domain", agents)):
        if values.any():
            rows[name][:] = values


def _write_samples(rows: Rows, flows: Samples, peek: Peek, faults: Faults) -> tuple[Records, Roles]:
    """Rate and interfaces; the expanded flow sample has the fields of the other one, wider."""
    rows["packets"][:] = 1
    roles = Roles(np.zeros(rows.count, np.bool_), np.zeros(rows.count, np.bool_))
    expanded = flows.kind == _EXPANDED_FLOW
    for dtype, which in ((_COMPACT, np.flatnonzero(~expanded)), (_EXPANDED, np.flatnonzero(expanded))):
        if len(which):
            _write_sample(rows, which, peek.structs(flows.at[which], dtype), roles)
    begin = flows.at + np.where(expanded, _EXPANDED.itemsize, _COMPACT.itemsize)
    return Records(flows, begin, peek, faults), roles


def _write_sample(rows: Rows, which: Indexes, head: NDArray[np.void], roles: Roles) -> None:
    rate = head["rate"].astype(np.uint32)
    rows["sampling_rate"][which] = np.maximum(rate, 1)
    rows["rate_source"][which] = np.where(rate > 0, RateSource.SAMPLE, RateSource.UNKNOWN)
    for name, local in (("input", roles.asks), ("output", roles.serves)):
        value = head[name].astype(np.uint32)
        form = head[f"{name}_form"] if f"{name}_form" in (head.dtype.names or ()) else value >> np.uint32(30)
        local[which] = (form == 0) & (value == _LOCAL)
        interface = np.where((form == 0) & (value != _LOCAL), value, 0)
        if interface.any():
            rows[f"{name}_if"][which] = interface
    if (form == _DISCARDED).any():
        reason = np.where(form == _DISCARDED, np.minimum(value & _LOCAL, len(_DROPPED) - 1), len(_DROPPED) - 1)
        rows["forwarding"][which] = np.where(form == _DISCARDED, _DROPPED[reason], 0)


def _write_headers(rows: Rows, records: Records, peek: Peek) -> None:
    """The frame's length as on the wire, and what its captured octets say."""
    found = records.of(samples.RAW_HEADER, _RAW.itemsize)
    if found is None:
        return
    which, at, end = found
    head = peek.structs(at, _RAW)
    rows["octets"][which] = head["length"]
    captured = np.minimum(at + _RAW.itemsize + head["captured"], end)
    write_packets(rows, Frames(which, at + _RAW.itemsize, captured, head["protocol"].astype(np.uint32)), peek)
