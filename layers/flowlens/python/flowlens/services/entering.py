"""Signing in at an identity provider: what the browser is sent with, and what is made of what it brings back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from flowlens.access import oidc, sessions
from flowlens.access.actor import Actor
from flowlens.access.factors import Factor
from flowlens.access.oidc import Person
from flowlens.model.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from flowlens.services import accepting, audit, denials, members, vouching
from flowlens.services import sessions as signed_in
from flowlens.services.sessions import Caller
from flowlens.services.vouching import CONNECT, ENTER, LINK, PROVE, Noted, Ways
from flowlens.store import audit as trail
from flowlens.store import grants, links
from flowlens.store import members as people
from flowlens.store import providers as store
from flowlens.store import sessions as kept
from flowlens.store.connection import (
    Connection,
    actor_transaction,
    door_transaction,
    person_transaction,
    secret_transaction,
    tenant_transaction,
)
from flowlens.store.grants import Given
from flowlens.store.providers import Begun, Door, Identity, Provider, Waiting

LIFE = timedelta(minutes=10)  # to sign in at the provider
_NOBODY = "this sign-in was not begun in this browser, or it took too long; begin again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Where somebody wants to sign in, and with which link; `redirect` is the page they come back to."""

    provider: UUID
    redirect: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the browser goes, and the cookie's value that binds it."""

    location: str
    secret: str


@dataclass(frozen=True, slots=True)
class Entered:
    """Who came, what for, and the new secret of their session; None where it goes on as it is."""

    actor: Actor
    purpose: str
    secret: str | None


def doors(conn: Connection) -> list[Door]:
    """The providers that a sign-in page shows: names, and nothing else of anybody."""
    with door_transaction(conn) as conn:
        return store.at_the_door(conn)


def enter(conn: Connection, ways: Ways, caller: Caller, wish: Wish) -> Sent:
    """Sends somebody to sign in, or to be known by the provider from now on as the one whom a link is for."""
    vouching.count(ways, caller)
    user, digest = None, None
    if wish.link is not None:
        digest = sessions.digest(wish.link)
        with secret_transaction(conn, digest) as conn:
            link = links.of_digest(conn, digest)
        if link is None or link.user is None or link.tenant != _door(conn, wish.provider).tenant:
            raise NotFound("this link is not known here, was used, has ended, or is for a password")
        user = link.user
    return _send(conn, ways, wish, (ENTER if digest is None else LINK, user, digest))


def again(conn: Connection, ways: Ways, actor: Actor, wish: Wish, *, connect: bool) -> Sent:
    """Sends whoever is signed in: to be known by the provider from now on, or to show once more who they are."""
    user, _ = signed_in.of_person(actor)
    if _door(conn, wish.provider).tenant != actor.tenant:
        raise NotFound(f"provider {wish.provider}")
    if connect:
        signed_in.check_fresh(actor)
    elif wish.provider not in {one.provider for one in every(conn, actor)}:
        raise NotFound(f"provider {wish.provider}")
    return _send(conn, ways, wish, (CONNECT if connect else PROVE, user, None))


def finish(
    conn: Connection, ways: Ways, caller: Caller, secret: str | None, answer: str, actor: Actor | None
) -> Entered:
    """What came back, once and for the browser that was sent. Unauthenticated for anything that is not wholly right.

    `answer` is the query that the provider sent the browser back with; `actor` is whoever is signed in there.
    """
    vouching.count(ways, caller)
    waiting = _take(conn, secret)
    with tenant_transaction(conn, waiting.tenant) as conn:
        found = store.every(conn, waiting.tenant, id=waiting.provider)
    if not found or not found[0].enabled:
        raise Unauthenticated("this provider is not used any longer")
    try:
        person = vouching.person(ways, found[0], waiting, answer)
    except Noted as problem:
        raise Unauthenticated(str(problem)) from problem
    except (Unauthenticated, Invalid) as problem:
        _note(conn, waiting, caller, "session.refuse", {"why": str(problem)})
        raise Unauthenticated(str(problem)) from problem
    if waiting.purpose in (CONNECT, PROVE):
        return _go_on(conn, waiting, person, caller, actor)
    user = _linked(conn, waiting, person) if waiting.purpose == LINK else _known(conn, found[0], waiting, person)
    if user is None:
        _note(conn, waiting, caller, "session.refuse", {"why": "unknown", "known_as": person.email or ""})
        raise Forbidden(
            "the provider knows you, and nobody here does: ask whoever administers your tenant for a link, and open it"
        )
    secret, made = signed_in.begin(conn, user, found[0].name, caller, tenant=waiting.tenant, provider=waiting.provider)
    return Entered(made, waiting.purpose, secret)


