"""Who is given what: nobody gives what they lack, and those who can mend a tenant never all leave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from flowlens.access import limits
from flowlens.access.actor import Actor
from flowlens.access.limits import Limit
from flowlens.access.permissions import Permission
from flowlens.access.roles import ADMINISTRATOR, AUDITOR, CUSTODIAN, PLATFORM, PLATFORM_ADMINISTRATOR
from flowlens.model.errors import Conflict, Forbidden, Invalid, NotFound
from flowlens.services import audit
from flowlens.services.members import email_of, name_of
from flowlens.services.pages import Page, cut, decode
from flowlens.store import grants, members
from flowlens.store.connection import Connection, actor_transaction, person_transaction
from flowlens.store.grants import Given, Grant, Role
from flowlens.store.members import Member

_GOVERNS = frozenset({Permission.USERS_WRITE, Permission.ROLES_WRITE})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A role to be given, where and until when."""

    role: int
    limits: Mapping[str, object]
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A member and what they hold, grants that ended too."""

    member: Member
    grants: list[Grant]


def page(conn: Connection, actor: Actor, *, limit: int, cursor: str | None = None) -> Page[Listed]:
    """Members in the order of their addresses."""
    key = decode(cursor, str)
    with actor_transaction(conn, actor) as conn:
        found = members.page(conn, actor.tenant, limit=limit + 1, after=str(key[0]) if key else None)
        held: dict[UUID, list[Grant]] = {}
        for grant in grants.every(conn, actor.tenant):
            held.setdefault(grant.user, []).append(grant)
    return cut([Listed(one, held.get(one.id, [])) for one in found], limit, lambda one: (one.member.email,))


def read(conn: Connection, actor: Actor, user: UUID) -> Listed:
    with actor_transaction(conn, actor) as conn:
        return _listed(conn, actor, user)


def _listed(conn: Connection, actor: Actor, user: UUID) -> Listed:
    found = members.one(conn, actor.tenant, user)
    if found is None:
        raise NotFound(f"member {user}")
    return Listed(found, grants.every(conn, actor.tenant, user=user))


def invite(conn: Connection, actor: Actor, *, email: str, name: str, wanted: Wanted) -> Listed:
    """Somebody who will be a member, with a first grant, once they accept it with a link (services/links.py).

    Whether another tenant knows the person already is not to be learnt here.
    """
    email, name = email_of(email), name_of(name)
    with actor_transaction(conn, actor) as conn:
        role, limit = _given(conn, actor, wanted)
        with person_transaction(conn, email=email):
            known = members.person(conn, email=email)
            user = known.id if known else uuid4()
            if known is None:
                members.create_person(conn, user, email=email, name=name)
        if members.one(conn, actor.tenant, user) is not None:
            raise Conflict(f"{email} is a member already")
        members.join(conn, actor.tenant, user, accepted=False, name=name)
        audit.note(conn, actor, "member.invite", f"user {user}", {"email": email})
        _give(conn, actor, (user, email), (role, limit, wanted))
        return _listed(conn, actor, user)


def give(conn: Connection, actor: Actor, user: UUID, wanted: Wanted) -> Listed:
    """One more grant for a member; it holds from their next request on."""
    with actor_transaction(conn, actor) as conn:
        role, limit = _given(conn, actor, wanted)
        known = _listed(conn, actor, user)
        _give(conn, actor, (user, known.member.email), (role, limit, wanted))
        return _listed(conn, actor, user)


def _given(conn: Connection, actor: Actor, wanted: Wanted) -> tuple[Role, Limit]:
    """The role and where, once it is clear that the actor may hand it on."""
    grants.hold(conn, actor.tenant)
    found = grants.roles(conn, actor.tenant, id=wanted.role)
    if not found:
        raise NotFound(f"role {wanted.role}")
    limit = limits.read(wanted.limits)
    if wanted.until is not None and wanted.until <= datetime.now(UTC):
        raise Invalid("until: it must lie ahead")
    beyond = sorted(name for name in found[0].permissions if not actor.rights.reaches(name, limit))
    if beyond:
        raise Forbidden(f"nobody grants what they lack: you do not have {', '.join(beyond)} there")
    return found[0], limit


def _give(conn: Connection, actor: Actor, whom: tuple[UUID, str], what: tuple[Role, Limit, Wanted]) -> None:
    (user, email), (role, limit, wanted) = whom, what
    now = datetime.now(UTC)
    held = [g for g in grants.every(conn, actor.tenant, user=user) if g.until is None or g.until > now]
    judges, governs = role.builtin == AUDITOR.key, bool(_GOVERNS & set(role.permissions))
    if (judges and any(_GOVERNS & set(g.permissions) for g in held)) or (
        governs and any(g.builtin == AUDITOR.key for g in held)
    ):
        raise Conflict("whoever governs is not their own auditor: these roles do not go together")
    kept = limit.as_json()
    given = Given(user, role.id, actor.name, kept, wanted.until, wanted.reason)
    made = grants.give(conn, actor.tenant, given)
    detail = {"grant": made, "role": role.name, "limits": kept, "until": wanted.until, "reason": wanted.reason}
    audit.note(conn, actor, "grant.give", f"user {user}", {"email": email, **detail})


def revoke(conn: Connection, actor: Actor, user: UUID, grant: int) -> None:
    """It ends with the member's next request. The last one who can mend the tenant stays."""
    with actor_transaction(conn, actor) as conn:
        grants.hold(conn, actor.tenant)
        found = grants.every(conn, actor.tenant, id=grant)
        if not found or found[0].user != user:
            raise NotFound(f"grant {grant}")
        _everywhere(actor, found[0].limits)
        before = _keepers(conn, actor)
        grants.revoke(conn, actor.tenant, grant)
        _someone_stays(conn, actor, before)
        detail = {"email": _listed(conn, actor, user).member.email, "grant": grant, "role": found[0].role_name}
        audit.note(conn, actor, "grant.revoke", f"user {user}", detail)


