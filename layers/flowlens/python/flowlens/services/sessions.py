"""People sign in, stay signed in for a while, and leave."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from flowlens.access import factors as second
from flowlens.access import passwords, sessions
from flowlens.access.actor import Actor
from flowlens.access.roles import PLATFORM
from flowlens.model.errors import Forbidden, Invalid, NotFound, Throttled, Unauthenticated, Unproven
from flowlens.services import audit, denials, factors, members
from flowlens.services.factors import Proof
from flowlens.store import passwords as kept
from flowlens.store import sessions as store
from flowlens.store import tokens
from flowlens.store.connection import (
    Connection,
    actor_transaction,
    person_transaction,
    tenant_transaction,
)
from flowlens.store.members import Person, Tenant
from flowlens.store.sessions import Begun, Listed
from flowlens.tables import throttles
from flowlens.tables.throttles import Allowance

# PyPI's own limits: for an account and an address so that nobody guesses, for all so that nobody sprays.
_OF_ACCOUNT, _OF_ADDRESS, _OF_ALL = Allowance(10, 300), Allowance(10, 300), Allowance(1000, 300)
_WRONG = "the address or the password is wrong"
_ENDED = "your session has ended; sign in again"
_MAX_AGENT = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """From where somebody calls: the gateway's word for the address, the browser's for itself."""

    address: str
    agent: str


def sign_in(conn: Connection, table: str, caller: Caller, *, email: str, password: str) -> tuple[str, Actor]:
    """The new session's secret and who it is. Unauthenticated tells nobody whether the address is known.

    Limits are counted before the password costs anything: Throttled says when to try again.
    """
    email = members.email_of(email)
    for subject, allowance in (
        (f"sign-in/account/{_blinded(email)}", _OF_ACCOUNT),
        (f"sign-in/address/{caller.address}", _OF_ADDRESS),
        ("sign-in/all", _OF_ALL),
    ):
        if wait := throttles.count(table, subject, allowance):
            raise Throttled("too many tries to sign in; try again in a while", seconds=wait)
    person = members.person(conn, email=email)
    known = _password(conn, person.id) if person else None
    right = passwords.holds(known, password)
    if person is None or person.disabled_at is not None or not right:
        _note_failure(conn, person, caller)
        raise Unauthenticated(_WRONG)
    if known and passwords.ages(known):
        with person_transaction(conn, user=person.id) as conn:
            kept.keep(conn, person.id, passwords.hashed(password))
    return begin(conn, person.id, "password", caller)


def _blinded(email: str) -> str:
    """The table of tries is no list of addresses."""
    return hashlib.sha256(email.encode()).hexdigest()


def _password(conn: Connection, user: UUID) -> str | None:
    with person_transaction(conn, user=user) as conn:
        return kept.kept(conn, user)


def _note_failure(conn: Connection, person: Person | None, caller: Caller) -> None:
    """In the trail of each tenant that the person is in: somebody knocks at its door."""
    for tenant in members.tenants_of(conn, person.id) if person else ():
        detail, name = {"address": caller.address}, person.email if person else ""
        denials.note(conn, tenant.id, actor=name, action="session.refuse", target="sign-in", detail=detail)


def begin(
    conn: Connection,
    user: UUID,
    method: str,
    caller: Caller,
    *,
    tenant: UUID | None = None,
    provider: UUID | None = None,
) -> tuple[str, Actor]:
    """A session of somebody who has shown who they are: in this tenant, or in the first of theirs.

    The platform comes last, for it has no flows to look at. What a `provider` vouches for counts in its tenant alone.
    """
    tenants = sorted(members.tenants_of(conn, user), key=lambda one: (one.id != tenant, one.id == PLATFORM))
    if not tenants or (provider is not None and tenants[0].id != tenant):
        raise Forbidden("you are a member of no tenant; ask whoever administers yours")
    secret = sessions.make()
    begun = Begun(user, tenants[0].id, method, caller.address, caller.agent[:_MAX_AGENT], provider)
    with person_transaction(conn, user=user) as conn, tenant_transaction(conn, begun.tenant):
        store.sweep(conn, user, idle=sessions.IDLE)
        store.begin(conn, sessions.digest(secret), begun, longest=sessions.LONGEST)
    actor = authenticate(conn, secret)
    with actor_transaction(conn, actor) as conn:
        audit.note(conn, actor, "session.begin", "sign-in", {"method": method, "address": caller.address})
    return secret, actor


def authenticate(conn: Connection, secret: str) -> Actor:
    """Whose session it is, with what they may do at this moment; Unauthenticated when it has ended.

    One question to the database, for every request begins with it; nothing is remembered from one to the next.
    """
    found = store.asking(conn, sessions.digest(secret), idle=sessions.IDLE)
    if found is None or found.disabled:
        raise Unauthenticated(_ENDED)
    held = members.rights_from(found.grants)
    return Actor(
        found.tenant,
        found.email,
        held.permissions,
        f"user:{found.user}",
        user=found.user,
        rights=held,
        session=found.id,
        proven=found.proven_at,
        provider=found.provider,
        factor=second.standing(kept=found.kept, shown=found.factor_at is not None, required=found.required),
    )


def check_fresh(actor: Actor) -> None:
    """Unproven unless whoever asks has shown who they are in the last minutes; a token has no such moment."""
    if actor.session is not None and (actor.proven is None or datetime.now(UTC) - actor.proven > sessions.FRESH):
        raise Unproven("this wants a fresh sign-in: show once more who you are")


def prove(conn: Connection, table: str, proof: Proof, actor: Actor, caller: Caller, *, password: str) -> str:
    """Shows once more who one is; the session goes on under another secret, which is returned.

    Whoever has a second factor shows that too.
    """
    user, session = actor.signed_in()
    if wait := throttles.count(table, f"prove/{user}", _OF_ACCOUNT):
        raise Throttled("too many tries; try again in a while", seconds=wait)
    if not passwords.holds(_password(conn, user), password):
        raise Forbidden("the password is wrong")
    kept = actor.factor in (second.Factor.SHOWN, second.Factor.WANTED)
    if kept:
        factors.show(conn, table, proof, actor)
    secret = sessions.make()
    with person_transaction(conn, user=user) as conn, actor_transaction(conn, actor):
        store.turn(conn, session, sessions.digest(secret), proven=True, factor=kept or None)
        audit.note(conn, actor, "session.prove", "sign-in", {"address": caller.address})
    return secret


def sign_out(conn: Connection, actor: Actor) -> None:
    user, session = actor.signed_in()
    with person_transaction(conn, user=user) as conn, actor_transaction(conn, actor):
        store.finish(conn, user, session=session)
        audit.note(conn, actor, "session.end", "sign-out", {})


def enter(conn: Connection, actor: Actor, tenant: UUID) -> Actor:
    """Turns to another of one's tenants; NotFound for any that one is no member of."""
    user, session = actor.signed_in()
    if tenant not in {one.id for one in tenants_of(conn, actor)}:
        raise NotFound(f"tenant {tenant}")
    held = members.rights_of(conn, tenant, user)
    wanted = factors.state(conn, user, tenant)
    shown = second.standing(kept=wanted.kept, shown=actor.factor is second.Factor.SHOWN, required=wanted.required)
    turned = replace(actor, tenant=tenant, permissions=held.permissions, rights=held, factor=shown)
    with person_transaction(conn, user=user) as conn, actor_transaction(conn, turned):
        # A row is let go by the tenant it is in and taken by the one it goes to: the person's own policy covers both.
        store.enter(conn, session, tenant)
        audit.note(conn, turned, "session.enter", "tenant", {"from": str(actor.tenant)})
    return turned


