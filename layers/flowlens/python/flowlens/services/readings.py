"""What was read of feeds: noted once a log, with the silence in it; what could not be read waits for a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from flowlens.flows import feeding
from flowlens.flows.feeding import Feed, Origin
from flowlens.model.errors import Malformed
from flowlens.services.files import Shipped, source_of
from flowlens.store import audit, dead_letters
from flowlens.store import feeds as store
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.store.dead_letters import LogLetter

_ACTOR = "flowlens"


def feed_of(conn: Connection, tenant: UUID, origin: Origin, otherwise: Mapping[str, object]) -> Feed:
    """The feed that a log belongs to; one with the settings `otherwise` is set up where none claims it.

    Malformed by `feed_paused` when the one that claims it is paused.
    """
    found = feeding.owner(_every(conn, tenant, origin.kind), origin) or _set_up(conn, tenant, origin, otherwise)
    if not found.active:
        raise Malformed("feed_paused", f"feed {found.id} is paused")
    return found


def feed_named(conn: Connection, tenant: UUID, id: int) -> Feed:
    """Malformed by `feed_unknown` when it was deleted, by `feed_paused`."""
    with tenant_transaction(conn, tenant):
        found = store.described(conn, tenant, id)
    if found is None:
        raise Malformed("feed_unknown", f"feed {id} was deleted")
    kind, said, state = found
    if state != "active":
        raise Malformed("feed_paused", f"feed {id} is paused")
    return Feed(id, kind, feeding.settings(kind, said))


def _every(conn: Connection, tenant: UUID, kind: str) -> list[Feed]:
    with tenant_transaction(conn, tenant):
        rows = store.every(conn, tenant, kind)
    return [Feed(id, kind, feeding.settings(kind, said), state == "active") for id, kind, said, state in rows]


def _set_up(conn: Connection, tenant: UUID, origin: Origin, otherwise: Mapping[str, object]) -> Feed:
    """Whoever deployed lets us read there: a feed is set up as an exporter is enrolled that begins to send."""
    settings = feeding.settings(origin.kind, otherwise)
    said = store.Fields(name=origin.name, settings=settings.model_dump(mode="json"))
    with tenant_transaction(conn, tenant):
        made = store.create(conn, tenant, origin.kind, said)
        if made is not None:
            detail: dict[str, object] = {"kind": origin.kind, "name": origin.name, "settings": said.settings}
            audit.record(conn, tenant, actor=_ACTOR, action="feed.create", target=f"feed {made}", detail=detail)
    found = feeding.owner(_every(conn, tenant, origin.kind), origin)
    if found is None:
        raise Malformed("feed_unknown", f"no feed describes {origin.place}, and one of that name describes another")
    return found


def note(conn: Connection, tenant: UUID, feed: Feed, name: str, shipped: Shipped) -> None:
    """A log that was read again adds nothing."""
    tally = shipped.tally
    reading = store.Reading(
        feed=feed.id,
        log=source_of(name),
        name=name,
        latest=datetime.fromtimestamp(shipped.latest / 1000, UTC) if shipped.latest else None,
        lines=tally.counts["lines"],
        flows=shipped.flows,
        counts=tally.counts,
        unreadable=tally.unreadable,
        examples=tally.examples,
    )
    silences = [
        store.Silence(exporter, hour, one.nodata, one.seconds, one.skipped)
        for (exporter, hour), one in tally.silences.items()
    ]
    with tenant_transaction(conn, tenant):
        store.enter(conn, tenant, reading, silences)


def bury(conn: Connection, tenant: UUID, letter: LogLetter) -> None:
    with tenant_transaction(conn, tenant):
        dead_letters.keep_log(conn, tenant, letter)


def revive(conn: Connection, tenant: UUID, digest: bytes) -> None:
    """What was read is no dead letter."""
    with tenant_transaction(conn, tenant):
        dead_letters.forget_log(conn, tenant, digest)