def every(conn: Connection, actor: Actor) -> list[Identity]:
    """As whom the tenant's providers know whoever is signed in."""
    user, _ = signed_in.of_person(actor)
    with actor_transaction(conn, actor) as conn:
        return store.of_user(conn, actor.tenant, user)


def doors_of(conn: Connection, actor: Actor) -> list[Door]:
    """The providers of the tenant that let somebody in now."""
    with actor_transaction(conn, actor) as conn:
        return [Door(one.id, one.name, actor.tenant) for one in store.every(conn, actor.tenant) if one.enabled]


def disconnect(conn: Connection, actor: Actor, identity: UUID) -> None:
    """From now on that provider lets nobody in as this person."""
    user, _ = signed_in.of_person(actor)
    with actor_transaction(conn, actor) as conn:
        if store.unlink(conn, actor.tenant, user, identity) is None:
            raise NotFound(f"identity {identity}")
        audit.note(conn, actor, "identity.disconnect", f"user {user}", {"identity": identity})


def _door(conn: Connection, provider: UUID) -> Door:
    with door_transaction(conn, provider) as conn:
        found = store.at_the_door(conn)
    if not found:
        raise NotFound(f"provider {provider}")
    return found[0]


def _send(conn: Connection, ways: Ways, wish: Wish, what: tuple[str, UUID | None, bytes | None]) -> Sent:
    purpose, user, digest = what
    tenant = _door(conn, wish.provider).tenant
    with tenant_transaction(conn, tenant) as conn:
        provider = store.every(conn, tenant, id=wish.provider)[0]
    attempt, secret = oidc.begin(), sessions.make()
    asked = vouching.kind(provider.kind).question(ways, provider, wish.redirect, attempt, anew=purpose == PROVE)
    begun = Begun(
        tenant=tenant,
        provider=provider.id,
        purpose=purpose,
        user=user,
        secret=digest,
        redirect=wish.redirect,
        state=attempt.state,
        nonce=attempt.nonce,
        verifier=attempt.verifier,
        endpoints=asked.endpoints,
        relay=asked.relay,
    )
    with tenant_transaction(conn, tenant) as conn:
        store.begin(conn, sessions.digest(secret), begun, life=LIFE)
    return Sent(asked.location, secret)


def _take(conn: Connection, secret: str | None) -> Waiting:
    """What was begun in this browser. It is gone with that, whatever comes of it."""
    if secret is None:
        raise Unauthenticated(_NOBODY)
    with secret_transaction(conn, key := sessions.digest(secret)) as conn:
        waiting = store.finish(conn, key)
    if waiting is None or not waiting.lives:
        raise Unauthenticated(_NOBODY)
    return waiting


def _known(conn: Connection, provider: Provider, waiting: Waiting, person: Person) -> UUID | None:
    """Who that is here: linked before, or taken in now where the provider may bring new people."""
    with tenant_transaction(conn, waiting.tenant) as conn:
        user = store.known(conn, waiting, subject=person.subject, known_as=person.email or "")
        if user is not None or provider.role is None:
            return user
        return _take_in(conn, provider, waiting, person)


