"""Gates that clouds push through: which feed is meant, what is refused there by name, and what feeds say of theirs."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from flowlens.access import sessions
from flowlens.access.actor import Actor
from flowlens.flows import feeding
from flowlens.flows.feeding import Form
from flowlens.model.errors import Conflict, Forged, Malformed, NotFound, Unauthenticated, Unready
from flowlens.services import audit, denials, feeds
from flowlens.services.feeds import Based
from flowlens.store import feeds as kept
from flowlens.store import pushes as store
from flowlens.store.connection import Connection, actor_transaction, gate_transaction, tenant_transaction
from flowlens.store.pushes import Refusal
from flowlens.tables import throttles
from flowlens.tables.throttles import Allowance

OVERLAP = timedelta(hours=24)  # for which the secret before is good
_BEARING = frozenset({"eventgrid"})  # ways in which a secret is borne, and that tell of logs which come otherwise too
_CLOSED = "nobody is let in here without what this gate opens to"
_NOTED = Allowance(120, 60)  # refusals of a gate that are written down; beyond them they are refused all the same


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate that somebody stands at, and its feed."""

    tenant: UUID
    feed: int
    gate: UUID
    kind: str
    settings: Form
    active: bool
    secrets: tuple[bytes, ...]  # digests of those that are good

    @property
    def audience(self) -> str:
        """What tokens say that are meant for it: no other gate of anybody has it, and nobody sets it."""
        return audience(self.gate)

    def check_active(self) -> None:
        """Unready while the feed is paused: what is pushed comes again."""
        if not self.active:
            raise Unready("the feed is paused: push it again later")

    @property
    def actor(self) -> Actor:
        """In whose name requests are counted."""
        return Actor(self.tenant, f"feed {self.feed}", frozenset(), f"push:{self.feed}")


@dataclass(frozen=True, slots=True)
class Push:
    """What whoever sets up the other side must know, and what came of it."""

    path: str
    audience: str  # of tokens; empty where secrets are borne
    has_secret: bool
    made_at: datetime
    heard_at: datetime | None
    former_until: datetime | None
    refusals: list[Refusal]
    secret: str = ""  # told when it was just made, and never again


def digest(secret: str) -> bytes:
    """As it is kept: a secret of 256 random bits needs no more."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def audience(gate: UUID) -> str:
    return f"urn:flowlens:push:{gate}"


def at(conn: Connection, gate: UUID, way: str) -> Gate:
    """Unauthenticated where there is none, or one for another way: nobody learns which."""
    with gate_transaction(conn, gate):
        named = store.named(conn, gate)
    if named is None:
        raise Unauthenticated(_CLOSED)
    with tenant_transaction(conn, named.tenant):
        found = kept.described(conn, named.tenant, named.feed)
    if found is None or way != feeding.member(found[0]).PUSHED:
        raise Unauthenticated(_CLOSED)
    kind, said, state = found
    secrets = tuple(bytes(one) for one in (named.digest, named.former) if one)
    settings = feeding.settings(kind, said)
    return Gate(named.tenant, named.feed, gate, kind, settings, state == "active", secrets)


@contextmanager
def watched(conn: Connection, table: str, gate: Gate) -> Generator[None]:
    """What is refused within is counted by its name, for the feed's people to see, and noted in the trail.

    Whoever is refused learns no more than that when they are not who they say.
    """
    try:
        yield
    except Forged as forged:
        _refused(conn, table, gate, forged.reason, forged.detail)
        raise Unauthenticated(_CLOSED) from forged
    except Malformed as wrong:
        _refused(conn, table, gate, wrong.reason, str(wrong).removeprefix(f"{wrong.reason}: "))
        raise


def _refused(conn: Connection, table: str, gate: Gate, reason: str, detail: str) -> None:
    if throttles.count(table, f"push/{gate.gate}", _NOTED):
        return
    with tenant_transaction(conn, gate.tenant):
        store.refuse(conn, gate.tenant, gate.feed, reason, detail)
    said = {"reason": reason, "by": gate.actor.principal}
    denials.note(conn, gate.tenant, actor="push", action="denied", target=gate.actor.name, detail=said)


def heard(conn: Connection, gate: Gate) -> None:
    with tenant_transaction(conn, gate.tenant):
        store.heard(conn, gate.tenant, gate.feed)


def of(conn: Connection, actor: Actor, feed: int) -> Push | None:
    """None where the feed has no gate; Conflict where feeds of its kind have none."""
    way = _way(feeds.read(conn, actor, feed).kind)
    with actor_transaction(conn, actor) as conn:
        return _push(conn, actor, feed, way)


def _push(conn: Connection, actor: Actor, feed: int, way: str) -> Push | None:
    found = store.of_feed(conn, actor.tenant, feed)
    refusals = store.refusals(conn, actor.tenant, feed)
    if found is None:
        return None
    return Push(
        path=f"/api/v1/pushes/{found.gate}/{way}",
        audience=audience(found.gate) if not found.has_secret else "",
        has_secret=found.has_secret,
        made_at=found.made_at,
        heard_at=found.heard_at,
        former_until=found.former_until,
        refusals=refusals,
    )


def renew(conn: Connection, actor: Actor, based: Based) -> Push:
    """Where tokens are signed for a gate, another gate: what is pushed to the one before is refused from now on.

    Where a secret is borne, another secret (and a gate, where there is none yet); the one before is good for a day.
    """
    with actor_transaction(conn, actor) as conn:
        kind, _ = feeds.hold(conn, actor, based)
        way = _way(kind)
        secret = sessions.make() if way in _BEARING else ""
        store.open(conn, actor.tenant, based.feed, digest(secret) if secret else None, overlap=OVERLAP)
        audit.note(conn, actor, "feed.gate", f"feed {based.feed}", {"way": way})
        made = _push(conn, actor, based.feed, way)
    if made is None:
        raise Conflict("its gate was shut meanwhile")
    return replace(made, secret=secret)


def shut(conn: Connection, actor: Actor, based: Based) -> None:
    """Nobody is let in any longer. NotFound where there is no gate, Conflict where nothing comes but by it."""
    with actor_transaction(conn, actor) as conn:
        kind, _ = feeds.hold(conn, actor, based)
        if _way(kind) not in _BEARING:
            raise Conflict("its logs come by this gate alone: pause or delete the feed instead")
        if not store.shut(conn, actor.tenant, based.feed):
            raise NotFound(f"gate of feed {based.feed}")
        audit.note(conn, actor, "feed.gate", f"feed {based.feed}", {"shut": True})


def _way(kind: str) -> str:
    way = feeding.member(kind).PUSHED
    if not way:
        raise Conflict("feeds of this kind are not pushed to")
    return way
