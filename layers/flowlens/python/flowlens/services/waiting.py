"""Log entries that were pushed and wait on the stream `log-events`: a feed's are read together, each counts once."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from uuid import UUID

from flowlens.aws.stream import Stream
from flowlens.flows.feeding import Origin
from flowlens.flows.reading import pushed
from flowlens.flows.reading.pushed import Waiting
from flowlens.services import readings
from flowlens.services.files import Log, Shipped, ship
from flowlens.store.connection import Connection

Owner = tuple[UUID, int]


def by_feed(payloads: Iterable[tuple[int, bytes]]) -> dict[Owner, list[int]]:
    """Positions of what is of one feed. Malformed by `push_waiting` when we did not write it."""
    found: dict[Owner, list[int]] = {}
    for at, payload in payloads:
        one = pushed.read(payload)
        found.setdefault((one.tenant, one.feed), []).append(at)
    return found


def take_in(conn: Connection, stream: Stream, payloads: Sequence[bytes], *, patience: float) -> Shipped:
    """All of them are of one feed. On the stream and noted when it returns.

    Malformed by `feed_unknown`, by `feed_paused`, or as the reader says.
    """
    entries = [pushed.read(payload) for payload in payloads]
    tenant, id = entries[0].tenant, entries[0].feed
    feed = readings.feed_named(conn, tenant, id)
    name = f"pushed://{id}/{_digest(entries)}"
    text = "\n".join([*(one.text for one in entries), ""]).encode()
    log = Log(io.BytesIO(text), name, feed.about(Origin(feed.kind, "", "")))
    shipped = ship(log, stream, tenant=tenant, patience=patience)
    readings.note(conn, tenant, feed, name, shipped)
    return shipped


def _digest(entries: Sequence[Waiting]) -> str:
    said = "\n".join(f"{one.name} {one.text}" for one in entries)
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
