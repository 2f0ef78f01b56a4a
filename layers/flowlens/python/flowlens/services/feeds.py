"""Feeds of flow logs: one transaction and one audit line per change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flowlens.access.actor import Actor
from flowlens.flows import feeding
from flowlens.flows.reading.interfaces import described
from flowlens.model.errors import Conflict, Invalid, NotFound, Stale
from flowlens.services import sealed
from flowlens.services.errands import Bound, subject
from flowlens.services.pages import Page, cut, decode
from flowlens.store import audit, pushes
from flowlens.store import feeds as store
from flowlens.store.connection import Connection, actor_transaction
from flowlens.store.feeds import Coverage, Feed, Fields, Visit
from flowlens.tables import visits

_LONGEST_VISIT = 360  # seconds: more than the function that visits is given


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be set up: its name, what people call it in brief and in full, and its form as JSON Schema."""

    name: str
    brief: str
    label: str
    form: dict[str, Any]
    secret: str  # what opens its place, in words; empty: nothing does
    visited: bool  # FlowLens fetches its logs
    pushed: str  # the way in which clouds push to its gate; empty: it has none


@dataclass(frozen=True, slots=True)
class Given:
    """What opens a feed's place: None leaves what it has, "" takes it away. `sealing` is the secret with our key."""

    sealing: str
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Based:
    """A feed, and the version that a change of it is based on (None: whichever it is)."""

    feed: int
    version: int | None


def kinds() -> list[Kind]:
    """The members of the family."""
    found = []
    for name in feeding.FEEDS.names():
        module = feeding.FEEDS.load(name)
        label = (module.__doc__ or name).strip().partition("\n")[0].rstrip(".")
        one = feeding.member(name)
        form = one.Settings.model_json_schema()
        found.append(Kind(name, one.BRIEF, label, form, one.SECRET, one.VISITED, one.PUSHED))
    return found


def page(conn: Connection, actor: Actor, *, limit: int, cursor: str | None = None) -> Page[Feed]:
    """In the order they were set up."""
    key = decode(cursor, int)
    after = min(int(key[0]), 2**31 - 1) if key else None
    with actor_transaction(conn, actor) as conn:
        found = store.page(conn, actor.tenant, limit=limit + 1, after=after)
    return cut(found, limit, lambda feed: (feed.id,))


def read(conn: Connection, actor: Actor, feed: int) -> Feed:
    with actor_transaction(conn, actor) as conn:
        return _one(conn, actor, feed)


def coverage(conn: Connection, actor: Actor, feed: int) -> list[Coverage]:
    """What its interfaces said of their own silence in the last day."""
    with actor_transaction(conn, actor) as conn:
        _one(conn, actor, feed)
        found = store.coverage(conn, actor.tenant, feed)
    return [replace(one, interface=described(one.exporter) or "") for one in found]


def shown(table: str, actor: Actor, feed: Feed) -> Feed:
    """With what came of its last visit, where it is visited."""
    if feed.kind not in feeding.visited():
        return feed
    found = visits.state(table, subject(actor.tenant, feed.id))
    if found is None:
        return replace(feed, visit=Visit(None, 0, "", ""))
    at = datetime.fromtimestamp(found.visited, UTC) if found.visited else None
    problem, detail = found.problem, found.detail
    if found.began and datetime.now(UTC).timestamp() - found.began > _LONGEST_VISIT:
        began = datetime.fromtimestamp(found.began, UTC)
        problem, detail = "visit_cut_off", f"the visit that began at {began:%H:%M} UTC never ended"
    return replace(feed, visit=Visit(at, int(found.waiting), problem, detail))


