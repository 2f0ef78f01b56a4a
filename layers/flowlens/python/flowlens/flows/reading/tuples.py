"""Azure's flow tuples: texts of values with commas, out of records, to flows in both directions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from flowlens.flows.body import MAX_EXPORTERS, FlowBody
from flowlens.flows.columns import DENIED, Columns, Format, Initiator, Values
from flowlens.flows.columns import join as joined
from flowlens.flows.reading import interfaces, text
from flowlens.flows.reading.cells import Table
from flowlens.flows.reading.documents import Record
from flowlens.flows.reading.octets import Positions
from flowlens.flows.reading.sieve import Sieve
from flowlens.flows.reading.tally import Tally

_PART = 2 << 20  # octets of tuples in one part of a log, so it must stay as it is
_COUNTED = 2**62 - 1


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a kind of log puts into a tuple."""

    format: Format
    fields: tuple[str, ...]
    per_second: int  # what a second of `time` is
    protocols: dict[bytes, int] = field(default_factory=dict)  # letters; empty: IANA numbers
    denied: tuple[str, bytes] = ("state", b"D")


class Told(NamedTuple):
    """Tuples of an interface, out of a record."""

    record: Record
    owner: str
    tuples: Any


@dataclass(slots=True)
class _Gathered:
    """Tuples of one part, and which interface and which record each run of them is of."""

    texts: list[str] = field(default_factory=list)
    records: list[tuple[int, str]] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    of: list[int] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    octets: int = 0

    def within(self, record: Record) -> bool:
        """Whether tuples of this record came last."""
        return bool(self.records) and self.records[-1][0] == record.number

    def add(self, told: Told, tuples: Sequence[object], tally: Tally) -> None:
        if not self.within(told.record):
            self.records.append((told.record.number, told.record.digest))
        said = [one for one in tuples if isinstance(one, str) and one.isprintable()]
        if len(said) < len(tuples):
            tally.fail("fields", len(tuples) - len(said), (repr(one) for one in tuples if one not in said))
        self.texts += said
        self.runs.append(len(said))
        self.owners.append(told.owner)
        self.names.add(told.owner)
        self.of.append(len(self.records) - 1)
        self.octets += sum(map(len, said))


def flows(found: Iterable[Told], dialect: Dialect, tally: Tally) -> Iterator[FlowBody]:
    """A body for each record, the same whatever stands around it. A few megaoctets of tuples are read together."""
    gathered = _Gathered()
    for told in found:
        full = gathered.octets >= _PART or len(gathered.names) >= MAX_EXPORTERS
        if full and not gathered.within(told.record):
            yield from _bodies(gathered, dialect, tally)
            gathered = _Gathered()
        if isinstance(told.tuples, list) and told.tuples:
            gathered.add(told, told.tuples, tally)
    yield from _bodies(gathered, dialect, tally)


def _bodies(gathered: _Gathered, dialect: Dialect, tally: Tally) -> Iterator[FlowBody]:
    if not gathered.texts:
        return
    block = "\n".join([*gathered.texts, ""]).translate(_COMMAS).encode("ascii", "replace")
    table, lines = text.table(block, dialect.fields, tally)
    runs = np.repeat(np.arange(len(gathered.runs)), gathered.runs)[lines]
    kept = _columns(table, runs, dialect, tally)  # in place of the exporter stands the run
    told = kept["exporter"]
    names = sorted(gathered.names)  # by their names, since no other record has a say in a body
    places = {name: at for at, name in enumerate(names)}
    owners = np.array([places[owner] for owner in gathered.owners], np.intp)[told]
    of = np.array(gathered.of, np.intp)[told]
    order = np.argsort(of, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(of[order])) + 1):
        if len(rows):
            flows = kept.take(rows)
            used, which = np.unique(owners[rows], return_inverse=True)
            flows.values["exporter"] = which.astype(np.uint16)
            exporters = [interfaces.address(0, names[at]) for at in used]
            yield FlowBody(flows, exporters, name=f"azure:{gathered.records[int(of[rows[0]])][1]}")


