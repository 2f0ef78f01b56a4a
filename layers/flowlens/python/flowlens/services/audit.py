"""The audit trail, as auditors read it: pages, an export that can be checked elsewhere, and the check itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from flowlens.access.actor import Actor
from flowlens.kit import trail
from flowlens.model.errors import Invalid
from flowlens.services import denials, targets
from flowlens.services.pages import Page, cut, decode
from flowlens.store import audit
from flowlens.store.audit import Event, Wanted
from flowlens.store.connection import Connection, actor_transaction

MOST = 5_000  # events of one export
_CHECKED = 2_000  # read at once
_MISSED = "there is no such thing in this tenant"


@dataclass(frozen=True, slots=True)
class Listed:
    """An event, with its hash in hexadecimal; `name` and `named` are what its target is called now, and was then."""

    number: int
    at: datetime
    actor: str
    action: str
    target: str
    detail: dict[str, object]
    hash: str
    name: str | None
    named: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of the chain found: how many events were looked at, and the first that is not what was written."""

    events: int
    head: str
    anchored: int
    fault: str | None


def page(conn: Connection, actor: Actor, wanted: Wanted, *, limit: int, cursor: str | None = None) -> Page[Listed]:
    """The newest first."""
    key = decode(cursor, int)
    with actor_transaction(conn, actor) as conn:
        found = audit.page(conn, actor.tenant, wanted, limit=limit + 1, before=int(key[0]) if key else None)
        names = targets.now(conn, actor.tenant, found)
    listed = [
        Listed(
            e.number, e.at, e.actor, e.action, e.target, e.detail, e.hash.hex(), names.get(e.target), targets.then(e)
        )
        for e in found
    ]
    return cut(listed, limit, lambda event: (event.number,))


def export(conn: Connection, actor: Actor, *, after: int) -> bytes:
    """The events after a number as `flowlens audit verify` reads them; taking them is an event too, and the last one.

    With more than 5,000 the export ends at the 5,000th, and the next one begins after it.
    """
    with actor_transaction(conn, actor) as conn:
        before = trail.GENESIS if after == 0 else audit.hash_of(conn, actor.tenant, after)
        if before is None:
            raise Invalid(f"after: there is no event {after}")
        note(conn, actor, "audit.export", "audit trail", {"after": after})
        events = audit.stretch(conn, actor.tenant, after=after, limit=MOST)
    return b"".join(_lines(actor.tenant, after, bytes(before), events))


def _lines(tenant: UUID, after: int, before: bytes, events: list[Event]) -> Iterator[bytes]:
    first = {"tenant": str(tenant), "after": after, "hash": before.hex()}
    yield orjson.dumps({"trail": first}) + b"\n"
    for event in events:
        yield orjson.dumps({"event": event.linked(tenant), "hash": event.hash.hex()}) + b"\n"
    number, last = (events[-1].number, events[-1].hash) if events else (after, before)
    yield orjson.dumps({"head": {"number": number, "hash": last.hex()}}) + b"\n"


def verify(conn: Connection, actor: Actor) -> Verified:
    """Goes along the whole chain in the database and compares its end with the head."""
    with actor_transaction(conn, actor) as conn:
        head = audit.head(conn, actor.tenant)
        number, made, fault = 0, trail.GENESIS, None
        while fault is None and number < head.number:
            wanted = min(_CHECKED, head.number - number)
            for event in (events := audit.stretch(conn, actor.tenant, after=number, limit=wanted)):
                made = trail.link(made, event.linked(actor.tenant))
                if event.number != number + 1 or made != event.hash:
                    fault = f"event {number + 1} is missing or not what was written"
                    break
                number += 1
            if not events:
                fault = f"the trail goes to event {head.number}, and {number} are there"
        if fault is None and made != head.hash:
            fault = "the last event is not the one that was written"
    return Verified(number, head.hash.hex(), head.anchored, fault)


def note(conn: Connection, actor: Actor, action: str, target: str, detail: Mapping[str, object]) -> None:
    """One event of an actor, inside the caller's transaction."""
    said = {**detail, "by": actor.principal} if actor.principal else dict(detail)
    audit.record(conn, actor.tenant, actor=actor.name, action=action, target=target, detail=said)


def denied(conn: Connection, actor: Actor, target: str, reason: str) -> None:
    """What an actor tried and may not; see services/denials."""
    detail = {"reason": reason, "by": actor.principal} if actor.principal else {"reason": reason}
    denials.note(conn, actor.tenant, actor=actor.name, action="denied", target=target, detail=detail)


def missed(conn: Connection, actor: Actor, target: str, named: str) -> None:
    """What an actor named that is not there, or is another tenant's: noted alike, whatever number they tried."""
    detail = {"reason": _MISSED, "named": named} | ({"by": actor.principal} if actor.principal else {})
    denials.note(conn, actor.tenant, actor=actor.name, action="denied.unknown", target=target, detail=detail)
