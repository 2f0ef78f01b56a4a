"""Who a bearer token speaks for."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from flowlens.access import rights
from flowlens.access.actor import Actor
from flowlens.access.tokens import digest, parse
from flowlens.model.errors import Unauthenticated
from flowlens.services import members
from flowlens.store import tokens
from flowlens.store.connection import Connection, actor_transaction, tenant_transaction


def authenticate(conn: Connection, authorization: str | None, *, address: str) -> Actor:
    """The actor of an Authorization header that came from this address.

    Unauthenticated for none, a malformed, an unknown or an ended token, and for one that is used from elsewhere.
    """
    token = tokens.asking(conn, digest(parse(authorization)))
    if token is None:
        raise Unauthenticated("this token is not known here, or was revoked")
    if token.ended:
        raise Unauthenticated("this token's time is over")
    if not used_from(token.networks, address):
        raise Unauthenticated("this token may not be used from this address")
    if token.stale:
        with tenant_transaction(conn, token.tenant) as conn:
            tokens.touch(conn, token)
    # Of a person's token, never more than what the person may at this moment.
    owned = members.rights_from(token.grants) if token.user else None
    held = owned.within(token.permissions) if owned else rights.unlimited(token.permissions)
    return Actor(token.tenant, token.name, held.permissions, f"token:{token.id}", user=token.user, rights=held)


def used_from(networks: Iterable[str], address: str) -> bool:
    """Whether a token of these networks may be used from there; anywhere when none is named."""
    wanted = [ip_network(one) for one in networks]
    try:
        return not wanted or any(ip_address(address) in one for one in wanted)
    except ValueError:
        return False


def tenant_name(conn: Connection, actor: Actor) -> str:
    with actor_transaction(conn, actor) as conn:
        return tokens.tenant_name(conn, actor.tenant) or ""
