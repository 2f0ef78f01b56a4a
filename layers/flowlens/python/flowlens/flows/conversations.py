"""Conversations: flows folded into one row per (client, server, port, protocol, source, minute).

Every fold is a sum, a minimum, a maximum or a union, so that records may be counted in any order and in any company.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Columns, Values
from flowlens.flows.direction import WITH_PORTS, Evidence, decide
from flowlens.flows.grouping import Groups, group

Numbers = NDArray[np.int64]
Rows = dict[str, Numbers]

MOST = 2**62 - 1  # a sum stops here: two of them still fit 64 bits, so that stopping is the same in any order
_MOST_PER_FLOW = 2**48  # more octets than 100 Gbit/s carries in six hours: a lie or an error
_CLOCK_TOLERANCE = 300_000  # ms between the exporter's clock and ours, before ours is believed
_LONGEST = 7 * 86_400_000  # ms; a flow that claims to be longer is taken as an instant
_SOONEST, _LATEST = 946_684_800_000, 4_102_444_800_000  # ms: the years 2000 to 2100
LIFETIME = 3_600_000  # ms for which a flow shows that its dependency lives on
MINUTE = 60_000  # ms
_DENIED = 3  # firewallEvent: what a firewall refused is an attempt, and nobody depends on it

_SUMS = ("octets_sent", "octets_received", "packets_sent", "packets_received", "octets_seen", "packets_seen")
_COUNTS = ("flows", *(f"by_{rung.name.lower()}" for rung in Evidence))
_FIRST = ("exporter", "format", "domain", "evidence", "record")
EDGE = ("space", "client_high", "client_low", "server_high", "server_low", "port", "protocol")


@dataclass(frozen=True, slots=True)
class Origin:
    """What a record's exporters are to the store: per exporter in the record, its source and its address space."""

    record: int
    exporters: Numbers
    sources: Numbers
    spaces: Numbers


@dataclass(frozen=True, slots=True)
class Folded:
    """Edges, their minutes (`edge` is a position in edges), and the intervals in which each edge was alive."""

    edges: Rows
    minutes: Rows
    intervals: Rows
    flows: int
    without_address: int
    denied: int
    clamped: int


def fold_record(flows: Columns, origin: Origin) -> Folded:
    """One record. It is the unit in which direction is decided, since only records stay whole on every way here."""
    addressed = (flows["ip_version"] == 4) | (flows["ip_version"] == 6)
    denied = addressed & (flows["firewall_event"] == _DENIED)
    without, refused = int(np.count_nonzero(~addressed)), int(np.count_nonzero(denied))
    kept = flows.take(addressed & ~denied) if without or refused else flows
    rows, clamped = _rows(kept, origin)
    minutes, _ = _merge(rows, (*EDGE, "source", "minute"))
    return Folded({}, minutes, {}, kept.rows, without, refused, clamped)


def fold(parts: Sequence[Folded]) -> Folded:
    """Several records, given in the order that settles whose flow was first where two began at the same instant."""
    together = {name: np.concatenate([part.minutes[name] for part in parts]) for name in parts[0].minutes}
    minutes, _ = _merge(together, (*EDGE, "source", "minute"))
    edges, groups = _merge(minutes, EDGE)
    minutes["edge"] = groups.of_rows
    counts = [sum(getattr(p, name) for p in parts) for name in ("flows", "without_address", "denied", "clamped")]
    return Folded(edges, minutes, _intervals(minutes), *counts)


def _rows(flows: Columns, origin: Origin) -> tuple[Rows, int]:
    direction = decide(flows)
    forward, exporter = direction.forward, flows["exporter"]
    rows: Rows = {"space": origin.spaces[exporter], "source": origin.sources[exporter]}
    for half in ("high", "low"):
        source, destination = flows[f"src_{half}"].view(np.int64), flows[f"dst_{half}"].view(np.int64)
        rows[f"client_{half}"] = np.where(forward, source, destination)
        rows[f"server_{half}"] = np.where(forward, destination, source)
    port = np.where(forward, flows["dst_port"], flows["src_port"]).astype(np.int64)
    rows["port"] = np.where(WITH_PORTS[flows["protocol"]], port, 0)
    rows["protocol"] = flows["protocol"].astype(np.int64)
    rows["start"], rows["end"] = _times(flows)
    rows["minute"] = rows["end"] // MINUTE
    rows["flows"] = np.ones(flows.rows, np.int64)
    for rung in Evidence:
        rows[f"by_{rung.name.lower()}"] = (direction.evidence == rung).astype(np.int64)
    rows |= {"exporter": origin.exporters[exporter], "evidence": direction.evidence.astype(np.int64)}
    rows |= {name: flows[name].astype(np.int64) for name in ("format", "domain")}
    rows["record"] = np.full(flows.rows, origin.record)
    return rows, sum(_volume(rows, flows, unit, forward) for unit in ("octets", "packets"))


