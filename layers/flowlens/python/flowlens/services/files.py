"""Flow logs onto the stream: read part by part, put in calls that fit, tried again while the stream is full."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from uuid import NAMESPACE_URL, UUID, uuid5

from flowlens.aws.stream import MAX_CALL, MAX_RECORD, MAX_RECORDS, Entry, Outcome, Stream
from flowlens.flows import sightings
from flowlens.flows.batch import SIGHTINGS, Identity, pack
from flowlens.flows.body import FlowBody
from flowlens.flows.columns import Format
from flowlens.flows.reading import About, reader
from flowlens.flows.reading.records import EPOCH, records
from flowlens.flows.reading.tally import Tally
from flowlens.model.errors import FlowLensError

_KEY_OCTETS = 36
_MOST_SIGHTINGS = 50_000  # of one log
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 3.0  # seconds


class Unshipped(FlowLensError):
    """The stream took not all; reading the log again repeats nothing that was counted."""


@dataclass(slots=True)
class Shipped:
    """What became of a log."""

    tally: Tally = field(default_factory=Tally)
    records: int = 0
    flows: int = 0
    latest: int = 0  # when the last flow ended, ms
    first: int = 0  # when the first began, ms
    format: str = ""  # by what it was read

    def add(self, other: Shipped) -> None:
        """What became of another log."""
        self.records += other.records
        self.flows += other.flows
        self.latest = max(self.latest, other.latest)
        self.first = min(self.first or other.first, other.first or self.first)
        self.format = other.format or self.format
        self.tally.add(other.tally)


@dataclass(frozen=True, slots=True)
class Log:
    """One file or object. `name` stands for its content for ever: a version, an etag or a digest belongs in it."""

    stream: BinaryIO
    name: str
    about: About = field(default_factory=About)


def ship(
    log: Log, to: Stream, *, tenant: UUID, patience: float, pause: Callable[[float], None] = time.sleep
) -> Shipped:
    """All flows of the log on the stream when it returns. Malformed when the file is no flow log.

    Unshipped when the stream took nothing for `patience` seconds: what it took before is counted, and once.
    """
    shipped = Shipped()
    ship_all([(log, shipped)], to, tenant=tenant, patience=patience, pause=pause)
    return shipped


def ship_all(
    logs: Iterable[tuple[Log, Shipped]],
    to: Stream,
    *,
    tenant: UUID,
    patience: float,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """As `ship` for many small logs, which share calls; what became of each is added to what came with it."""
    for call in _calls(_entries(logs, tenant)):
        _put(call, to, patience=patience, pause=pause)


def _entries(logs: Iterable[tuple[Log, Shipped]], tenant: UUID) -> Iterator[Entry]:
    """The key spreads a log over the shards."""
    for log, shipped in logs:
        one = Shipped()
        seen: sightings.Seen = {}
        bodies = reader(log.stream, log.about).read(log.stream, log.about, one.tally)
        made = records(
            _watched(bodies, one, seen), tenant=tenant, source=source_of(log.name), most=MAX_RECORD - _KEY_OCTETS
        )
        for data, _ in made:
            yield Entry(str(source_of(f"{log.name}#{one.records}")), data)
            one.records += 1
        for number, body in enumerate(sightings.bodies(seen), 1):
            identity = Identity(tenant, source_of(f"{log.name}#sightings"), EPOCH, number)
            yield Entry(str(identity.source), pack(identity, SIGHTINGS, body))
        one.flows = one.tally.counts["flows"]  # without those that were rejected, which travel with them
        shipped.add(one)


def _watched(bodies: Iterable[FlowBody], shipped: Shipped, seen: sightings.Seen) -> Iterator[FlowBody]:
    for body in bodies:
        shipped.tally.count("sightings_untold", sightings.add(seen, body.sightings, _MOST_SIGHTINGS))
        shipped.latest = max(shipped.latest, int(body.columns["end"].max()))
        began = int(body.columns["start"].min())
        shipped.first = min(shipped.first or began, began)
        shipped.format = Format(int(body.columns["format"][0])).name.lower()
        yield body


def source_of(name: str) -> UUID:
    """The source in the identity of a log's records."""
    return uuid5(NAMESPACE_URL, name)


def _calls(made: Iterable[Entry]) -> Iterator[list[Entry]]:
    """As many together as one call may carry."""
    call: list[Entry] = []
    room = MAX_CALL
    for entry in made:
        size = len(entry.data) + _KEY_OCTETS
        if call and (size > room or len(call) == MAX_RECORDS):
            yield call
            call, room = [], MAX_CALL
        call.append(entry)
        room -= size
    if call:
        yield call


def _put(entries: list[Entry], to: Stream, *, patience: float, pause: Callable[[float], None]) -> None:
    waited, wait = 0.0, _FIRST_PAUSE
    while entries:
        outcome: Outcome = to.put(entries)
        if len(outcome.failed) < len(entries):
            waited, wait = 0.0, _FIRST_PAUSE
        entries = [entries[at] for at in outcome.failed]
        if not entries:
            return
        if waited >= patience:
            raise Unshipped(f"the stream does not take records: {', '.join(outcome.reasons or ())}")
        pause(wait)
        waited, wait = waited + wait, min(2 * wait, _LONGEST_PAUSE)
