"""Saved views and dashboards: one transaction and one audit line per change, and what a view names that is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.model.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from flowlens.services import bygone
from flowlens.services.bygone import Gone
from flowlens.services.pages import Page, cut, decode
from flowlens.store import audit
from flowlens.store import views as store
from flowlens.store.connection import Connection, actor_transaction
from flowlens.store.views import Fields, State, View, Wanted

ALL, _ROLE = "all", "role:"


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a view can be shown to."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A view as a row of the list."""

    id: int
    kind: str
    name: str
    note: str
    owner_name: str
    mine: bool
    audience: list[str]
    version: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Read:
    """A view with what it shows, and what of that is gone."""

    listed: Listed
    state: State
    gone: Sequence[Gone]


@dataclass(frozen=True, slots=True)
class Based:
    """A view, and the version that a change of it is based on (None: whichever it is)."""

    view: int
    version: int | None


def page(
    conn: Connection, actor: Actor, *, limit: int, cursor: str | None = None, kind: str | None = None
) -> Page[Listed]:
    """Those of the actor and those that others share with them, in the order they were made."""
    key = decode(cursor, int)
    after = min(int(key[0]), 2**31 - 1) if key else None
    with actor_transaction(conn, actor) as conn:
        found = store.page(conn, _reader(conn, actor), Wanted(limit + 1, kind, after))
    return cut([_listed(actor, view) for view in found], limit, lambda view: (view.id,))


def read(conn: Connection, actor: Actor, view: int) -> Read:
    with actor_transaction(conn, actor) as conn:
        return _one(conn, actor, view)


def create(conn: Connection, actor: Actor, kind: str, wanted: Fields) -> Read:
    """Conflict when the actor has one of this name."""
    with actor_transaction(conn, actor) as conn:
        _may_share(conn, actor, wanted.audience or ())
        made = store.create(conn, _reader(conn, actor), actor.name, kind, wanted)
        if made is None:
            raise Conflict(f"you have a {kind} called {wanted.name!r} already, or there are {store.MOST:,} views")
        _note(conn, actor, "view.create", made, {"kind": kind} | _said(wanted))
        return _one(conn, actor, made)


def update(conn: Connection, actor: Actor, based: Based, wanted: Fields, kind: str | None = None) -> Read:
    """By its owner, or by whoever may share when it is shared. Invalid when it is of another kind than this."""
    with actor_transaction(conn, actor) as conn:
        audience = _hold(conn, actor, based)
        if kind is not None and _one(conn, actor, based.view).listed.kind != kind:
            raise Invalid(f"this is no {kind}")
        if wanted.audience is not None and sorted(wanted.audience) != sorted(audience):
            _may_share(conn, actor, wanted.audience)
        if wanted.name is not None and store.name_taken(conn, actor.tenant, based.view, wanted.name):
            raise Conflict(f"there is one called {wanted.name!r} already")
        store.update(conn, actor.tenant, based.view, wanted)
        _note(conn, actor, "view.update", based.view, _said(wanted))
        return _one(conn, actor, based.view)


def delete(conn: Connection, actor: Actor, based: Based) -> None:
    with actor_transaction(conn, actor) as conn:
        _hold(conn, actor, based)
        name = _one(conn, actor, based.view).listed.name
        store.delete(conn, actor.tenant, based.view)
        _note(conn, actor, "view.delete", based.view, {"name": name})


def audiences(conn: Connection, actor: Actor) -> list[Audience]:
    """Everyone, and each role."""
    with actor_transaction(conn, actor) as conn:
        roles = store.roles(conn, actor.tenant)
    return [Audience(ALL, "Everyone"), *(Audience(f"{_ROLE}{number}", name) for number, name in roles)]


def _owner(actor: Actor) -> str:
    return f"user:{actor.user}" if actor.user else actor.principal or actor.name


def _reader(conn: Connection, actor: Actor) -> store.Reader:
    roles = store.roles_of(conn, actor.tenant, actor.user) if actor.user else []
    return store.Reader(actor.tenant, _owner(actor), [ALL, *(f"{_ROLE}{number}" for number in roles)])


def _may_share(conn: Connection, actor: Actor, audience: Sequence[str]) -> None:
    if audience and Permission.VIEWS_SHARE not in actor.permissions:
        raise Forbidden(f"to show it to others needs the permission {Permission.VIEWS_SHARE}")
    known = {ALL, *(f"{_ROLE}{number}" for number, _ in store.roles(conn, actor.tenant))}
    unknown = [one for one in audience if one not in known]
    if unknown:
        raise Invalid(f"audience: there is no {unknown[0][:80]!r}")


def _hold(conn: Connection, actor: Actor, based: Based) -> list[str]:
    """The audience; Stale unless the version is the one that the change is based on."""
    found = store.held(conn, _reader(conn, actor), based.view)
    if found is None:
        raise NotFound(f"view {based.view}")
    version, owner, audience = found
    if owner != _owner(actor) and Permission.VIEWS_SHARE not in actor.permissions:
        raise Forbidden(f"it is another's: to change it needs the permission {Permission.VIEWS_SHARE}")
    if based.version not in (None, version):
        raise Stale(version)
    return audience


def _one(conn: Connection, actor: Actor, view: int) -> Read:
    found = store.page(conn, _reader(conn, actor), Wanted(1, id=view))
    if not found:
        raise NotFound(f"view {view}")
    gone = bygone.of(conn, actor, found[0].state) if found[0].kind == "map" else []
    return Read(_listed(actor, found[0]), found[0].state, gone)


def _listed(actor: Actor, view: View) -> Listed:
    return Listed(
        view.id,
        view.kind,
        view.name,
        view.note,
        view.owner_name,
        view.owner == _owner(actor),
        view.audience,
        view.version,
        view.created_at,
        view.changed_at,
    )


def _said(fields: Fields) -> dict[str, object]:
    named = {"name": fields.name, "note": fields.note, "audience": fields.audience, "state": fields.state}
    return {name: value for name, value in named.items() if value is not None}


def _note(conn: Connection, actor: Actor, action: str, view: int, detail: dict[str, object]) -> None:
    audit.record(conn, actor.tenant, actor=actor.name, action=action, target=f"view {view}", detail=detail)
