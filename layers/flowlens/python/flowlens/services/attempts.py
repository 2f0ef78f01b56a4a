"""What was refused on the network, for people to read beside dependencies."""

from __future__ import annotations

from dataclasses import replace

from flowlens.access.actor import Actor
from flowlens.services.pages import Page, cut, decode
from flowlens.store import attempts
from flowlens.store.attempts import Attempt, Wanted
from flowlens.store.connection import Connection, actor_transaction


def page(conn: Connection, actor: Actor, wanted: Wanted, *, limit: int, cursor: str | None = None) -> Page[Attempt]:
    """The newest known first."""
    key = decode(cursor, int)
    with actor_transaction(conn, actor) as conn:
        found = attempts.page(
            conn,
            actor.tenant,
            replace(wanted, limited=bool(actor.limits)),
            limit=limit + 1,
            before=int(key[0]) if key else None,
        )
    return cut(found, limit, lambda one: (one.id,))
