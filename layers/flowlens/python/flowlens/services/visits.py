"""Visits of places that logs are fetched from: what is new there goes into our bucket, whose reader counts it once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast
from uuid import UUID

import orjson

from flowlens.aws import objects, queue
from flowlens.flows import feeding
from flowlens.model.errors import Invalid, Refused, Unopened, Unreachable
from flowlens.outbound import stores
from flowlens.outbound.stores import Ask, Broken, Changed, Found, Gone, Opening, Store, Throttled
from flowlens.services import sealed
from flowlens.services.errands import Bound, Errand
from flowlens.tables import visits as table
from flowlens.tables.visits import Overtaken

PIECE = 4 << 20  # octets that are asked for at once
_MOST = 400 << 20  # octets of what is fetched of one log at once: a function's disk
_IN_MEMORY = 32 << 20
_SLACK = timedelta(minutes=15)  # by which a place's times may be out of order
_CLOSING = re.compile(rb"\]\s*\}\s*\Z")
_CLOSED, _TAIL = b"]}", 64
_NAME_OCTETS = 700  # of a key, which has 1024


@dataclass(frozen=True, slots=True)
class Desk:
    """What a visit needs."""

    table: str
    bucket: str
    queue: str  # of the reader, which keeps the list of failures
    sealing: str  # the secret with the key
    ask: Ask
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


@dataclass(slots=True)
class Visited:
    """What came of it; `problem` is why not all of it was done, by name."""

    logs: int = 0
    octets: int = 0
    waiting: int = 0
    problem: str = ""
    detail: str = ""
    pause: int = 0  # seconds that the place wants to be left alone


def place(errand: Errand, desk: Desk, *, page: int = 0, within: str = "") -> Store:
    """Unopened by `credential_missing` or `credential_sealed` when there is nothing to open it with.

    `within` narrows its prefix, `page` is how many objects of a list are asked for at once.
    """
    said: Any = feeding.settings(errand.kind, errand.settings)
    opening = Opening(
        ask=desk.ask,
        secret=_secret(errand, desk),
        now=desk.now(),
        feed=str(errand.feed),
        external_id=errand.external_id,
        page=page,
    )
    return stores.place(errand.kind, said.model_copy(update={"prefix": within}) if within else said, opening)


def _secret(errand: Errand, desk: Desk) -> str:
    if not feeding.member(errand.kind).SECRET:
        return ""
    if not errand.secret:
        raise Unopened("credential_missing", "nobody entered what opens it")
    bound = Bound(errand.tenant, errand.feed, errand.kind, errand.settings)
    try:
        return sealed.unseal(desk.sealing, errand.sealed(), belongs=str(bound))
    except Invalid as error:
        raise Unopened("credential_sealed", str(error)) from error


def visit(errand: Errand, desk: Desk, more: Callable[[], bool]) -> Visited:
    """All that is new, the oldest first, while there is time. What is left waits for the next visit.

    Nothing is asked of a place that wants to be left alone still. A failure that has no name is raised after it was
    written down, and one that kills the function shows by the visit that began and never ended.
    """
    now = int(desk.now().timestamp())
    before = table.begin(desk.table, errand.subject, now=now)
    if before and before.rest > now:
        return Visited(waiting=int(before.waiting), problem=before.problem, detail=before.detail)
    since = _since(errand, int(before.since) if before else 0)
    done = Visited(problem="visit_failed", detail="it broke off; the log of the function says where")
    try:
        since = _go(errand, desk, since, done, more)
    finally:
        outcome = table.Outcome(
            since=int(since.timestamp()),
            waiting=done.waiting,
            rest=now + done.pause if done.pause else 0,
            problem=done.problem,
            detail=done.detail[:500],
        )
        table.conclude(desk.table, errand.subject, outcome, now=now)
    return done


def _go(errand: Errand, desk: Desk, since: datetime, done: Visited, more: Callable[[], bool]) -> datetime:
    try:
        store = place(errand, desk)
        since = _fetch(errand, desk, store, _changed(store, since), done, more) or since
        done.problem, done.detail = "", ""
    except (Unopened, Refused, Unreachable) as problem:
        done.problem, done.detail = named(problem)
        done.pause = problem.seconds if isinstance(problem, Throttled) else 0
    return since


def named(problem: Unopened | Refused | Unreachable) -> tuple[str, str]:
    """Name and words of what a person reads of it."""
    detail = str(problem).partition(": ")[2]
    if isinstance(problem, Unopened):
        return problem.reason, detail
    return ("place_refused" if isinstance(problem, Refused) else "place_unreachable"), detail


def _since(errand: Errand, known: int) -> datetime:
    hours = errand.settings.get("hours", 24)
    first = errand.created_at - timedelta(hours=int(hours))
    return max(first, datetime.fromtimestamp(known, UTC))


def _changed(store: Store, since: datetime) -> list[Found]:
    begin = since - _SLACK
    found = [one for one in store.listed(begin) if one.size and one.modified >= begin]
    return sorted(found, key=lambda one: one.modified)


def _fetch(
    errand: Errand, desk: Desk, store: Store, found: list[Found], done: Visited, more: Callable[[], bool]
) -> datetime | None:
    """Until when all is done."""
    late: datetime | None = None
    for number, one in enumerate(found):
        if not more():
            done.waiting += len(found) - number
            return late or one.modified
        try:
            _take(errand, desk, store, one, done)
        except (Changed, Overtaken):
            done.waiting += 1
            late = late or one.modified
        except Gone:
            pass  # whoever owns it removed it: nobody can read it any more
        except Broken as broken:
            _report(errand, desk, one, broken)
    return late or (found[-1].modified if found else None)


def _take(errand: Errand, desk: Desk, store: Store, one: Found, done: Visited) -> None:
    """Writes down what it fetches before it does, so that a visit that was cut off fetches the very same again."""
    mark = table.mark(desk.table, errand.subject, one.name)
    if mark.edition == one.edition:
        return
    if not one.grows:  # another edition is another log
        mark.offset, mark.pending, mark.size = 0, 0, 0
    if one.size < mark.size:
        mark.edition = one.edition
        table.put(desk.table, mark)
        raise Broken("blob_shrank", f"it had {int(mark.size):,} octets and has {one.size:,}")
    if mark.pending:
        _carry(errand, desk, store, one, (int(mark.offset), int(mark.pending)))
        mark.offset, mark.pending = mark.pending, 0
        table.put(desk.table, mark)
    start = int(mark.offset)
    if one.size - start > _MOST:
        mark.edition = one.edition
        table.put(desk.table, mark)
        raise Broken("object_size", f"{one.size - start:,} octets at once")
    stop = _end(store, one) if one.grows else one.size
    if stop > start:
        mark.pending = stop
        table.put(desk.table, mark)
        _carry(errand, desk, store, one, (start, stop))
        done.logs, done.octets = done.logs + 1, done.octets + stop - start
    mark.offset, mark.pending, mark.size, mark.edition = max(start, stop), 0, one.size, one.edition
    table.put(desk.table, mark)


def _end(store: Store, one: Found) -> int:
    """Where the document is closed: what is appended later begins there."""
    begin = max(0, one.size - _TAIL)
    tail = store.piece(one, begin, one.size)
    closing = _CLOSING.search(tail)
    if not closing:
        raise Changed  # it is being written
    return begin + closing.start()


def _carry(errand: Errand, desk: Desk, store: Store, one: Found, span: tuple[int, int]) -> None:
    """Into our bucket, as a document of its own where the log goes on."""
    start, stop = span
    with SpooledTemporaryFile(_IN_MEMORY) as file:
        for piece in _pieces(store, one, start, stop):
            file.write(piece)
        if one.grows:
            file.write(_CLOSED)
        file.seek(0)
        objects.put_file(desk.bucket, key_of(errand, one, span), cast(BinaryIO, file))


def _pieces(store: Store, one: Found, start: int, stop: int) -> Iterator[bytes]:
    for begin in range(start, stop, PIECE):
        yield store.piece(one, begin, min(begin + PIECE, stop))


def key_of(errand: Errand, one: Found, span: tuple[int, int]) -> str:
    """Of this piece of this log, for ever; services/fetched.py reads it."""
    name = one.name if one.grows else f"{one.name}@{one.edition}"
    if len(name.encode()) > _NAME_OCTETS:
        digest = hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
        name = f"{name.encode()[:_NAME_OCTETS].decode('utf-8', 'ignore')}~{digest}"
    return f"fetched/{errand.tenant}/{errand.feed}/{span[0]}-{span[1]}/{name}"


def _report(errand: Errand, desk: Desk, one: Found, broken: Broken) -> None:
    """To the reader, which keeps the list of failures; a retry comes back as `forget`."""
    queue.send(desk.queue, broken_message(errand.tenant, errand.feed, one.name, broken), reason=broken.reason)


def broken_message(tenant: UUID, feed: int, log: str, broken: Broken) -> str:
    told = {"broken": broken.reason, "detail": broken.detail, "tenant": tenant, "feed": feed, "log": log}
    return orjson.dumps(told).decode()
