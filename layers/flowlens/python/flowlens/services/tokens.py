"""API tokens of people: never wider than their owner, from where and until when they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

from flowlens.access import tokens as access
from flowlens.access.actor import Actor
from flowlens.model.errors import Conflict, Forbidden, Invalid, NotFound
from flowlens.services import audit
from flowlens.store import tokens as store
from flowlens.store.connection import Connection, actor_transaction
from flowlens.store.tokens import Listed, Wanted

LONGEST = timedelta(days=365)
_MOST = 50  # of one person in one tenant


def every(conn: Connection, actor: Actor) -> list[Listed]:
    """One's own, in this tenant."""
    if actor.user is None:
        return []
    with actor_transaction(conn, actor) as conn:
        return store.of_user(conn, actor.tenant, actor.user)


def create(conn: Connection, actor: Actor, wanted: Wanted) -> tuple[str, Listed]:
    """The token, which is told this once, and what is kept of it."""
    if actor.user is None or actor.session is None:
        raise Forbidden("a token is made by a person who is signed in, not by another token")
    beyond = sorted(set(wanted.permissions) - actor.permissions)
    if beyond:
        raise Forbidden(f"a token is never wider than its owner: you lack {', '.join(beyond)}")
    checked = Wanted(wanted.name, sorted(set(wanted.permissions)), _networks(wanted.networks), _end(wanted.expires_at))
    token = access.make()
    with actor_transaction(conn, actor) as conn:
        kept = (access.digest(token), token[-4:])
        number = store.create(conn, actor.tenant, actor.user, checked, token=kept, most=_MOST)
        if number is None:
            raise Conflict(f"you have {_MOST} tokens already; revoke one that is not used")
        detail = {"name": checked.name, "permissions": checked.permissions, "networks": checked.networks}
        audit.note(conn, actor, "token.create", f"token {number}", {**detail, "expires_at": checked.expires_at})
        return token, store.of_user(conn, actor.tenant, actor.user, id=number)[0]


def revoke(conn: Connection, actor: Actor, number: int) -> None:
    """From its next request on it is nobody's."""
    with actor_transaction(conn, actor) as conn:
        name = store.revoke(conn, actor.tenant, actor.user, number) if actor.user else None
        if name is None:
            raise NotFound(f"token {number}")
        audit.note(conn, actor, "token.revoke", f"token {number}", {"name": name})


def _networks(said: list[str]) -> list[str]:
    try:
        return sorted({str(ip_network(one.strip())) for one in said})
    except ValueError as error:
        raise Invalid(f"networks: {error}") from error


def _end(said: datetime) -> datetime:
    now = datetime.now(UTC)
    if not now < said <= now + LONGEST:
        raise Invalid(f"expires_at: within the next {LONGEST.days} days")
    return said
