"""Roles of a tenant: those of the house, and its own. Nobody puts into a role what they lack."""

from __future__ import annotations

from collections.abc import Iterable

from flowlens.access import roles
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.model.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from flowlens.services import audit
from flowlens.store import grants
from flowlens.store.connection import Connection, actor_transaction
from flowlens.store.grants import Role, RoleText


def every(conn: Connection, actor: Actor) -> list[Role]:
    """Those of the house first."""
    with actor_transaction(conn, actor) as conn:
        return grants.roles(conn, actor.tenant)


def read(conn: Connection, actor: Actor, role: int) -> Role:
    with actor_transaction(conn, actor) as conn:
        return _one(conn, actor, role)


def _one(conn: Connection, actor: Actor, role: int) -> Role:
    found = grants.roles(conn, actor.tenant, id=role)
    if not found:
        raise NotFound(f"role {role}")
    return found[0]


def create(conn: Connection, actor: Actor, text: RoleText) -> Role:
    """Conflict when there is one of this name."""
    with actor_transaction(conn, actor) as conn:
        text = _checked(actor, text, ())
        made = grants.create_role(conn, actor.tenant, text)
        if made is None:
            raise Conflict(f"there is a role {text.name} already")
        audit.note(conn, actor, "role.create", f"role {made}", _said(text))
        return _one(conn, actor, made)


def update(conn: Connection, actor: Actor, role: int, version: int | None, text: RoleText) -> Role:
    """What it permits holds for everybody who has it from their next request on."""
    with actor_transaction(conn, actor) as conn:
        before = _held(conn, actor, role, version)
        text = _checked(actor, text, before.permissions)
        if not grants.update_role(conn, actor.tenant, role, text):
            raise Conflict(f"there is a role {text.name} already")
        audit.note(conn, actor, "role.update", f"role {role}", _said(text) | {"before": before.permissions})
        return _one(conn, actor, role)


def delete(conn: Connection, actor: Actor, role: int, version: int | None) -> None:
    """Conflict while somebody holds it."""
    with actor_transaction(conn, actor) as conn:
        before = _held(conn, actor, role, version)
        _checked(actor, RoleText(before.name, before.note, before.permissions), ())
        if not grants.delete_role(conn, actor.tenant, role):
            raise Conflict("somebody was given this role: revoke that first")
        audit.note(conn, actor, "role.delete", f"role {role}", {"name": before.name})


def _held(conn: Connection, actor: Actor, role: int, version: int | None) -> Role:
    grants.hold(conn, actor.tenant)
    found = _one(conn, actor, role)
    if found.builtin is not None:
        raise Forbidden("a role of the house stays as it is: make one of your own")
    if version not in (None, found.version):
        raise Stale(found.version)
    return found


def _checked(actor: Actor, text: RoleText, before: Iterable[str]) -> RoleText:
    """The text as it is kept, once it is clear that the actor has everything that it permits, or permitted."""
    name, permissions = text.name.strip(), roles.check(actor.tenant, text.permissions)
    if not name:
        raise Invalid("name: a role has one")
    if not actor.rights.everywhere(Permission.ROLES_WRITE):
        raise Forbidden("a role is the same everywhere, and you may change roles in some places only")
    beyond = sorted(p for p in {*permissions, *before} if not actor.rights.everywhere(p))
    if beyond:
        raise Forbidden(f"nobody grants what they lack: you do not have {', '.join(beyond)} everywhere")
    return RoleText(name, text.note, permissions)


def _said(text: RoleText) -> dict[str, object]:
    return {"name": text.name, "permissions": text.permissions}
