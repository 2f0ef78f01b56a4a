"""Word from Azure Event Grid that a feed's container has something new: the feed is visited soon, and nothing else."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from uuid import UUID

from flowlens.flows.reading import happenings
from flowlens.model.errors import Forged, Malformed
from flowlens.services import errands, pushes
from flowlens.services.pushes import Gate
from flowlens.store import feeds
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.tables import throttles
from flowlens.tables.throttles import Allowance

WAY = "eventgrid"
ORIGIN = "eventgrid.azure.net"  # whom alone webhooks are for
_WAKE = Allowance(1, 60)  # blobs grow once a minute, all at about the same time

Tell = Callable[[str], None]  # puts a message where visits wait


def admit(conn: Connection, table: str, gate: UUID, secret: str | None) -> Gate:
    """The gate, when the secret is good there; Unauthenticated otherwise, Unready while the feed is paused."""
    found = pushes.at(conn, gate, WAY)
    with pushes.watched(conn, table, found):
        if not secret:
            raise Forged("push_unsigned", "it bears no secret: the endpoint's address ends with ?secret=…")
        shown = pushes.digest(secret)
        if not any(hmac.compare_digest(shown, good) for good in found.secrets):
            raise Forged("push_secret", "it bears another secret than the feed's")
    found.check_active()
    return found


def allow(conn: Connection, table: str, gate: Gate, origin: str | None) -> str:
    """The origin that may send, which asked for it (CloudEvents' webhooks, 4); Malformed by `push_origin`."""
    with pushes.watched(conn, table, gate):
        if origin != ORIGIN:
            raise Malformed("push_origin", f"only {ORIGIN} is let in")
    return ORIGIN


def hear(conn: Connection, table: str, gate: Gate, tell: Tell, body: bytes) -> str:
    """Has the feed visited, at most once a minute, when a blob of its container was written.

    The visit goes where the feed's settings say: nothing that an event names is asked or read. What is given back is
    the code by which Event Grid knows that events are wanted here, where it asks that. Malformed by name, such as
    `push_elsewhere` when no event is of this container.
    """
    with pushes.watched(conn, table, gate):
        told = happenings.told(body)
        said = gate.settings.model_dump()
        watched = happenings.watched(str(said["container"]), str(said["prefix"]))
        if not told.code and not any(watched.concerns(one) for one in told.happenings):
            first = told.happenings[0]
            raise Malformed("push_elsewhere", f"{first.kind[:100]} of {first.where[:200]} {first.what[:150]}")
    pushes.heard(conn, gate)
    if not told.code and not throttles.count(table, f"wake/{gate.tenant}/{gate.feed}", _WAKE):
        _wake(conn, gate, tell)
    return told.code


def _wake(conn: Connection, gate: Gate, tell: Tell) -> None:
    with tenant_transaction(conn, gate.tenant):
        due = feeds.due(conn, gate.tenant, [gate.kind], feed=gate.feed)
    for one in due:
        tell(errands.message(gate.tenant, one))
