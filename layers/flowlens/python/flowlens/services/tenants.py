"""Tenants, as those who run the installation see them: by name. To look into one is an act that everybody sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from flowlens.access import sessions
from flowlens.access.actor import Actor
from flowlens.access.roles import ADMINISTRATOR, PLATFORM, Role
from flowlens.model.errors import Conflict, Forbidden, Invalid, NotFound
from flowlens.services import audit, members
from flowlens.services.links import LATER, Made
from flowlens.services.operations import establish
from flowlens.store import audit as trail
from flowlens.store import grants, links, tenants
from flowlens.store import members as people
from flowlens.store.connection import Connection, actor_transaction, listing_transaction, tenant_transaction
from flowlens.store.grants import Given
from flowlens.store.tenants import Tenant

LONGEST = timedelta(hours=4)


def every(conn: Connection, actor: Actor) -> list[Tenant]:
    """By when they were made; the platform itself is none. Only members of the platform may ask."""
    if actor.tenant != PLATFORM:
        raise Forbidden("tenants are the platform's to see")
    with listing_transaction(conn) as conn:
        return [one for one in tenants.listed(conn) if one.id != PLATFORM]


def create(conn: Connection, actor: Actor, *, name: str, administrator: str) -> tuple[Tenant, Made]:
    """A tenant, and the link with which its first administrator accepts it: nobody inside could make one yet."""
    name, email = name.strip(), members.email_of(administrator)
    if not name:
        raise Invalid("name: a tenant has one")
    if actor.tenant != PLATFORM:
        raise Forbidden("tenants are the platform's to make")
    made = uuid4()
    with conn.transaction():
        with listing_transaction(conn):
            if tenants.name_taken(conn, name):
                raise Conflict(f"there is a tenant {name} already")
        with actor_transaction(conn, actor):
            audit.note(conn, actor, "tenant.create", f"tenant {made}", {"name": name, "administrator": email})
        establish(conn, made, name)
        user = members.enrol(conn, made, email=email, name="", role=ADMINISTRATOR, by=actor.name)
        secret = sessions.make()
        with tenant_transaction(conn, made):
            ends = links.make(conn, made, sessions.digest(secret), user=user, made_by=actor.name, life=LATER)
    return next(one for one in every(conn, actor) if one.id == made), Made(secret, ends)


def enter(conn: Connection, actor: Actor, tenant: UUID, *, role: Role, reason: str, minutes: int) -> datetime:
    """Breaks the glass: a grant in a tenant for the actor that ends by itself, in both audit trails. Says when it ends.

    It is among the tenant's grants, where its administrators see it and may revoke it.
    """
    if actor.user is None:
        raise Forbidden("a person looks into a tenant, not a token")
    until = datetime.now(UTC) + min(timedelta(minutes=minutes), LONGEST)
    names = {one.id: one.name for one in every(conn, actor)}
    if tenant == PLATFORM or tenant not in names:
        raise NotFound(f"tenant {tenant}")
    detail = {"role": role.name, "reason": reason, "until": until}
    with conn.transaction():
        with actor_transaction(conn, actor):
            audit.note(conn, actor, "tenant.enter", f"tenant {tenant}", {"name": names[tenant], **detail})
        with tenant_transaction(conn, tenant):
            number = grants.role_of_house(conn, tenant, role.key)
            if number is None:
                raise NotFound(f"the role {role.key} in this tenant")
            found = people.one(conn, tenant, actor.user)
            if found is not None and found.accepted_at is None:
                raise Conflict("this tenant invited you: accept that with its link, or let it take that back")
            people.join(conn, tenant, actor.user, accepted=True)
            grants.give(conn, tenant, Given(actor.user, number, f"{actor.name} (platform)", {}, until, reason))
            said = {"email": actor.name, **detail, "by": actor.principal}
            trail.record(
                conn, tenant, actor=actor.name, action="tenant.enter", target=f"user {actor.user}", detail=said
            )
    return until
