"""Links that work once: how a person gets a first password, and how an installation gets its first administrator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flowlens.access import passwords, sessions
from flowlens.access.actor import Actor
from flowlens.access.limits import EVERYWHERE
from flowlens.access.roles import ADMINISTRATOR, PLATFORM, PLATFORM_ADMINISTRATOR
from flowlens.model.errors import Conflict, Forbidden, NotFound, Throttled
from flowlens.services import accepting, audit, members
from flowlens.services.accepting import open_link
from flowlens.services.sessions import Caller, begin
from flowlens.store import audit as trail
from flowlens.store import factors as second
from flowlens.store import links as store
from flowlens.store import members as people
from flowlens.store import passwords as kept
from flowlens.store import sessions as signed_in
from flowlens.store import tokens
from flowlens.store.connection import (
    Connection,
    actor_transaction,
    person_transaction,
    secret_transaction,
    tenant_transaction,
)
from flowlens.store.links import Link
from flowlens.store.members import Member
from flowlens.tables import throttles
from flowlens.tables.throttles import Allowance

FIRST, LATER = timedelta(minutes=10), timedelta(days=3)
_TRIES = Allowance(30, 300)


@dataclass(frozen=True, slots=True)
class Made:
    """The secret of a new link, which is told once."""

    secret: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a link is for. Without an address, whoever opens it becomes the tenant's administrator.

    `accept`: its person is known in other tenants: they sign in as before and accept.
    """

    tenant: str
    email: str | None
    expires_at: datetime
    accept: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """What whoever opened a link says. Address and name count for a first administrator only."""

    password: str
    email: str = ""
    name: str = ""


def for_member(conn: Connection, actor: Actor, user: UUID) -> Made:
    """For whoever was invited, or forgot their password. Nobody gets at more that way than they have themselves.

    Forbidden for somebody with rights that the actor lacks somewhere, Conflict for a member whom other tenants know
    too: whoever sets their password would be them there as well. Who was invited accepts with it, whoever knows them.
    """
    member = _reached(conn, actor, user)
    if member.accepted_at is not None:
        accepting.check_alone(conn, user, actor.tenant)
    secret = sessions.make()
    with actor_transaction(conn, actor) as conn:
        ends = store.make(conn, actor.tenant, sessions.digest(secret), user=user, made_by=actor.name, life=LATER)
        audit.note(conn, actor, "link.make", f"user {user}", {"email": member.email, "expires_at": ends})
    return Made(secret, ends)


def check_theirs(conn: Connection, actor: Actor, user: UUID) -> None:
    """Whether the actor may give a member another password or take their factor away; see `for_member`."""
    _reached(conn, actor, user)
    accepting.check_alone(conn, user, actor.tenant)


def _reached(conn: Connection, actor: Actor, user: UUID) -> Member:
    """A member who may nothing that the actor may not, once they accepted."""
    with actor_transaction(conn, actor) as conn:
        member = people.one(conn, actor.tenant, user)
    if member is None:
        raise NotFound(f"member {user}")
    theirs = members.rights_of(conn, actor.tenant, user, waiting=True)
    lacking = [
        name
        for name in sorted(theirs.permissions)
        if not all(actor.rights.reaches(name, limit) for limit in theirs.limits.get(name, (EVERYWHERE,)))
    ]
    if lacking:
        raise Forbidden(f"they may do what you may not, or where you may not: {', '.join(lacking)}")
    return member


def for_first(conn: Connection, actor: Actor) -> Made:
    """For the first administrator of a tenant that has no member; Conflict when there is one."""
    with actor_transaction(conn, actor) as conn:
        if people.page(conn, actor.tenant, limit=1):
            raise Conflict("this tenant has members already: its administrators add others")
        secret = sessions.make()
        ends = store.make(conn, actor.tenant, sessions.digest(secret), user=None, made_by=actor.name, life=FIRST)
        audit.note(conn, actor, "link.make", "first administrator", {"expires_at": ends})
    return Made(secret, ends)


