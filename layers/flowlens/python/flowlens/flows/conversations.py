"""Conversations: flows folded into one row per (client, server, port, protocol, source, minute).

Every fold is a sum, a minimum, a maximum or a union, so that records may be counted in any order and in any company.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from flowlens.flows.columns import DENIED, Columns, Values
from flowlens.flows.direction import WITH_PORTS, Direction, Evidence, decide
from flowlens.flows.grouping import Groups, Mask, Numbers, Positions, constant, group, repeated
from flowlens.flows.kernel import folding, kernel
from flowlens.flows.ports import ranks_by_port

Rows = dict[str, Numbers]

MOST = 2**62 - 1  # a sum stops here: two of them still fit 64 bits, so that stopping is the same in any order
_MOST_PER_FLOW = 2**48  # more octets than 100 Gbit/s carries in six hours: a lie or an error
_CLOCK_TOLERANCE = 300_000  # ms between the exporter's clock and ours, before ours is believed
_LONGEST = 7 * 86_400_000  # ms; a flow that claims to be longer is taken as an instant
_SOONEST, _LATEST = 946_684_800_000, 4_102_444_800_000  # ms: the years 2000 to 2100
LIFETIME = 3_600_000  # ms for which a flow shows that its dependency lives on
MINUTE = 60_000  # ms
PENDING = 0  # the rate of rows whose sampling rate is not known yet: they are counted as they were seen

_SUMS = ("octets_sent", "octets_received", "packets_sent", "packets_received", "octets_seen", "packets_seen")
_RUNGS = tuple(f"by_{rung.name.lower()}" for rung in Evidence)
WITNESSED = ("client_if", "server_if", "client_vrf", "server_vrf", "application")  # as the first flow had them, or 0
_FIRST = ("format", "domain", "evidence", *WITNESSED)
EDGE = ("space", "client_high", "client_low", "server_high", "server_low", "port", "protocol")
_MINUTES = (*EDGE, "source", "minute")
_POSITION_BITS = 21  # of a row, beside an instant of 42 bits
_RUNG_BITS = 21  # one sum counts three rungs of at most MAX_ROWS flows each; the fourth is what is left
_RUNG_WEIGHTS = np.array([0, 1, 1 << _RUNG_BITS, 1 << 2 * _RUNG_BITS, 0], np.int64)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a record's exporters are to the store: per exporter in the record, its source and its address space."""

    sources: Numbers
    spaces: Numbers


@dataclass(frozen=True, slots=True)
class Delta:
    """What one record adds: a row per conversation, source and minute, if any; and what became of its flows."""

    rows: Rows
    flows: int
    without_address: int
    denied: int
    clamped: int
    attempts: Rows = field(default_factory=dict)  # as `rows`, of what was denied


@dataclass(frozen=True, slots=True)
class Merged:
    """Edges, their minutes (`edge` is a position in edges), and the intervals in which each edge was alive."""

    edges: Rows
    minutes: Rows
    intervals: Rows


def fold(flows: Columns, origin: Origin) -> Delta:
    """One record. It is the unit in which direction is decided, since only records stay whole on every way here."""
    addressed = (flows["ip_version"] == 4) | (flows["ip_version"] == 6)
    denied = addressed & (flows["firewall_event"] == DENIED)
    without, refused = int(np.count_nonzero(~addressed)), int(np.count_nonzero(denied))
    kept = flows.take(addressed & ~denied) if without or refused else flows
    attempts = _folded(flows.take(denied), origin)[0] if refused else {}
    if not kept.rows:
        return Delta({}, 0, without, refused, 0, attempts)
    folded, clamped = _folded(kept, origin)
    return Delta(folded, kept.rows, without, refused, clamped, attempts)


def _folded(kept: Columns, origin: Origin) -> tuple[Rows, int]:
    """A row per conversation, source and minute, as they come first, and how many counters were clamped."""
    library = kernel().library
    made = library and folding.fold(library, kept, (origin.sources, origin.spaces), ranks_by_port())
    return made or _reckoned(kept, origin)


def _reckoned(kept: Columns, origin: Origin) -> tuple[Rows, int]:
    """The same by NumPy."""
    direction = decide(kept)
    rows = _keys(kept, origin, direction.forward)
    rows["start"], end = _times(kept)
    rows["minute"] = end // MINUTE
    groups = group(_packed(rows, _MINUTES))
    folded = {name: groups.shared(rows[name]) for name in _MINUTES}
    folded |= _evidence(groups, direction)
    counted = _Counted(kept, _wide(kept["sampling_rate"]), direction.forward[groups.order].astype(np.int64))
    clamped = sum(_volume(folded, groups, counted, unit) for unit in ("octets", "packets"))
    folded["end"], folded["rate"] = groups.most(end), np.maximum(groups.most(counted.rate), 1)
    folded["start"], first = _earliest(groups, rows["start"], np.arange(kept.rows))
    folded |= {name: _picked(kept[name], first) for name in ("format", "domain")}
    folded["evidence"] = _picked(direction.evidence, first)
    folded |= _witnessed(kept, first, direction.forward[first])
    by = np.argsort(np.minimum.reduceat(groups.order, groups.starts))
    return {name: values if constant(values) else values[by] for name, values in folded.items()}, clamped


