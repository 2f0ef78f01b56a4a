"""sFlow v5"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Columns, Format, RateSource, join
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import samples
from flowlens.flows.decoding.dropped import HEAD as DROP_HEAD
from flowlens.flows.decoding.dropped import LOCAL, forwarding, write_drops
from flowlens.flows.decoding.extended import write_extended
from flowlens.flows.decoding.frames import Frames, Peek
from flowlens.flows.decoding.heads import read_heads
from flowlens.flows.decoding.packets import write_packets
from flowlens.flows.decoding.plain import Swept
from flowlens.flows.decoding.readings import read_readings
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.decoding.sampled import write_simple
from flowlens.flows.decoding.samples import Records, Samples, walk_samples
from flowlens.flows.decoding.sets import Indexes
from flowlens.flows.decoding.sockets import Roles, write_sockets
from flowlens.flows.decoding.state import DecoderState
from flowlens.flows.decoding.tally import Faults
from flowlens.flows.kernel import kernel

_FLOW, _COUNTERS, _EXPANDED_FLOW, _EXPANDED_COUNTERS, _DROP = 1, 2, 3, 4, 5
_AGENT_OCTETS = np.array([0, 4, 16], np.int64)  # by address type
_DISCARDED = 1
# The form of an interface says whether its value is an ifIndex (0), a reason for discarding, or a number of interfaces;
# the flow sample has it in the two high bits of the value.
_COMPACT = np.dtype(
    [(name, ">u4") for name in ("seq", "source", "rate", "pool", "drops", "input", "output", "records")]
)
_EXPANDED = np.dtype(
    [(name, ">u4") for name in ("seq", "source_class", "source_index", "rate", "pool", "drops")]
    + [(name, ">u4") for name in ("input_form", "input", "output_form", "output", "records")]
)
_OTHER = 6  # any kind that is none of the five, and 0
_SHORTEST = np.array([0, _COMPACT.itemsize, 12, _EXPANDED.itemsize, 16, DROP_HEAD.itemsize, 0])  # octets of a head
_IS_FLOW, _IS_COUNTERS, _IS_OTHER = (np.isin(np.arange(7), kinds) for kinds in ((1, 3), (2, 4), (0, _OTHER)))
_RAW = np.dtype([(name, ">u4") for name in ("protocol", "length", "stripped", "captured")])


def decode(datagrams: Datagrams, state: DecoderState) -> Columns:
    """One row for each flow sample and each notice of a discarded packet. Counter samples go into the state."""
    library = kernel().library
    if library is not None and (plain := state.plain.read(library, datagrams)) is not None:
        return _taken(plain, datagrams, state)
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
    flows, drops, counters = _by_kind(found, datagrams, state, faults)
    if len(counters.at):
        state.readings = read_readings(counters, body, datagrams, peek, state.book, faults)
    agents = peek.u32(body)
    rows = _flow_rows(flows, datagrams, agents, peek, faults)
    state.heads = read_heads(flows, body, datagrams, peek, rows)
    if not len(drops.at):
        return rows.columns()
    lost = Rows(len(drops.at))
    _write_origin(lost, datagrams, drops, agents)
    _write_packets(lost, write_drops(lost, drops, peek, faults), peek)
    return join([rows.columns(), lost.columns()])


def _taken(found: Swept, datagrams: Datagrams, state: DecoderState) -> Columns:
    """A batch that the kernel has read; counter samples are read here."""
    state.tally.add_each(datagrams.exporters, "flows", found.samples)
    state.heads = found.heads
    if len(found.counters.at):
        state.tally.add_each(datagrams.exporters[found.counters.datagram], "counter_samples")
        faults, peek = Faults(state.tally, datagrams.exporters), Peek(datagrams.flat()[0])
        state.readings = read_readings(found.counters, found.begin, datagrams, peek, state.book, faults)
    return found.columns


def _flow_rows(flows: Samples, datagrams: Datagrams, agents: NDArray[np.uint32], peek: Peek, faults: Faults) -> Rows:
    rows = Rows(len(flows.at))
    _write_origin(rows, datagrams, flows, agents)
    library = kernel().library
    simple = np.zeros(rows.count, np.bool_) if library is None else write_simple(library, rows, flows, peek.octets)
    if not simple.any():
        _write_all(rows, flows, peek, faults)
    elif not simple.all():
        rest = np.flatnonzero(~simple)
        some = Rows(len(rest))
        _write_all(some, flows.take(rest), peek, faults)
        rows.lay(rest, some)
    return rows


def _write_all(rows: Rows, flows: Samples, peek: Peek, faults: Faults) -> None:
    """Everything that samples may say."""
    records, roles = _write_samples(rows, flows, peek, faults)
    _write_packets(rows, records, peek)
    write_sockets(rows, records, roles, peek)


def _write_packets(rows: Rows, records: Records, peek: Peek) -> None:
    _write_headers(rows, records, peek)
    write_extended(rows, records, peek)


def _by_kind(
    found: Samples, datagrams: Datagrams, state: DecoderState, faults: Faults
) -> tuple[Samples, Samples, Samples]:
    """The flow samples, the notices of discarded packets and the counter samples; all are counted."""
    kinds = np.minimum(found.kind, _OTHER).astype(np.uint8)
    exporters = datagrams.exporters[found.datagram]
    whole = found.stop - found.at >= _SHORTEST[kinds]
    drop, counters, others = kinds == _DROP, _IS_COUNTERS[kinds], _IS_OTHER[kinds]
    for name, which in (("drop_samples", drop), ("counter_samples", counters), ("other_samples", others)):
        state.tally.add_each(exporters[which], name)
    if not whole.all():
        faults.note(found.datagram[~whole], "sample_length")
    flow = _IS_FLOW[kinds] & whole
    state.tally.add_each(exporters[flow | (drop & whole)], "flows")
    flows = found if flow.all() else found.take(np.flatnonzero(flow))
    return flows, found.take(np.flatnonzero(drop & whole)), found.take(np.flatnonzero(counters & whole))


def _write_origin(rows: Rows, datagrams: Datagrams, flows: Samples, agents: NDArray[np.uint32]) -> None:
    """sFlow has no clock but the receiver's."""
    rows["format"][:] = Format.SFLOW5
    rows["packets"][:] = 1
    received = datagrams.received[flows.datagram]
    rows.values |= dict.fromkeys(("received", "start", "end"), received)  # which nobody writes to any more
    for name, values in (("exporter", datagrams.exporters[flows.datagram]), ("domain", agents[flows.datagram])):
        if values.any():
            rows[name][:] = values


def _write_samples(rows: Rows, flows: Samples, peek: Peek, faults: Faults) -> tuple[Records, Roles]:
    """Rate and interfaces; the expanded flow sample has the fields of the other one, wider."""
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
        local[which] = (form == 0) & (value == LOCAL)
        interface = np.where((form == 0) & (value != LOCAL), value, 0)
        if interface.any():
            rows[f"{name}_if"][which] = interface
    if (form == _DISCARDED).any():
        rows["forwarding"][which] = np.where(form == _DISCARDED, forwarding((value & LOCAL).astype(np.uint32)), 0)


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
