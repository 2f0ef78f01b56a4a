"""Search: the first assets and dependencies that a word is about."""

from __future__ import annotations

from flowlens.access.actor import Actor
from flowlens.services import assets, dependencies
from flowlens.services.finding import ends_of, understand
from flowlens.store.connection import Connection, actor_transaction
from flowlens.topology.query.completing import quoted


def search(conn: Connection, actor: Actor, word: str, *, each: int) -> dict[str, object]:
    """So many of each at most; which assets are meant is looked up once for both."""
    with actor_transaction(conn, actor) as conn:
        ends = ends_of(conn, actor, understand(word))
    literally = quoted(word)
    return {
        "assets": assets.page(conn, actor, limit=each, q=literally, ends=ends).items,
        "dependencies": dependencies.page(conn, actor, limit=each, q=literally, ends=ends).items,
    }
