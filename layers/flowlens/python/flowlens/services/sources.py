"""Flow sources and address spaces: one transaction and one audit line per change, then the collectors are told."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from flowlens.access.actor import Actor
from flowlens.flows.checks import Check, check
from flowlens.flows.columns import LOGS, Format
from flowlens.flows.losses import Interval, lost_flows
from flowlens.flows.reading.interfaces import seen_in
from flowlens.model.errors import Conflict, Invalid, NotFound, Stale
from flowlens.services.pages import Page, cut, decode
from flowlens.store import audit, source_names, sources
from flowlens.store.connection import Connection, actor_transaction
from flowlens.store.source_names import Named
from flowlens.store.sources import AddressSpace, Among, Fields, Source

ACTIVE = timedelta(minutes=5)
_LOSSES = (
    "kernel_dropped",
    "truncated",
    "unknown_version",
    "malformed",
    "not_enrolled",
    "rate_limited",
    "template_missing",
    "template_missing_octets",
    "flows_spool_full",
    "sequence_lost_flows",
    "sequence_lost_datagrams",
    "sequence_uncertain_flows",
    "sequence_unread_flows",
    "collector_down_flows",
    "collector_down_datagrams",
    "samples_lost",
    "agent_dropped_samples",
    "capture_dropped",
    "sampling_disagreements",
    "interface_disagreements",
)
_AMONG = {None: None, "logs": Among(LOGS, wanted=True), "devices": Among(LOGS, wanted=False)}
_FORMATS = {int(member): member.name.lower() for member in Format}


class Register(Protocol):
    """Where collectors read what was decided about exporters."""

    def put(self, tenant: UUID, exporter: str, *, state: str, name: str) -> None: ...

    def remove(self, tenant: UUID, exporter: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Described:
    """A source with what follows from its row."""

    id: int
    exporter: str
    name: str
    note: str
    address_space_id: int
    state: str
    status: str
    formats: list[str]
    first_seen: datetime | None
    last_seen: datetime | None
    counters: dict[str, int]
    losses: dict[str, int]
    lost_flows: Interval
    sampling_check: Check
    sampling_rates: list[dict[str, object]]
    interface: str
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Based:
    """A source, and the version that a change of it is based on (None: whichever it is)."""

    source: int
    version: int | None


def status(state: str, last_seen: datetime | None, now: datetime) -> str:
    """What people call it: what was decided, or else what it does."""
    if state in ("held", "refused"):
        return state
    if last_seen is None:
        return "never"
    return "active" if now - last_seen <= ACTIVE else "silent"


def losses(counters: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(counters.items()) if name in _LOSSES and count}


def format_name(number: int) -> str:
    """As the decoder is called; a number that this version does not know stays a number."""
    return _FORMATS.get(number, f"format{number}")


def _described(source: Source) -> Described:
    return Described(
        source.id,
        source.exporter,
        source.name,
        source.note,
        source.address_space_id,
        source.state,
        status(source.state, source.last_seen, datetime.now(UTC)),
        [format_name(number) for number in sorted(source.formats)],
        source.first_seen,
        source.last_seen,
        dict(sorted(source.counters.items())),
        losses(source.counters),
        lost_flows(source.counters),
        check(source.counters),
        source.sampling_rates,
        seen_in(source.exporter, source.formats),
        source.version,
        source.created_at,
    )


def page(
    conn: Connection, actor: Actor, *, limit: int, cursor: str | None = None, origin: str | None = None
) -> Page[Described]:
    """In the order they were first known; `origin` is "devices", which send, or "logs", which are read, or both."""
    key = decode(cursor, int)
    after = min(int(key[0]), 2**31 - 1) if key else None
    with actor_transaction(conn, actor) as conn:
        found = sources.page(conn, actor.tenant, limit=limit + 1, after=after, among=_AMONG[origin])
    return cut([_described(source) for source in found], limit, lambda s: (s.id,))


def read(conn: Connection, actor: Actor, source: int) -> Described:
    with actor_transaction(conn, actor) as conn:
        return _one(conn, actor, source)


def _one(conn: Connection, actor: Actor, source: int) -> Described:
    found = sources.one(conn, actor.tenant, source)
    if found is None:
        raise NotFound(f"source {source}")
    return _described(found)


def names(conn: Connection, actor: Actor, source: int, *, limit: int) -> list[Named]:
    """What the source calls its interfaces, routing instances, applications and hosts."""
    with actor_transaction(conn, actor) as conn:
        _one(conn, actor, source)
        return source_names.of(conn, actor.tenant, source, limit=limit)


def create(conn: Connection, actor: Actor, collectors: Register, exporter: str, wanted: Fields) -> Described:
    """Conflict when the exporter is known already, Invalid when the address space is not."""
    with actor_transaction(conn, actor) as conn:
        _check_space(conn, actor, wanted.space)
        made = sources.create(conn, actor.tenant, exporter, wanted)
        if made is None:
            raise Conflict(f"the exporter {exporter} is known already")
        _note(conn, actor, "source.create", made, {"exporter": exporter, **_said(wanted)})
        source = _one(conn, actor, made)
    collectors.put(actor.tenant, source.exporter, state=source.state, name=source.name)
    return source


def update(conn: Connection, actor: Actor, collectors: Register, based: Based, wanted: Fields) -> Described:
    """Another address space concerns flows that arrive from then on, never what was counted before."""
    with actor_transaction(conn, actor) as conn:
        _hold(conn, actor, based)
        _check_space(conn, actor, wanted.space)
        sources.update(conn, actor.tenant, based.source, wanted)
        _note(conn, actor, "source.update", based.source, _said(wanted))
        source = _one(conn, actor, based.source)
    collectors.put(actor.tenant, source.exporter, state=source.state, name=source.name)
    return source


def delete(conn: Connection, actor: Actor, collectors: Register, based: Based) -> None:
    """What was counted of its flows stays."""
    with actor_transaction(conn, actor) as conn:
        _hold(conn, actor, based)
        source = _one(conn, actor, based.source)
        sources.delete(conn, actor.tenant, based.source)
        _note(conn, actor, "source.delete", based.source, {"exporter": source.exporter, "name": source.name})
    collectors.remove(actor.tenant, source.exporter)


def _hold(conn: Connection, actor: Actor, based: Based) -> None:
    """Stale unless the version is the one that the change is based on."""
    version = sources.hold_version(conn, actor.tenant, based.source)
    if version is None:
        raise NotFound(f"source {based.source}")
    if based.version not in (None, version):
        raise Stale(version)


def _check_space(conn: Connection, actor: Actor, space: int | None) -> None:
    # A foreign key would accept another tenant's: Postgres checks it without regard to row security.
    if space is not None and not sources.spaces(conn, actor.tenant, id=space):
        raise Invalid(f"address_space_id: there is no address space {space}")


def _said(wanted: Fields) -> dict[str, object]:
    return {name: value for name, value in asdict(wanted).items() if value is not None}


def _note(conn: Connection, actor: Actor, action: str, source: int, detail: dict[str, object]) -> None:
    audit.record(conn, actor.tenant, actor=actor.name, action=action, target=f"source {source}", detail=detail)


def spaces(conn: Connection, actor: Actor) -> list[AddressSpace]:
    with actor_transaction(conn, actor) as conn:
        return sources.spaces(conn, actor.tenant)


def create_space(conn: Connection, actor: Actor, name: str) -> AddressSpace:
    with actor_transaction(conn, actor) as conn:
        made = sources.create_space(conn, actor.tenant, name)
        if made is None:
            raise Conflict(f"there is an address space {name!r} already, or there are a thousand")
        audit.record(
            conn,
            actor.tenant,
            actor=actor.name,
            action="address_space.create",
            target=f"address space {made.id}",
            detail={"name": name},
        )
    return made
