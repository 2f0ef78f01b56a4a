"""People's second factor: set up, shown, lost, and wanted by a tenant."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from uuid import UUID

from flowlens.access import factors, sessions
from flowlens.access.actor import Actor
from flowlens.access.factors import Factor
from flowlens.model.errors import Conflict, Forbidden, NotFound, Throttled
from flowlens.services import audit, members
from flowlens.store import factors as store
from flowlens.store import sessions as signed_in
from flowlens.store.connection import Connection, actor_transaction, person_transaction
from flowlens.store.factors import State
from flowlens.tables import throttles
from flowlens.tables.throttles import Allowance

# PyPI's own limits, counted before a code is looked at: a million codes are not many.
_TRIES = (Allowance(5, 300), Allowance(20, 3600), Allowance(50, 86_400))
_WRONG = "the code is wrong, was used, or is of another time: see that the clock of your device is right"


@dataclass(frozen=True, slots=True)
class Proof:
    """What is shown: a code of the authenticator or a recovery code. `key` is what seeds are derived with."""

    key: bytes = field(repr=False)
    code: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Begun:
    """What an authenticator is given, once."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class Standing:
    """One's own factor."""

    factor: Factor
    codes_left: int


def state(conn: Connection, user: UUID, tenant: UUID) -> State:
    """Whether they have a factor, and whether this tenant wants one."""
    with person_transaction(conn, user=user) as conn:
        return store.state(conn, user, tenant)


def read(conn: Connection, actor: Actor) -> Standing:
    """One's own."""
    user, _ = actor.signed_in()
    with person_transaction(conn, user=user) as conn:
        return Standing(actor.factor, store.codes_left(conn, user))


def begin(conn: Connection, key: bytes, actor: Actor) -> Begun:
    """A new seed, which counts for nothing until a code of it is shown. Conflict when there is a factor."""
    user, _ = actor.signed_in()
    _check_own(conn, actor, user)
    salt = factors.salt()
    with person_transaction(conn, user=user) as conn:
        if not store.begin(conn, user, salt):
            raise Conflict("you have a second factor already: remove it before you set up another")
    seed = factors.seed(key, str(user), salt)
    return Begun(factors.text(seed), factors.address(seed, email=actor.name))


def confirm(conn: Connection, table: str, proof: Proof, actor: Actor) -> tuple[str, list[str]]:
    """The first code is shown: this session's new secret, and the recovery codes. All other sessions end."""
    user, session = actor.signed_in()
    if state(conn, user, actor.tenant).kept:
        raise Conflict("you have a second factor already")
    _count(table, user)
    secret, codes = sessions.make(), factors.codes()
    with person_transaction(conn, user=user) as conn, actor_transaction(conn, actor):
        if not _take(conn, user, proof):
            raise Forbidden(_WRONG)
        store.keep_codes(conn, user, [factors.digest(one) for one in codes])
        signed_in.finish(conn, user, but=session)
        signed_in.turn(conn, session, sessions.digest(secret), proven=False, factor=True)
        audit.note(conn, actor, "factor.enrol", f"user {user}", {})
    return secret, codes


def show(conn: Connection, table: str, proof: Proof, actor: Actor) -> str:
    """Takes a code, or Forbidden: this session's new secret."""
    user, session = actor.signed_in()
    _count(table, user)
    secret = sessions.make()
    with person_transaction(conn, user=user) as conn, actor_transaction(conn, actor):
        by = "code" if _take(conn, user, proof) else "recovery code"
        shown = by == "code" or store.use_code(conn, user, factors.digest(proof.code))
        if shown:
            signed_in.turn(conn, session, sessions.digest(secret), proven=False, factor=True)
        audit.note(conn, actor, "factor.show" if shown else "factor.refuse", "sign-in", {"by": by} if shown else {})
    if not shown:
        raise Forbidden(_WRONG)
    return secret


def renew_codes(conn: Connection, actor: Actor) -> list[str]:
    """Ten new recovery codes in place of those there were."""
    user, _ = actor.signed_in()
    if actor.factor is not Factor.SHOWN:
        raise Conflict("you have no second factor")
    codes = factors.codes()
    with person_transaction(conn, user=user) as conn, actor_transaction(conn, actor):
        store.keep_codes(conn, user, [factors.digest(one) for one in codes])
        audit.note(conn, actor, "factor.codes", f"user {user}", {})
    return codes


def remove(conn: Connection, actor: Actor) -> None:
    """One's own. A tenant that wants one lets its person do nothing until there is another."""
    user, _ = actor.signed_in()
    with person_transaction(conn, user=user) as conn, actor_transaction(conn, actor):
        if not store.forget(conn, user):
            raise Conflict("you have no second factor")
        audit.note(conn, actor, "factor.remove", f"user {user}", {})


def reset(conn: Connection, actor: Actor, user: UUID) -> None:
    """A member's, who lost it: their sessions end. Whether the actor may is asked by services/links."""
    with person_transaction(conn, user=user) as conn, actor_transaction(conn, actor):
        if not store.forget(conn, user):
            raise NotFound(f"a second factor of member {user}")
        ended = signed_in.finish(conn, user)
        audit.note(conn, actor, "factor.reset", f"user {user}", {"sessions": ended})


def required(conn: Connection, actor: Actor) -> bool:
    """Whether the tenant wants one of its members."""
    with actor_transaction(conn, actor) as conn:
        return store.required(conn, actor.tenant)


def require(conn: Connection, actor: Actor, *, required: bool) -> None:
    """From everybody's next request on. Nobody asks of others what they have not themselves."""
    if required and actor.session is not None and actor.factor is not Factor.SHOWN:
        raise Conflict("set up a second factor of your own first: you would shut yourself out")
    with actor_transaction(conn, actor) as conn:
        store.require(conn, actor.tenant, required=required)
        audit.note(conn, actor, "factor.require", "tenant", {"required": required})


def _check_own(conn: Connection, actor: Actor, user: UUID) -> None:
    """A provider vouches in its tenant alone, and a factor counts in all of a person's."""
    if actor.provider is not None and members.is_elsewhere(conn, user, actor.tenant):
        raise Forbidden("your second factor counts in other tenants too: sign in with your password to set it up")


def _count(table: str, user: UUID) -> None:
    for allowance in _TRIES:
        if wait := throttles.count(table, f"factor/{user}", allowance):
            raise Throttled("too many codes were tried; try again in a while", seconds=wait)


def _take(conn: Connection, user: UUID, proof: Proof) -> bool:
    held = store.held(conn, user)
    if held is None:
        raise Conflict("you have no second factor: begin to set one up")
    seed = factors.seed(proof.key, str(user), held.salt)
    step = factors.matching(seed, proof.code, now=time.time(), after=held.last_step)
    if step is not None:
        store.take(conn, user, step)
    return step is not None
