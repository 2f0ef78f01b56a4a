"""Trials of feeds: one object or the latest events are read, to show what is understood of them; nothing is counted."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import BinaryIO
from uuid import UUID

from flowlens.access.actor import Actor
from flowlens.aws import logs, objects
from flowlens.flows import feeding
from flowlens.flows.body import FlowBody
from flowlens.flows.columns import Format
from flowlens.flows.feeding import Feed, Origin
from flowlens.flows.files.aws_vpc import HELPFUL, fields_by_default
from flowlens.flows.reading import About, documents, envelopes, reader
from flowlens.flows.reading.tally import Tally
from flowlens.model.errors import Conflict, Invalid, Malformed, Unopened
from flowlens.services import errands, feeds, looks
from flowlens.store import feeds as store
from flowlens.store.connection import Connection, actor_transaction

_MOST_OCTETS = 80 << 20  # AWS cuts its logs at 75 MB
_MOST_PARTS, _MOST_ROWS = 2, 10_000  # of a log: both, since parts may be small
_MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Allowed:
    """Whose feeds may be tried, and which buckets may be read for it."""

    tenant: UUID
    buckets: Set[str]
    visitor: str  # the function that looks where feeds are visited


@dataclass(slots=True)
class Trial:
    """What was looked at and what was understood of it; `problem` is why nothing was, by name."""

    name: str = ""
    problem: str = ""
    detail: str = ""
    format: str = ""
    whole: bool = False  # it was read to its end
    fields: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)  # fields that would tell more
    lines: int = 0
    flows: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    unreadable: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, list[str]] = field(default_factory=dict)
    exporters: int = 0
    first: datetime | None = None
    last: datetime | None = None


def run(conn: Connection, actor: Actor, allowed: Allowed, feed_id: int, key: str | None) -> Trial:
    """Of the object with that key, or of the newest. Conflict when feeds of this kind cannot be tried."""
    found = feeds.read(conn, actor, feed_id)
    feed = Feed(found.id, found.kind, feeding.settings(found.kind, found.settings))
    trial = Trial()
    errand = _errand(conn, actor, feed) if feed.kind in feeding.visited() else None
    try:
        with _looked(feed, actor, allowed, errand, _Which(key, trial)) as (stream, about):
            _understand(stream, about, trial)
    except (Malformed, Unopened) as wrong:
        trial.problem, trial.detail = wrong.reason, str(wrong).removeprefix(f"{wrong.reason}: ")
    return trial


@dataclass(frozen=True, slots=True)
class _Which:
    """Which object is looked at, and where what is found is written down."""

    key: str | None
    trial: Trial


def _errand(conn: Connection, actor: Actor, feed: Feed) -> str:
    with actor_transaction(conn, actor) as conn:
        (due,) = store.due(conn, actor.tenant, [feed.kind], feed=feed.id)
    return errands.message(actor.tenant, due)


def _looked(
    feed: Feed, actor: Actor, allowed: Allowed, errand: str | None, which: _Which
) -> AbstractContextManager[tuple[BinaryIO, About]]:
    if errand:
        return _visited(feed, allowed, errand, which)
    look = _LOOKS.get(feed.kind)
    if look is None or actor.tenant != allowed.tenant:
        raise Conflict("feeds of this kind cannot be tried")
    return look(feed, allowed, which.key, which.trial)


@contextmanager
def _visited(feed: Feed, allowed: Allowed, errand: str, which: _Which) -> Iterator[tuple[BinaryIO, About]]:
    found = looks.send(allowed.visitor, errand, which.key)
    which.trial.name = found.name
    head = documents.closed(found.head) if found.grows and not found.whole else found.head
    yield io.BytesIO(head), _events_about(feed.about(Origin(feed.kind, "", found.name)), head)
    which.trial.whole = which.trial.whole and found.whole


@contextmanager
def _object(feed: Feed, allowed: Allowed, key: str | None, trial: Trial) -> Iterator[tuple[BinaryIO, About]]:
    said = feed.settings.model_dump()
    bucket, prefix = str(said["bucket"]), str(said["prefix"])
    if key is not None and not key.startswith(prefix):
        raise Invalid(f"key: it does not begin with {prefix!r}, so it is none of this feed's")
    if bucket not in allowed.buckets:
        raise Malformed("object_bucket", f"{bucket} is none of ours")
    one = objects.newest(bucket, prefix if key is None else key)
    trial.name = f"s3://{bucket}/{one.key}"
    with objects.fetched(one, most=_MOST_OCTETS) as stream:
        if envelopes.recognises(stream):
            some = itertools.islice(envelopes.envelopes(stream), _MOST_EVENTS)
            text = b"".join(envelope.text for envelope in some)
            yield io.BytesIO(text), _events_about(About(format="aws_vpc"), text)
        else:
            yield stream, feed.about(Origin(feed.kind, bucket, one.key))


@contextmanager
def _events(feed: Feed, _allowed: Allowed, _key: str | None, trial: Trial) -> Iterator[tuple[BinaryIO, About]]:
    said = feed.settings.model_dump()
    group, account = str(said["log_group"]), str(said["account"])
    trial.name = f"the latest events of {group}"
    messages = logs.latest(group, limit=_MOST_EVENTS)
    if not messages:
        raise Malformed("events_none", f"{group} has no events of the last three hours")
    text = "\n".join([*messages, ""]).encode("utf-8", "replace")
    yield io.BytesIO(text), _events_about(feed.about(Origin(feed.kind, group, account)), text)


def _events_about(about: About, text: bytes) -> About:
    """Events have no header line; what is known to be AWS's without a format is of events."""
    known = about.fields or about.format != "aws_vpc"
    return about if known else replace(about, fields=fields_by_default(text))


_Look = Callable[[Feed, Allowed, str | None, Trial], AbstractContextManager[tuple[BinaryIO, About]]]
_LOOKS: Mapping[str, _Look] = {"aws_s3": _object, "aws_logs": _events}


def _understand(stream: BinaryIO, about: About, trial: Trial) -> None:
    tally = Tally()
    try:
        _read(reader(stream, about).read(stream, about, tally), trial)
    finally:
        trial.fields = list(tally.fields)
        trial.lacking = [name for name in HELPFUL.split() if tally.fields and name not in tally.fields]
        trial.lines, trial.flows = tally.counts["lines"], tally.counts["flows"]
        trial.counts, trial.unreadable, trial.examples = tally.counts, tally.unreadable, tally.examples


def _read(bodies: Iterator[FlowBody], trial: Trial) -> None:
    """The beginning of a log says what the rest is like."""
    seen: set[str] = set()
    rows = 0
    for number, body in enumerate(bodies, 1):
        seen |= set(body.exporters)
        start, end = int(body.columns["start"].min()), int(body.columns["end"].max())
        trial.format = Format(int(body.columns["format"][0])).name.lower()
        trial.first = min(trial.first or _moment(start), _moment(start))
        trial.last = max(trial.last or _moment(end), _moment(end))
        rows += body.columns.rows
        if number >= _MOST_PARTS and rows >= _MOST_ROWS:
            break
    else:
        trial.whole = True
    trial.exporters = len(seen)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
