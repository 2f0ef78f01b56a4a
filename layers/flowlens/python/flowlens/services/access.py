"""Who a bearer token speaks for."""

from __future__ import annotations

from flowlens.access.actor import Actor
from flowlens.access.tokens import digest, parse
from flowlens.model.errors import Unauthenticated
from flowlens.store import tokens
from flowlens.store.connection import Connection, tenant_transaction, token_transaction


def authenticate(conn: Connection, authorization: str | None) -> Actor:
    """The actor of an Authorization header; Unauthenticated for none, a malformed or an unknown token."""
    key = digest(parse(authorization))
    with token_transaction(conn, key) as conn:
        token = tokens.of_digest(conn, key)
    if token is None:
        raise Unauthenticated("this token is not known here, or was revoked")
    if token.stale:
        with tenant_transaction(conn, token.tenant) as conn:
            tokens.touch(conn, token)
    return Actor(token.tenant, token.name, frozenset(token.permissions))


def tenant_name(conn: Connection, actor: Actor) -> str:
    with tenant_transaction(conn, actor.tenant) as conn:
        return tokens.tenant_name(conn, actor.tenant) or ""