def create(conn: Connection, actor: Actor, kind: str, wanted: Fields, given: Given) -> Feed:
    """Invalid when the form does not hold, Conflict when the name is taken."""
    said = _checked(kind, wanted)
    with actor_transaction(conn, actor) as conn:
        made = store.create(conn, actor.tenant, kind, said)
        if made is None:
            raise Conflict(f"there is a feed {wanted.name!r} already, or there are a thousand")
        _keep(conn, actor, Bound(actor.tenant, made, kind, said.settings or {}), given)
        if feeding.member(kind).PUSHED and not feeding.member(kind).VISITED:
            pushes.open(conn, actor.tenant, made, None, overlap=timedelta())
        _note(conn, actor, "feed.create", made, {"kind": kind, **_said(said), **_secretly(given)})
        return _one(conn, actor, made)


def update(conn: Connection, actor: Actor, based: Based, wanted: Fields, given: Given) -> Feed:
    """Concerns logs that are read from then on. The kind stays.

    Invalid when it names another place and no secret for it: what opens one place is sent to no other.
    """
    with actor_transaction(conn, actor) as conn:
        kind, _ = hold(conn, actor, based)
        said = _checked(kind, wanted)
        before = _one(conn, actor, based.feed)
        after = before.settings if said.settings is None else said.settings
        moved = feeding.bond(kind, before.settings) != feeding.bond(kind, after)
        if moved and before.has_secret and given.secret is None:
            raise Invalid(f"secret: enter it again, since {' or '.join(feeding.member(kind).BOUND)} changed")
        if not store.update(conn, actor.tenant, based.feed, said):
            raise Conflict(f"there is a feed {wanted.name!r} already")
        _keep(conn, actor, Bound(actor.tenant, based.feed, kind, after), given)
        _note(conn, actor, "feed.update", based.feed, {**_said(said), **_secretly(given)})
        return _one(conn, actor, based.feed)


def delete(conn: Connection, actor: Actor, based: Based) -> None:
    """What was counted of its flows stays."""
    with actor_transaction(conn, actor) as conn:
        kind, name = hold(conn, actor, based)
        store.delete(conn, actor.tenant, based.feed)
        _note(conn, actor, "feed.delete", based.feed, {"kind": kind, "name": name})


def _keep(conn: Connection, actor: Actor, bound: Bound, given: Given) -> None:
    if given.secret is None:
        return
    if given.secret and not feeding.member(bound.kind).SECRET:
        raise Invalid("secret: feeds of this kind have none")
    kept = sealed.seal(given.sealing, given.secret, belongs=str(bound)) if given.secret else None
    store.keep_secret(conn, actor.tenant, bound.feed, kept)


def _secretly(given: Given) -> dict[str, object]:
    """The trail says that it changed, and no more of it."""
    return {} if given.secret is None else {"secret_changed": True}


def _checked(kind: str, wanted: Fields) -> Fields:
    """With the settings as the form understands them."""
    if wanted.settings is None:
        return wanted
    settings = feeding.settings(kind, wanted.settings).model_dump(mode="json")
    return Fields(name=wanted.name, note=wanted.note, state=wanted.state, settings=settings)


def _one(conn: Connection, actor: Actor, feed: int) -> Feed:
    found = store.page(conn, actor.tenant, limit=1, id=feed)
    if not found:
        raise NotFound(f"feed {feed}")
    return found[0]


def hold(conn: Connection, actor: Actor, based: Based) -> tuple[str, str]:
    """Kind and name, inside a transaction; Stale unless the version is the one that the change is based on."""
    found = store.held(conn, actor.tenant, based.feed)
    if found is None:
        raise NotFound(f"feed {based.feed}")
    version, kind, name = found
    if based.version not in (None, version):
        raise Stale(version)
    return kind, name


def _said(fields: Fields) -> dict[str, object]:
    named = {"name": fields.name, "note": fields.note, "state": fields.state, "settings": fields.settings}
    return {name: value for name, value in named.items() if value is not None}


def _note(conn: Connection, actor: Actor, action: str, feed: int, detail: dict[str, object]) -> None:
    audit.record(conn, actor.tenant, actor=actor.name, action=action, target=f"feed {feed}", detail=detail)