def _take_in(conn: Connection, provider: Provider, waiting: Waiting, person: Person) -> UUID:
    """A new member with the provider's role. An address that somebody has already is theirs: it links nobody."""
    if person.email is None:
        raise Forbidden("the provider told no e-mail address, which a new member needs")
    email, user = members.email_of(person.email), uuid4()
    with person_transaction(conn, email=email):
        if people.person(conn, email=email) is not None:
            raise Conflict(
                "somebody with this address exists already: sign in as before, and connect the provider in your account"
            )
        people.create_person(conn, user, email=email, name=members.name_of((person.name or "")[:100]))
    people.join(conn, waiting.tenant, user, accepted=True)
    grants.give(conn, waiting.tenant, Given(user, provider.role or 0, f"provider {provider.name}", {}))
    store.link(conn, waiting, user, subject=person.subject, known_as=email)
    detail = {"email": email, "provider": provider.id, "role": provider.role}
    trail.record(conn, waiting.tenant, actor=email, action="member.arrive", target=f"user {user}", detail=detail)
    return user


def _linked(conn: Connection, waiting: Waiting, person: Person) -> UUID:
    """Uses the link up that this began with: from now on the provider's subject is its user."""
    digest = waiting.secret or b""
    with secret_transaction(conn, digest) as conn:
        link = links.of_digest(conn, digest)
        if link is None or link.user is None or link.user != waiting.user:
            raise NotFound("this link was used meanwhile, or has ended; ask for another")
        accepting.check_alone(conn, link.user, link.tenant)
        with person_transaction(conn, user=link.user), tenant_transaction(conn, waiting.tenant):
            accepted = accepting.begin_anew(conn, waiting.tenant, link.user)
            _link(conn, waiting, link.user, person)
            links.use(conn, link.id)
            trail.record(
                conn, waiting.tenant, actor=person.email or "", action="link.use", target=f"user {link.user}",
                detail={"provider": waiting.provider, "made_by": link.made_by, "accepted": accepted},
            )  # fmt: skip
    return link.user


def _link(conn: Connection, waiting: Waiting, user: UUID, person: Person) -> None:
    if store.link(conn, waiting, user, subject=person.subject, known_as=person.email or "") is None:
        before = store.known(conn, waiting, subject=person.subject, known_as=person.email or "")
        if before != user:
            raise Conflict("the provider's account is somebody else's here already")


def _go_on(conn: Connection, waiting: Waiting, person: Person, caller: Caller, actor: Actor | None) -> Entered:
    """For whoever is signed in, and was when they were sent."""
    if actor is None or actor.user != waiting.user or actor.tenant != waiting.tenant:
        raise Unauthenticated("your session has ended meanwhile; sign in again")
    user, session = signed_in.of_person(actor)
    if actor.factor in (Factor.WANTED, Factor.MISSING):
        raise Forbidden("show a code of your second factor first")
    if waiting.purpose == CONNECT:
        with actor_transaction(conn, actor) as conn:
            _link(conn, waiting, user, person)
            detail = {"provider": waiting.provider, "known_as": person.email or ""}
            audit.note(conn, actor, "identity.connect", f"user {user}", detail)
        return Entered(actor, CONNECT, None)
    secret = sessions.make()
    with person_transaction(conn, user=user) as conn, actor_transaction(conn, actor):
        if store.known(conn, waiting, subject=person.subject, known_as=person.email or "") != user:
            raise Unauthenticated("that is somebody else's account at the provider")
        # A provider vouches in its tenant, for the first factor: whoever has a second one shows that again too.
        kept.turn(conn, session, sessions.digest(secret), proven=True, factor=False, within=actor.tenant)
        audit.note(conn, actor, "session.prove", "sign-in", {"address": caller.address, "provider": waiting.provider})
    return Entered(actor, PROVE, secret)


def _note(conn: Connection, waiting: Waiting, caller: Caller, action: str, detail: dict[str, object]) -> None:
    said = {"address": caller.address, "provider": waiting.provider, **detail}
    denials.note(conn, waiting.tenant, actor="", action=action, target="sign-in", detail=said)