_COMMAS = {ord(","): " ", ord(" "): "?"}


def _columns(table: Table, runs: Positions, dialect: Dialect, tally: Tally) -> Columns:
    sieve = Sieve(table)
    counters = {name: sieve.number(name, 0, _COUNTED) for name in ("packets", "octets", "packets_back", "octets_back")}
    denied = table.columns[dialect.denied[0]].equals(dialect.denied[1])
    shared = _shared(sieve, dialect)
    sieve.mark("rejected", denied)
    shared["firewall_event"] = np.where(denied, DENIED, 0).astype(np.uint8)
    sieve.leave_out("begun", ~denied & (sum(counters.values(), np.zeros(table.rows, np.uint64)) == 0))
    kept = sieve.settle(tally)
    ways = [_way(shared, runs, counters, back=back) for back in (False, True)]
    forward = ways[0].take(kept)
    answered = kept & ~denied & ((counters["packets_back"] > 0) | (counters["octets_back"] > 0))
    return joined([forward, ways[1].take(answered)])


def _shared(sieve: Sieve, dialect: Dialect) -> dict[str, Values]:
    """What both directions of a tuple have in common, and the ends as the first packet had them."""
    years = (946_684_800 * dialect.per_second, 4_102_444_800 * dialect.per_second)
    time = sieve.number("time", *years, required=True).astype(np.int64) * (1000 // dialect.per_second)
    source, destination = sieve.addresses("src"), sieve.addresses("dst")
    sieve.refuse("missing", (source.version == 0) | (destination.version == 0))
    sieve.refuse("address", source.version != destination.version)
    return {
        "time": time,
        "src_high": source.high,
        "src_low": source.low,
        "dst_high": destination.high,
        "dst_low": destination.low,
        "ip_version": source.version,
        "src_port": sieve.number("src_port", 0, 0xFFFF, required=True).astype(np.uint16),
        "dst_port": sieve.number("dst_port", 0, 0xFFFF, required=True).astype(np.uint16),
        "protocol": _protocol(sieve, dialect),
        "inbound": sieve.table.columns["direction"].equals(b"I").astype(np.uint8),
        "format": np.full(sieve.table.rows, dialect.format, np.uint8),
    }


def _protocol(sieve: Sieve, dialect: Dialect) -> Values:
    if not dialect.protocols:
        return sieve.number("protocol", 0, 0xFF, required=True).astype(np.uint8)
    cells = sieve.table.columns["protocol"]
    found = np.zeros(sieve.table.rows, np.uint8)
    for letter, number in dialect.protocols.items():
        found[cells.equals(letter)] = number
    sieve.refuse("protocol", found == 0)
    return found


_SHARED = ("ip_version", "protocol", "format", "firewall_event")


def _way(shared: dict[str, Values], runs: Positions, counters: Mapping[str, Values], *, back: bool) -> Columns:
    """One direction; the log says who began, so both know."""
    source, destination = ("dst", "src") if back else ("src", "dst")
    suffix = "_back" if back else ""
    rows = len(runs)
    values: dict[str, Values] = {
        "exporter": runs.astype(np.uint32),
        "received": shared["time"],  # the log's own clock: a later reading of the same log must say the same
        "start": shared["time"],
        "end": shared["time"],
        "packets": counters[f"packets{suffix}"],
        "octets": counters[f"octets{suffix}"],
        "initiator": np.full(rows, Initiator.DESTINATION if back else Initiator.SOURCE, np.uint8),
        "direction": np.where(shared["inbound"] != back, 0, 1).astype(np.uint8),
    }
    for part in ("high", "low", "port"):
        values |= {f"src_{part}": shared[f"{source}_{part}"], f"dst_{part}": shared[f"{destination}_{part}"]}
    return Columns(rows, values | {name: shared[name] for name in _SHARED})
