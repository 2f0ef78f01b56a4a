"""How a membership comes to count: its person accepts it with a link of the tenant.

A person is one in all tenants, and whoever can sign in as them may be somebody else than a tenant meant when it invited
their address. So a second tenant counts after the person who is signed in showed a link of that tenant; and no tenant's
link changes the password or the factors of somebody whom another tenant relies on.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flowlens.access import sessions
from flowlens.access.actor import Actor
from flowlens.model.errors import Conflict, Forbidden, NotFound, Unauthenticated
from flowlens.services import audit, members
from flowlens.services import sessions as signed_in
from flowlens.store import factors, links, passwords
from flowlens.store import members as people
from flowlens.store import sessions as kept
from flowlens.store.connection import Connection, person_transaction, secret_transaction, tenant_transaction
from flowlens.store.links import Link

UNKNOWN = "this link is not known here, was used, or has ended; ask for another"


def open_link(conn: Connection, digest: bytes) -> Link:
    """Inside a secret_transaction of the digest; NotFound for any that does not work."""
    found = links.of_digest(conn, digest)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def check_alone(conn: Connection, user: UUID, tenant: UUID) -> None:
    """Conflict when another tenant relies on them. Nobody else decides about them until the transaction around ends."""
    with person_transaction(conn, user=user) as conn:
        people.hold(conn, user)
        if people.elsewhere(conn, user, tenant):
            raise Conflict(
                "other tenants know them too, so nobody sets their password: sign in as before, open the link, accept"
            )


def begin_anew(conn: Connection, tenant: UUID, user: UUID) -> bool:
    """A membership that waited counts from now on, of somebody who belongs nowhere else; False when it did before.

    Whatever showed before who they are counts no longer: it may be known to a tenant that they have left.
    Inside transactions of the tenant and of the person, after `check_alone`.
    """
    accepted = people.accept(conn, tenant, user)
    if accepted:
        passwords.forget(conn, user)
        factors.forget(conn, user)
        kept.finish(conn, user)
    return accepted


def waits(conn: Connection, link: Link) -> bool:
    """Whether the link's person has to sign in and accept, because others know them."""
    if link.user is None or link.regains:
        return False
    with tenant_transaction(conn, link.tenant) as conn:
        member = people.one(conn, link.tenant, link.user)
    return member is not None and member.accepted_at is None and members.is_elsewhere(conn, link.user, link.tenant)


def accept(conn: Connection, actor: Actor, secret: str) -> tuple[str, Actor]:
    """Whoever is signed in accepts what a link invites them to: their session's new secret, in that tenant now.

    Their other sessions end: whoever else could be them must not come along.
    """
    user, session = actor.signed_in()
    if actor.provider is not None:
        raise Forbidden("sign in with your password to accept: what a provider vouches for counts in its tenant alone")
    with secret_transaction(conn, key := sessions.digest(secret)) as conn:
        link = open_link(conn, key)
        if link.user != user or link.regains:
            raise Forbidden("this link is for somebody else: sign in as them to accept")
        turned = sessions.make()
        with person_transaction(conn, user=user), tenant_transaction(conn, link.tenant):
            people.hold(conn, user)
            if not people.accept(conn, link.tenant, user):
                raise Conflict("you are a member already, or were shut out meanwhile")
            links.use(conn, link.id)
            kept.finish(conn, user, but=session)
            if not kept.turn(conn, session, sessions.digest(turned), proven=False):
                raise Unauthenticated("your session has ended meanwhile; sign in again")
            detail = {"made_by": link.made_by}
            audit.note(conn, replace(actor, tenant=link.tenant), "member.accept", f"user {user}", detail)
    return turned, signed_in.enter(conn, actor, link.tenant)
