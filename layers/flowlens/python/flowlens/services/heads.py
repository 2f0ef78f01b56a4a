"""The heads of audit trails, signed and put where nobody can change them: from then on a trail cannot be made anew."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson

from flowlens.access.actor import Actor
from flowlens.aws import signing
from flowlens.aws.archive import Archive
from flowlens.kit import trail
from flowlens.kit.trail import PublicKey
from flowlens.services import audit as trails
from flowlens.services import denials
from flowlens.services.operations import each_tenant
from flowlens.store import audit
from flowlens.store.connection import Connection, actor_transaction, tenant_transaction

MOST = 100  # signed heads of one answer
OVERDUE = timedelta(minutes=20)  # the workflow signs every five
_CHECKED = 2_000  # events read at once
_AT_ONCE = 20_000  # events of one tenant in one run
_LAST = 10**16  # keys count down from it, so that the newest comes first in a listing


@dataclass(frozen=True, slots=True)
class Signed:
    """What a run did: how many heads it signed, and what is wrong with which tenants' trails."""

    heads: int
    broken: dict[UUID, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a trail is signed, and whether what came after it waits for too long."""

    signed: int
    signed_at: datetime | None
    unsigned: int
    overdue: bool
    key: str


def sign(conn: Connection, kept: Archive, key: str, more: Callable[[], bool]) -> Signed:
    """Each tenant's head, where events came since; what does not follow from the head signed last is not signed."""
    heads, broken = 0, {}
    for tenant in each_tenant(conn):
        if not more():
            break
        denials.settle(conn, tenant)
        number, made = _newest(kept, tenant)
        with tenant_transaction(conn, tenant) as conn:
            head = audit.head(conn, tenant)
            following, fault = _follow(conn, tenant, number, made, head)
        if fault is not None:
            broken[tenant] = fault
        elif following.number > number:
            now = datetime.now(UTC)
            kept.put({_path(tenant, following.number): _document(tenant, following, key, now)})
            with tenant_transaction(conn, tenant) as conn:
                audit.anchored(conn, tenant, following.number, now)
            heads += 1
    return Signed(heads, broken)


def _path(tenant: UUID, number: int) -> str:
    return f"{tenant}/{_LAST - number:016d}.json"


def _newest(kept: Archive, tenant: UUID) -> tuple[int, bytes]:
    """Number and hash of the head that was signed last. The bucket says so, and not the database, which is on trial."""
    for path in kept.keys(f"{tenant}/", limit=1):
        head = orjson.loads(kept.get(path))["head"]
        return int(head["number"]), bytes.fromhex(head["hash"])
    return 0, trail.GENESIS


def _follow(
    conn: Connection, tenant: UUID, number: int, made: bytes, head: audit.Head
) -> tuple[audit.Head, str | None]:
    """The last event that can be signed, going from the one that was; and what is wrong, if anything."""
    if head.number < number:
        return head, f"event {number} was signed, and the trail ends at event {head.number}"
    if number and audit.hash_of(conn, tenant, number) != made:
        return head, f"event {number}, or one before it, is not what was signed"
    last = min(head.number, number + _AT_ONCE)
    while number < last:
        events = audit.stretch(conn, tenant, after=number, limit=min(_CHECKED, last - number))
        for event in events:
            made = trail.link(made, event.linked(tenant))
            if event.number != number + 1 or made != event.hash:
                return head, f"event {number + 1} is missing or not what was written"
            number += 1
        if not events:
            return head, f"the trail goes to event {head.number}, and {number} are there"
    if number == head.number and made != head.hash:
        return head, "the last event is not the one that was written"
    return replace(head, number=number, hash=made), None


def _document(tenant: UUID, head: audit.Head, key: str, now: datetime) -> bytes:
    said: dict[str, object] = {
        "tenant": str(tenant),
        "number": head.number,
        "hash": head.hash.hex(),
        "signed_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "key": PublicKey.read(signing.public_key(key)).name,
    }
    signature = base64.b64encode(signing.sign(key, trail.canonical(said))).decode()
    return orjson.dumps({"head": said, "signature": signature})


def export(conn: Connection, actor: Actor, kept: Archive) -> bytes:
    """The newest signed heads, a line each, the newest first; taking them is an event."""
    paths = kept.keys(f"{actor.tenant}/", limit=MOST)
    with actor_transaction(conn, actor) as conn:
        trails.note(conn, actor, "audit.export", "signed heads", {"heads": len(paths)})
    return b"".join(kept.get(path) + b"\n" for path in paths)


def standing(conn: Connection, actor: Actor, key: str) -> Standing:
    with actor_transaction(conn, actor) as conn:
        head = audit.head(conn, actor.tenant)
        waiting = audit.stretch(conn, actor.tenant, after=head.anchored, limit=1)
    overdue = bool(waiting) and datetime.now(UTC) - waiting[0].at > OVERDUE
    return Standing(head.anchored, head.signed_at, head.number - head.anchored, overdue, signing.public_key(key))
