"""Flow logs onto the stream: read part by part, put in calls that fit, tried again while the stream is full."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from uuid import NAMESPACE_URL, UUID, uuid5

from flowlens.aws.stream import MAX_CALL, MAX_RECORD, MAX_RECORDS, Entry, Outcome, Stream
from flowlens.flows.body import FlowBody
from flowlens.flows.reading import About, reader
from flowlens.flows.reading.records import records
from flowlens.flows.reading.tally import Tally
from flowlens.model.errors import FlowLensError

_KEY_OCTETS = 36
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
    bodies = reader(log.stream, log.about).read(log.stream, log.about, shipped.tally)
    made = records(_watched(bodies, shipped), tenant=tenant, source=source_of(log.name), most=MAX_RECORD - _KEY_OCTETS)
    for call in _calls(made, log.name):
        _put([entry for entry, _ in call], to, patience=patience, pause=pause)
        shipped.records += len(call)
        shipped.flows += sum(flows for _, flows in call)
    return shipped


def _watched(bodies: Iterable[FlowBody], shipped: Shipped) -> Iterator[FlowBody]:
    for body in bodies:
        shipped.latest = max(shipped.latest, int(body.columns["end"].max()))
        yield body


def source_of(name: str) -> UUID:
    """The source in the identity of a log's records."""
    return uuid5(NAMESPACE_URL, name)


def _calls(made: Iterable[tuple[bytes, int]], name: str) -> Iterator[list[tuple[Entry, int]]]:
    """As many together as one call may carry; the key spreads a log over the shards."""
    call: list[tuple[Entry, int]] = []
    room = MAX_CALL
    for number, (data, flows) in enumerate(made):
        size = len(data) + _KEY_OCTETS
        if call and (size > room or len(call) == MAX_RECORDS):
            yield call
            call, room = [], MAX_CALL
        call.append((Entry(str(source_of(f"{name}#{number}")), data), flows))
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