def tenants_of(conn: Connection, actor: Actor) -> list[Tenant]:
    """Those one may turn to; of a token only its own, and of a session that a provider vouched for."""
    if actor.user is not None and actor.session is not None and actor.provider is None:
        return members.tenants_of(conn, actor.user)
    with actor_transaction(conn, actor) as conn:
        return [Tenant(actor.tenant, tokens.tenant_name(conn, actor.tenant) or "")]


def every(conn: Connection, actor: Actor) -> list[Listed]:
    """One's own, on all machines; see `_reach`."""
    user, _ = actor.signed_in()
    with person_transaction(conn, user=user) as conn:
        return store.of_user(conn, user, idle=sessions.IDLE, within=_reach(actor))


def _reach(actor: Actor) -> UUID | None:
    """What a provider vouches for counts in its tenant alone: such a session reaches only those that are like it."""
    return actor.tenant if actor.provider is not None else None


def revoke(conn: Connection, actor: Actor, session: UUID) -> None:
    """One of one's own; from its next request on it is nobody."""
    user, _ = actor.signed_in()
    with person_transaction(conn, user=user) as conn, actor_transaction(conn, actor):
        if not store.finish(conn, user, session=session, within=_reach(actor)):
            raise NotFound(f"session {session}")
        audit.note(conn, actor, "session.revoke", f"session {session}", {})


def revoke_others(conn: Connection, actor: Actor) -> None:
    """All of one's own but this one; see `_reach`."""
    user, session = actor.signed_in()
    with person_transaction(conn, user=user) as conn, actor_transaction(conn, actor):
        ended = store.finish(conn, user, but=session, within=_reach(actor))
        audit.note(conn, actor, "session.revoke", "other sessions", {"ended": ended})


def change_password(conn: Connection, table: str, actor: Actor, *, old: str, new: str) -> str:
    """Ends all sessions but this one, which goes on under another secret: it is returned."""
    user, session = actor.signed_in()
    if wait := throttles.count(table, f"prove/{user}", _OF_ACCOUNT):
        raise Throttled("too many tries; try again in a while", seconds=wait)
    if not passwords.holds(_password(conn, user), old):
        raise Invalid("the password of now is wrong")
    passwords.check(new, about=(actor.name,))
    secret, made = sessions.make(), passwords.hashed(new)
    with person_transaction(conn, user=user) as conn, actor_transaction(conn, actor):
        kept.keep(conn, user, made)
        store.finish(conn, user, but=session)
        store.turn(conn, session, sessions.digest(secret), proven=actor.factor is not second.Factor.SHOWN)
        audit.note(conn, actor, "password.change", f"user {user}", {})
    return secret


def of_person(actor: Actor) -> tuple[UUID, UUID]:
    """Whoever is signed in, and the session; Forbidden for a token."""
    return actor.signed_in()