def _volume(rows: Rows, flows: Columns, unit: str, forward: NDArray[np.bool_]) -> int:
    """Octets or packets as on the wire and, times the sampling rate, estimated; says how many were clamped."""
    told, rate = flows[unit], np.maximum(flows["sampling_rate"], 1)
    most = np.uint64(_MOST_PER_FLOW)
    seen = np.minimum(told, most)
    estimate: Values = seen
    clamped: NDArray[np.bool_] = np.asarray(told > most)
    if int(rate.max(initial=1)) > 1:
        over = seen > most // rate
        estimate = np.where(over, most, seen * rate)
        clamped = clamped | over
    rows[f"{unit}_seen"], whole = seen.astype(np.int64), estimate.astype(np.int64)
    rows[f"{unit}_sent"], rows[f"{unit}_received"] = whole * forward, whole * ~forward
    return int(np.count_nonzero(clamped))


def _times(flows: Columns) -> tuple[Numbers, Numbers]:
    """Start and end by a clock that can be believed: where the exporter's differs too much, by the collector's."""
    received = np.clip(flows["received"].astype(np.int64), _SOONEST, _LATEST)
    start, end = (np.clip(flows[name].astype(np.int64), 0, 2**53) for name in ("start", "end"))
    duration = end - start
    duration[(start == 0) | (duration < 0) | (duration > _LONGEST)] = 0
    wrong = (end < received - _CLOCK_TOLERANCE) | (end > received + _CLOCK_TOLERANCE)
    end = np.where(wrong, received, end)
    return end - duration, end


def _merge(rows: Rows, key: Sequence[str]) -> tuple[Rows, Groups]:
    """One row for all that agree in `key`."""
    groups = group(_packed(rows, key))
    if not len(groups.order):
        return {name: values[:0] for name, values in rows.items()}, groups
    first = groups.first
    merged = {name: rows[name][first] for name in key}
    for name in _COUNTS:
        merged[name] = np.add.reduceat(rows[name][groups.order], groups.starts)
    for name in _SUMS:
        merged[name] = saturated(rows[name][groups.order], groups.starts)
    ordered = rows["start"][groups.order]
    merged["start"] = np.minimum.reduceat(ordered, groups.starts)
    merged["end"] = np.maximum.reduceat(rows["end"][groups.order], groups.starts)
    # The earliest flow is the first evidence; of several at one instant, the one that stands first.
    earliest = ordered == np.repeat(merged["start"], np.diff(groups.starts, append=len(ordered)))
    position = np.where(earliest, groups.order, len(ordered))
    witness = np.minimum.reduceat(position, groups.starts)
    return merged | {name: rows[name][witness] for name in _FIRST}, groups


def _packed(rows: Rows, key: Sequence[str]) -> list[Numbers]:
    """The key in fewer columns: what is small shares one."""
    wide = [rows[name] for name in key if name.endswith(("_high", "_low"))]
    small = (rows["port"] << 8) | rows["protocol"]
    owner = rows["space"]
    if "minute" in key:
        small = small | (rows["minute"] << 24)
        owner = (owner << 32) | rows["source"]
    return [*wide, small, owner]


def saturated(values: Numbers, starts: NDArray[np.intp]) -> Numbers:
    """Sums that stop at MOST instead of overflowing, since one lying counter must not spoil a batch."""
    sums = np.add.reduceat(values, starts)
    if int(values.max()) * len(values) > MOST:
        sums[np.add.reduceat(values.astype(np.float64), starts) >= MOST] = MOST
        return np.minimum(sums, MOST)
    return sums


def _intervals(minutes: Rows) -> Rows:
    """The union of [start, end + LIFETIME) of each edge: nearly always one interval, for flows of one hour touch."""
    edge, start, until = minutes["edge"], minutes["start"], minutes["end"] + LIFETIME
    by = np.lexsort((start, edge))
    edge, start, until = edge[by], start[by], until[by]
    if not len(edge):
        return {"edge": edge, "start": start, "until": until}
    # A running maximum per edge: each edge's values are lifted above all of the edge before.
    base, lift = int(until.min()), int(until.max() - until.min()) + 1
    reached = np.maximum.accumulate(until - base + edge * lift) - edge * lift + base
    new = np.ones(len(edge), np.bool_)
    new[1:] = (edge[1:] != edge[:-1]) | (start[1:] > reached[:-1])
    starts = np.flatnonzero(new)
    return {"edge": edge[starts], "start": start[starts], "until": np.maximum.reduceat(until, starts)}