def to_regain(conn: Connection, email: str) -> Made:
    """For somebody who forgot password or factor and whom nobody else can help: whoever runs the installation asks.

    It works whichever tenants know them, takes the second factor away, and is in the trail of each of them.
    """
    person = members.person(conn, email=members.email_of(email))
    with person_transaction(conn, user=person.id if person else None) as conn:
        tenants = people.memberships(conn, person.id) if person else []
    if person is None or not tenants:
        raise NotFound(f"member {email}")
    secret, by = sessions.make(), "whoever runs the installation"
    for tenant in tenants:
        with tenant_transaction(conn, tenant) as conn:
            trail.record(conn, tenant, actor=by, action="link.regain", target=f"user {person.id}", detail={})
    with tenant_transaction(conn, tenants[0]) as conn:
        ends = store.make(
            conn, tenants[0], sessions.digest(secret), user=person.id, made_by=by, life=FIRST, regains=True
        )
    return Made(secret, ends)


def purpose(conn: Connection, table: str, caller: Caller, secret: str) -> Purpose:
    """NotFound for a link that is not known, was used or has ended: all the same to whoever asks."""
    _count(table, caller)
    with secret_transaction(conn, key := sessions.digest(secret)) as conn:
        link = open_link(conn, key)
    with tenant_transaction(conn, link.tenant) as conn:
        member = people.one(conn, link.tenant, link.user) if link.user else None
        name = tokens.tenant_name(conn, link.tenant) or ""
    return Purpose(name, member.email if member else None, link.expires_at, accepting.waits(conn, link))


def use(conn: Connection, table: str, caller: Caller, secret: str, chosen: Chosen) -> tuple[str, Actor]:
    """Sets the password, uses the link up and signs its person in: the new session's secret, and who it is."""
    _count(table, caller)
    key = sessions.digest(secret)
    with secret_transaction(conn, key) as conn:
        waiting = open_link(conn, key)
    email = chosen.email if waiting.user is None else _email(conn, waiting)
    passwords.check(chosen.password, about=(email, chosen.name))
    made = passwords.hashed(chosen.password)
    with secret_transaction(conn, key) as conn:
        link = open_link(conn, key)  # once more: of two who use it at once, one is too late
        if link.user is not None and not link.regains:
            accepting.check_alone(conn, link.user, link.tenant)  # another tenant may have taken them in since
        user = link.user or _enrol(conn, link, chosen)
        with person_transaction(conn, user=user), tenant_transaction(conn, link.tenant):
            accepted = accepting.begin_anew(conn, link.tenant, user)
            kept.keep(conn, user, made)
            signed_in.finish(conn, user)
            if link.regains:
                second.forget(conn, user)
            store.use(conn, link.id)
            trail.record(
                conn, link.tenant, actor=_address_of(conn, link.tenant, user), action="link.use",
                target=f"user {user}",
                detail={"address": caller.address, "made_by": link.made_by, "accepted": accepted},
            )  # fmt: skip
    return begin(conn, user, "link", caller, tenant=link.tenant)


def _address_of(conn: Connection, tenant: UUID, user: UUID) -> str:
    member = people.one(conn, tenant, user)
    return member.email if member else ""


def _email(conn: Connection, link: Link) -> str:
    with tenant_transaction(conn, link.tenant) as conn:
        return _address_of(conn, link.tenant, link.user) if link.user else ""


def _enrol(conn: Connection, link: Link, chosen: Chosen) -> UUID:
    with tenant_transaction(conn, link.tenant) as conn:
        if people.page(conn, link.tenant, limit=1):
            raise Conflict("this tenant has members already: its administrators add others")
    known = members.person(conn, email=members.email_of(chosen.email))
    if known is not None:
        raise Conflict("somebody with this address exists already: sign in as them")
    said = {"email": chosen.email, "name": chosen.name, "by": link.made_by}
    user = members.enrol(conn, link.tenant, **said, role=ADMINISTRATOR, accepted=True)
    with tenant_transaction(conn, PLATFORM) as conn:
        unruled = not people.page(conn, PLATFORM, limit=1)
    if unruled:  # whoever is first runs the installation too, or nobody could ever make a second tenant
        members.enrol(conn, PLATFORM, **said, role=PLATFORM_ADMINISTRATOR, accepted=True)
    return user


def _count(table: str, caller: Caller) -> None:
    if wait := throttles.count(table, f"link/address/{caller.address}", _TRIES):
        raise Throttled("too many tries; try again in a while", seconds=wait)