def attempted(records: Sequence[Rows]) -> Rows:
    """What was denied, a row per edge: flows, octets, packets, the first start and the last end."""
    rows = {name: _joined([one[name] for one in records]) for name in records[0]}
    groups = group(_packed(rows, EDGE))
    edges = {name: groups.shared(rows[name]) for name in EDGE} | {"flows": groups.total(rows["flows"])}
    for unit in ("octets", "packets"):
        edges[unit] = _saturated(groups, rows[f"{unit}_seen"][groups.order])
    return edges | {"start": groups.least(rows["start"]), "end": groups.most(rows["end"])}


def merge(records: Sequence[Rows]) -> Merged:
    """The rows of several records, given in the order that settles whose flow was first of those at one instant."""
    records = [_unwitnessed(len(one["minute"])) | one for one in records]
    rows = {name: _joined([one[name] for one in records]) for name in records[0]}
    groups = group(_packed(rows, _MINUTES))
    minutes = _added(groups, rows, _MINUTES)
    minutes["start"], first = _earliest(groups, rows["start"], np.arange(len(rows["start"])))
    minutes["format"] = groups.shared(rows["format"])
    groups = group(_packed(minutes, EDGE))
    minutes["edge"] = groups.of_rows
    edges = _added(groups, minutes, EDGE)
    edges["start"], first = _earliest(groups, minutes["start"], first)
    edges |= {name: rows[name][first] for name in (*_FIRST, "source")}
    edges["record"] = np.repeat(np.arange(len(records)), [len(one["minute"]) for one in records])[first]
    return Merged(edges, minutes, _intervals(edges, minutes))


def _joined(parts: Sequence[Numbers]) -> Numbers:
    if all(map(constant, parts)) and len({int(part[0]) for part in parts}) == 1:
        return repeated(int(parts[0][0]), sum(map(len, parts)))
    return np.concatenate(parts)


def _added(groups: Groups, rows: Rows, key: Sequence[str]) -> Rows:
    added = {name: groups.shared(rows[name]) for name in key}
    added |= {name: groups.total(rows[name]) for name in ("flows", *_RUNGS)}
    added |= {name: _saturated(groups, rows[name][groups.order]) for name in _SUMS}
    return added | {name: groups.most(rows[name]) for name in ("end", "rate")}


def _witnessed(flows: Columns, first: Positions, forward: Mask) -> Rows:
    """By which interfaces and routing instances it came from the client and went to the server, as what application."""
    found = {"application": _picked(flows["application"], first)}
    for what, ways in (("if", ("input_if", "output_if")), ("vrf", ("ingress_vrf", "egress_vrf"))):
        came, went = (_picked(flows[way], first) for way in ways)
        found[f"client_{what}"], found[f"server_{what}"] = _chosen(forward, came, went), _chosen(forward, went, came)
    return found


def _unwitnessed(count: int) -> Rows:
    """What the deltas of an earlier version lack."""
    return {name: repeated(0, count) for name in WITNESSED}


def _wide(values: Values) -> Numbers:
    """As int64; what is constant stays so."""
    return repeated(int(values[0]), len(values)) if constant(values) else values.astype(np.int64)


def _picked(values: Values, rows: Positions) -> Numbers:
    """As int64: what is above becomes negative, as an application of an engine from 128 on is in the database."""
    if constant(values):
        return repeated(int(values[:1].astype(np.int64)[0]), len(rows))
    return values[rows].astype(np.int64)


def _chosen(forward: Mask, values: Values, others: Values) -> Numbers:
    """The values of the flows that go forward, of the other flows the others."""
    if constant(values) and constant(others) and values[0] == others[0]:
        return repeated(int(values[0]), len(values))
    return np.where(forward, values, others).astype(np.int64, copy=False)


def _keys(flows: Columns, origin: Origin, forward: Mask) -> Rows:
    exporter = flows["exporter"]
    rows: Rows = {"space": _of(origin.spaces, exporter), "source": _of(origin.sources, exporter)}
    for half in ("high", "low"):
        source, destination = flows[f"src_{half}"].view(np.int64), flows[f"dst_{half}"].view(np.int64)
        rows[f"client_{half}"] = _chosen(forward, source, destination)
        rows[f"server_{half}"] = _chosen(forward, destination, source)
    port = _chosen(forward, flows["dst_port"], flows["src_port"])
    with_ports = WITH_PORTS[flows["protocol"]]
    rows["port"] = port if with_ports.all() else np.where(with_ports, port, 0)
    rows["protocol"] = _wide(flows["protocol"])
    return rows


def _of(numbers: Numbers, exporter: Values) -> Numbers:
    return repeated(int(numbers[exporter[0]]), len(exporter)) if constant(exporter) else numbers[exporter]


