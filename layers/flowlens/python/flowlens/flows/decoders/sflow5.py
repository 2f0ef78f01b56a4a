"""sFlow v5"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flowlens.flows import samples
from flowlens.flows.columns import Columns, Format, RateSource
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.extended import write_extended
from flowlens.flows.fields import Offsets
from flowlens.flows.packets import Frames, Peek, write_packets
from flowlens.flows.rows import Rows
from flowlens.flows.samples import Records, Samples, walk_samples
from flowlens.flows.state import DecoderState
from flowlens.flows.tally import Faults

_FLOW, _COUNTERS, _EXPANDED_FLOW, _EXPANDED_COUNTERS = 1, 2, 3, 4
_AGENT_OCTETS = np.array([0, 4, 16], np.int64)  # by address type
_LOCAL = 0x3FFF_FFFF  # the interface that stands for the agent itself


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
    records = _write_samples(rows, flows, peek, faults)
    _write_headers(rows, records, peek)
    write_extended(rows, records, peek)
    return rows.columns()


def _flow_samples(found: Samples, datagrams: Datagrams, state: DecoderState, faults: Faults) -> Samples:
    """The flow samples; the others are counted."""
    exporters = datagrams.exporters[found.datagram]
    flow = (found.kind == _FLOW) | (found.kind == _EXPANDED_FLOW)
    counters = (found.kind == _COUNTERS) | (found.kind == _EXPANDED_COUNTERS)
    state.tally.add_each(exporters[counters], "counter_samples")
    state.tally.add_each(exporters[~counters & ~flow], "other_samples")
    short = flow & (found.stop - found.at < np.where(found.kind == _FLOW, 32, 44))
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


def _write_samples(rows: Rows, flows: Samples, peek: Peek, faults: Faults) -> Records:
    """Rate and interfaces; both kinds of flow sample have the same fields, the expanded one wider."""
    expanded = flows.kind == _EXPANDED_FLOW
    at = flows.at
    rate = peek.u32(at + np.where(expanded, 12, 8))
    rows["packets"][:] = 1
    rows["sampling_rate"][:] = np.maximum(rate, 1)
    rows["rate_source"][:] = np.where(rate > 0, RateSource.SAMPLE, RateSource.UNKNOWN)
    for name, compact, wide in (("input_if", 20, 24), ("output_if", 24, 32)):
        interface = _interfaces(at, expanded, (compact, wide), peek)
        if interface.any():
            rows[name][:] = interface
    return Records(flows, at + np.where(expanded, 44, 32), peek, faults)


def _interfaces(at: Offsets, expanded: NDArray[np.bool_], where: tuple[int, int], peek: Peek) -> NDArray[np.uint32]:
    """An ifIndex; 0 for a discarded packet, several interfaces, or the agent itself."""
    compact, wide = where
    first = peek.u32(at + np.where(expanded, wide, compact))
    form = np.where(expanded, first, first >> np.uint32(30))
    value = np.where(expanded, peek.u32(at + wide + 4), first & np.uint32(_LOCAL))
    return np.where((form == 0) & (value != _LOCAL), value, 0).astype(np.uint32)


def _write_headers(rows: Rows, records: Records, peek: Peek) -> None:
    """The raw packet header: its protocol, the frame's length, octets stripped, octets captured, the octets."""
    found = records.of(samples.RAW_HEADER, 16)
    if found is None:
        return
    which, at, end = found
    rows["octets"][which] = peek.u32(at + 4)
    captured = np.minimum(at + 16 + peek.u32(at + 12).astype(np.int64), end)
    write_packets(rows, Frames(which, at + 16, captured, peek.u32(at)), peek)
