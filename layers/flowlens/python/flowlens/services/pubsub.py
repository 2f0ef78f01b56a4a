"""Pushes of Pub/Sub: whose they are, and each message onto the stream where it waits to be read."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from flowlens.access import pushed as tokens
from flowlens.access.pushed import Bearer
from flowlens.aws.stream import Entry, Stream
from flowlens.flows.feeds.gcp_pubsub import Settings
from flowlens.flows.reading import pushed
from flowlens.model.errors import Forged, Malformed, Unready
from flowlens.services import pushes
from flowlens.services.published import Ring
from flowlens.services.pushes import Gate
from flowlens.store.connection import Connection

WAY = "pubsub"


@dataclass(frozen=True, slots=True)
class Desk:
    """What it takes to let somebody in: keys of issuers, and the table where refusals are counted."""

    ring: Ring
    throttles: str


def admit(conn: Connection, desk: Desk, gate: UUID, authorization: str | None) -> Gate:
    """The gate, when the token is of the service account that its feed names, and for this gate alone.

    Unauthenticated otherwise; Unready while the feed is paused, or the issuer's keys cannot be had.
    """
    found = pushes.at(conn, gate, WAY)
    with pushes.watched(conn, desk.throttles, found):
        said = Settings.model_validate(found.settings)
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Forged("push_unsigned", "it bears no token: turn authentication on in the subscription")
        keys = desk.ring.of(said.issuer, token, tokens.ALGORITHM)
        tokens.check(token, keys, Bearer(said.issuer, found.audience, said.account), now=time.time())
    found.check_active()
    return found


def deliver(conn: Connection, desk: Desk, stream: Stream, gate: Gate, body: bytes) -> None:
    """The message waits on the stream when it returns. Malformed by name, Unready when the stream does not take it."""
    with pushes.watched(conn, desk.throttles, gate):
        message = pushed.message(body)
        wanted = Settings.model_validate(gate.settings).subscription
        if wanted not in ("", message.subscription):
            raise Malformed("push_subscription", f"it comes from {message.subscription[:300] or 'nowhere'}")
    entry = Entry(f"{gate.feed}/{message.name}", pushed.waiting(gate.tenant, gate.feed, message))
    outcome = stream.put([entry])
    if outcome.failed:
        raise Unready(f"the stream does not take it: {', '.join(outcome.reasons or ())}")
    pushes.heard(conn, gate)