def _evidence(groups: Groups, direction: Direction) -> Rows:
    """How many flows there are, and how many each rung decided."""
    weights = groups.total(_RUNG_WEIGHTS[direction.evidence])
    mask = (1 << _RUNG_BITS) - 1
    counts = [weights >> _RUNG_BITS * place & mask for place in range(3)]
    flows = groups.sizes
    return {"flows": flows, **dict(zip(_RUNGS, (*counts, flows - sum(counts)), strict=True))}


def _earliest(groups: Groups, start: Numbers, at: Positions) -> tuple[Numbers, Positions]:
    """The first start in each group; and of the rows that begin then, the least `at`."""
    base = int(start.min())
    found = groups.least((start - base) << _POSITION_BITS | at)
    return (found >> _POSITION_BITS) + base, found & ((1 << _POSITION_BITS) - 1)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Flows, their sampling rates, and (in the order of their groups) 1 for those from client to server, else 0."""

    flows: Columns
    rate: Numbers
    ahead: Numbers


def _volume(folded: Rows, groups: Groups, counted: _Counted, unit: str) -> int:
    """Octets or packets as on the wire and, times the sampling rate, estimated; says how many were clamped."""
    told, rate = counted.flows[unit], counted.rate
    most = np.uint64(_MOST_PER_FLOW)
    over = told > most
    seen = np.where(over, most, told).view(np.int64) if over.any() else told.view(np.int64)
    sent, received = _directed(groups, seen, counted.ahead)
    folded[f"{unit}_seen"] = np.minimum(sent + received, MOST)
    if int(rate.max()) > 1:
        rates = np.maximum(rate, 1)
        over |= seen > _MOST_PER_FLOW // rates
        sent, received = _directed(groups, np.where(over, _MOST_PER_FLOW, seen * rates), counted.ahead)
    folded[f"{unit}_sent"], folded[f"{unit}_received"] = sent, received
    return int(np.count_nonzero(over))


def _directed(groups: Groups, values: Numbers, ahead: Numbers) -> tuple[Numbers, Numbers]:
    """The sums of what went from client to server, and of what came back."""
    ordered = values[groups.order]
    return _saturated(groups, ordered * ahead), _saturated(groups, ordered * (1 - ahead))


def _times(flows: Columns) -> tuple[Numbers, Numbers]:
    """Start and end by a clock that can be believed: where the exporter's differs too much, by the collector's."""
    received = np.clip(flows["received"].astype(np.int64), _SOONEST, _LATEST)
    start, end = (np.clip(flows[name].astype(np.int64), 0, 2**53) for name in ("start", "end"))
    duration = end - start
    duration[(start == 0) | (duration < 0) | (duration > _LONGEST)] = 0
    wrong = (end < received - _CLOCK_TOLERANCE) | (end > received + _CLOCK_TOLERANCE)
    end = np.where(wrong, received, end)
    return end - duration, end


def _packed(rows: Rows, key: Sequence[str]) -> list[Numbers]:
    """The key in fewer columns: what is small shares one."""
    wide = [rows[name] for name in key if name.endswith(("_high", "_low"))]
    small = (rows["port"] << 8) | rows["protocol"]
    if "minute" not in key:
        return [*wide, small, rows["space"]]
    small |= rows["minute"] << 24
    if "rate" in rows:
        small |= (rows["rate"] == PENDING).astype(np.int64) << 62
    if constant(rows["space"]) and constant(rows["source"]):
        return [*wide, small]
    return [*wide, small, (rows["space"] << 32) | rows["source"]]


def _saturated(groups: Groups, ordered: Numbers) -> Numbers:
    """Sums that stop at MOST instead of overflowing, since one lying counter must not spoil a batch."""
    sums = groups.summed(ordered)
    if int(ordered.max()) * len(ordered) > MOST:
        sums[np.add.reduceat(ordered.astype(np.float64), groups.starts) >= MOST] = MOST
        return np.minimum(sums, MOST)
    return sums


def _intervals(edges: Rows, minutes: Rows) -> Rows:
    """The union of [start, end + LIFETIME) of each edge: nearly always one interval, for flows of one hour touch."""
    if int(minutes["start"].max()) <= int(minutes["end"].min()) + LIFETIME:
        return {"edge": np.arange(len(edges["end"])), "start": edges["start"], "until": edges["end"] + LIFETIME}
    edge, start, until = minutes["edge"], minutes["start"], minutes["end"] + LIFETIME
    by = np.lexsort((start, edge))
    edge, start, until = edge[by], start[by], until[by]
    # A running maximum per edge: each edge's values are lifted above all of the edge before.
    base, lift = int(until.min()), int(until.max() - until.min()) + 1
    reached = np.maximum.accumulate(until - base + edge * lift) - edge * lift + base
    new = np.ones(len(edge), np.bool_)
    new[1:] = (edge[1:] != edge[:-1]) | (start[1:] > reached[:-1])
    starts = np.flatnonzero(new)
    return {"edge": edge[starts], "start": start[starts], "until": np.maximum.reduceat(until, starts)}
