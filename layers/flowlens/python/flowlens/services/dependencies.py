"""Dependencies, as people read them: with service names, evidence and volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from flowlens.access.actor import Actor
from flowlens.flows import ports
from flowlens.flows.reading.interfaces import seen_in
from flowlens.model.errors import Invalid, NotFound
from flowlens.services import classifying, filtering, seeing
from flowlens.services.finding import Ends, few_ends, understand
from flowlens.services.pages import Page, cut, decode
from flowlens.services.steps import MINUTES_KEPT, ceil, floor
from flowlens.store import assets, dependencies, source_names
from flowlens.store.connection import Connection, actor_transaction
from flowlens.store.dependencies import Belief, SeenBy, Wanted
from flowlens.topology.places import INTERNAL, Place, parse
from flowlens.topology.query.terms import Part

MAX_STEPS = 1500
_STEPS: Mapping[str, timedelta] = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_SERIES = ("octets_sent", "octets_received", "packets_sent", "packets_received", "flows")


@dataclass(frozen=True, slots=True)
class End:
    """A client or a server; one that the actor may not see has neither number nor address."""

    asset_id: int | None
    address: str | None
    restricted: bool


def _end(asset_id: int | None, address: str | None) -> End:
    return End(asset_id, address, asset_id is None)


@dataclass(frozen=True, slots=True)
class Described:
    """A dependency with its service's name."""

    id: int
    address_space_id: int
    client: End
    server: End
    protocol: int
    port: int
    service: str | None
    evidence: str
    first_seen: datetime
    last_seen: datetime
    flows: int
    octets_sent: int
    octets_received: int
    packets_sent: int
    packets_received: int


def page(
    conn: Connection,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None = None,
    q: str | None = None,
    client: str | None = None,
    server: str | None = None,
    space: int | None = None,
    port: int | None = None,
    protocol: int | None = None,
    ends: Ends | None = None,
) -> Page[Described]:
    """The newest first. Who looked up already which assets a word means hands them in as `ends`."""
    query = filtering.read(q)
    sought = understand(filtering.word(query))
    from_, to = _place(client), _place(server)
    with actor_transaction(conn, actor) as conn:
        few = few_ends(conn, actor, sought, ends)
        wanted = Wanted(
            internal=INTERNAL,
            limit=limit + 1,
            after=_after(cursor),
            space=space,
            port=port,
            protocol=protocol,
            client_space=from_.space if from_ else None,
            server_space=to.space if to else None,
            client_network=_network(from_),
            server_network=_network(to),
            client_assets=_members(conn, actor, from_),
            server_assets=_members(conn, actor, to),
            client_internet=_is_internet(from_),
            server_internet=_is_internet(to),
            network=sought.network if few is None else None,
            ends=few,
            part=sought.part if few is None else None,
            protocols=[p for p, _ in sought.services],
            ports=[p for _, p in sought.services],
            chosen=_chosen(conn, actor, query),
        )
        found = dependencies.page(conn, actor.tenant, wanted)
    return cut([_described(row) for row in found], limit, lambda d: (d.id,))


def _chosen(conn: Connection, actor: Actor, query: Part | None) -> list[int] | None:
    """The ids of the dependencies that a query holds of, where it is more than a word."""
    if query is None or filtering.word(query) is not None:
        return None
    known, edges = seeing.whole(conn, actor)
    estate = filtering.Estate(known, edges, classifying.load(conn, actor))
    return list(edges.id[filtering.of_edges(conn, actor, query, estate)].tolist())


def page_of_asset(
    conn: Connection, actor: Actor, asset_id: int, *, limit: int, cursor: str | None = None, direction: str = "both"
) -> Page[Described]:
    """`upstream`: where the asset is the client; `downstream`: where it is the server."""
    wanted = Wanted(
        limit=limit + 1,
        after=_after(cursor),
        as_client=asset_id if direction == "upstream" else None,
        as_server=asset_id if direction == "downstream" else None,
        at_either_end=asset_id if direction == "both" else None,
    )
    with actor_transaction(conn, actor) as conn:
        if assets.one(conn, actor.tenant, asset_id, internal=INTERNAL) is None:
            raise NotFound(f"asset {asset_id}")
        found = dependencies.page(conn, actor.tenant, wanted)
    return cut([_described(row) for row in found], limit, lambda d: (d.id,))


def _place(text: str | None) -> Place | None:
    return parse(text) if text is not None else None


def _network(place: Place | None) -> str | None:
    return str(place.network) if place and place.network else None


def _members(conn: Connection, actor: Actor, place: Place | None) -> list[int] | None:
    return classifying.members(conn, actor, place) if place and place.attribute is not None else None