def _everywhere(actor: Actor, kept: Mapping[str, object]) -> None:
    if not actor.rights.reaches(Permission.USERS_WRITE, limits.read(kept)):
        raise Forbidden("this reaches beyond where you may change who may what")


def shut(conn: Connection, actor: Actor, user: UUID, *, disabled: bool) -> Listed:
    """Shuts a member out of this tenant from their next request on, or lets them in again."""
    with actor_transaction(conn, actor) as conn:
        _everywhere(actor, {})
        grants.hold(conn, actor.tenant)
        before = _keepers(conn, actor)
        if not members.shut(conn, actor.tenant, user, disabled=disabled):
            raise NotFound(f"member {user}")
        _someone_stays(conn, actor, before)
        listed = _listed(conn, actor, user)
        detail = {"email": listed.member.email}
        audit.note(conn, actor, "member.disable" if disabled else "member.enable", f"user {user}", detail)
        return listed


def remove(conn: Connection, actor: Actor, user: UUID) -> None:
    """Ends a membership, its grants, and the tokens and providers' accounts that let somebody in by it."""
    with actor_transaction(conn, actor) as conn:
        _everywhere(actor, {})
        grants.hold(conn, actor.tenant)
        before, known = _keepers(conn, actor), members.one(conn, actor.tenant, user)
        if known is None or not members.leave(conn, actor.tenant, user):
            raise NotFound(f"member {user}")
        _someone_stays(conn, actor, before)
        audit.note(conn, actor, "member.remove", f"user {user}", {"email": known.email})


def _keepers(conn: Connection, actor: Actor) -> dict[str, int]:
    """How many hold each of the roles that only their holders, or nobody at all, could give again."""
    kept = (PLATFORM_ADMINISTRATOR,) if actor.tenant == PLATFORM else (ADMINISTRATOR, CUSTODIAN)
    return {role.name: grants.holders(conn, actor.tenant, role.permissions) for role in kept}


def _someone_stays(conn: Connection, actor: Actor, before: Mapping[str, int]) -> None:
    after = _keepers(conn, actor)
    gone = [name for name, count in before.items() if count and not after[name]]
    if gone:
        raise Conflict(f"that is the last {gone[0].lower()}: let there be another one first")