def _is_internet(place: Place | None) -> bool:
    return place is not None and place.network is None and place.attribute is None


def _after(cursor: str | None) -> int | None:
    key = decode(cursor, int)
    return int(key[0]) if key else None


def _described(row: dependencies.Dependency) -> Described:
    return Described(
        row.id,
        row.address_space_id,
        _end(row.client_id, row.client_address),
        _end(row.server_id, row.server_address),
        row.protocol,
        row.port,
        ports.name(row.port, row.protocol),
        row.evidence,
        row.first_seen,
        row.last_seen,
        row.flows,
        row.octets_sent,
        row.octets_received,
        row.packets_sent,
        row.packets_received,
    )


def read(conn: Connection, actor: Actor, dependency_id: int) -> dict[str, object]:
    """All that is known of one dependency."""
    with actor_transaction(conn, actor) as conn:
        found = dependencies.page(conn, actor.tenant, Wanted(id=dependency_id))
        belief = dependencies.belief(conn, actor.tenant, dependency_id)
        if not found or belief is None:
            raise NotFound(f"dependency {dependency_id}")
        seen_by = dependencies.seen_by(conn, actor.tenant, dependency_id)
        names = _names(conn, actor, belief.first_evidence)
    return _detail(_described(found[0]), belief, seen_by) | {"first_evidence": belief.first_evidence | names}


_KINDS = {  # of what the first flow named by number
    "client_if": "interfaces",
    "server_if": "interfaces",
    "client_vrf": "vrfs",
    "server_vrf": "vrfs",
    "application": "applications",
}


def _names(conn: Connection, actor: Actor, first: Mapping[str, object]) -> dict[str, str]:
    """What its exporter calls the interfaces, routing instances and application of the first flow, as `…_name`."""
    numbers = {what: int(str(first[what])) for what in _KINDS if what in first}
    if not numbers:
        return {}
    known = source_names.known(conn, actor.tenant, str(first["exporter"]), sorted(set(numbers.values())))
    found = {}
    for what, number in numbers.items():
        kind = _KINDS[what]
        name = known.get((kind, number), "")
        more = known.get(("descriptions", number), "") if kind == "interfaces" else ""
        if text := f"{name} ({more})" if name and more else name or more:
            found[f"{what}_name"] = text
    return found


def _detail(described: Described, belief: Belief, seen_by: list[SeenBy]) -> dict[str, object]:
    return {
        **{field.name: getattr(described, field.name) for field in fields(described)},
        "evidence_counts": belief,
        "first_evidence": belief.first_evidence,
        "during": [{"from_": span.lower, "to": span.upper} for span in reversed(belief.during)],
        "octets_seen": belief.octets_seen,
        "packets_seen": belief.packets_seen,
        "sources": [replace(one, interface=seen_in(one.exporter or "", one.formats or ())) for one in seen_by],
    }


@dataclass(frozen=True, slots=True)
class Window:
    """A span of whole steps."""

    step: str
    start: datetime
    end: datetime

    @classmethod
    def of(cls, *, step: str, start: datetime | None, end: datetime | None, now: datetime) -> Window:
        """Rounded outwards to whole steps; Invalid says what to ask for instead."""
        size = _STEPS[step]
        end = end or now
        start = start or end - 24 * size
        if start >= end:
            raise Invalid("from must lie before to")
        if step == "minute" and start < now - MINUTES_KEPT:
            raise Invalid(f"minutes are kept for {MINUTES_KEPT.days} days: ask for step=hour")
        window = cls(step, floor(start, size), ceil(end, size))
        if (window.end - window.start) // size > MAX_STEPS:
            raise Invalid(f"that is more than {MAX_STEPS:,} steps: ask for a shorter window or a longer step")
        return window


def volumes(conn: Connection, actor: Actor, dependency_id: int, window: Window) -> dict[str, object]:
    """As columns; a step in which nothing was counted is a row of zeros."""
    size = _STEPS[window.step]
    steps = [window.start + i * size for i in range((window.end - window.start) // size)]
    series = dependencies.Series(
        dependency=dependency_id, start=window.start, end=window.end, hourly=window.step == "hour", limit=MAX_STEPS
    )
    with actor_transaction(conn, actor) as conn:
        if not dependencies.page(conn, actor.tenant, Wanted(id=dependency_id)):
            raise NotFound(f"dependency {dependency_id}")
        known = {volume.t: volume for volume in dependencies.volumes(conn, actor.tenant, series)}
    found = [known.get(t) for t in steps]
    columns: dict[str, object] = {name: [getattr(v, name) if v else 0 for v in found] for name in _SERIES}
    return {"step": window.step, "t": steps, **columns}
