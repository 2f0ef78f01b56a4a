"""Assets, as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network

import numpy as np

from flowlens.access.actor import Actor
from flowlens.model.errors import Invalid, NotFound
from flowlens.services import classifying, descriptions, filtering, seeing
from flowlens.services.descriptions import Why
from flowlens.services.finding import Ends, few_ends, understand
from flowlens.services.pages import Page, cut, decode
from flowlens.store import assets
from flowlens.store.assets import Asset, Reach
from flowlens.store.connection import Connection, actor_transaction
from flowlens.topology.addresses import columns
from flowlens.topology.edges import Assets, nothing
from flowlens.topology.nodes import NOTHING
from flowlens.topology.places import INTERNAL, network, parse
from flowlens.topology.query.matching import needs_edges
from flowlens.topology.query.terms import Part

_MAX_SPACE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Listed:
    """An asset as a row of the list."""

    id: int
    address_space_id: int
    address: str
    internal: bool
    first_seen: datetime
    last_seen: datetime
    name: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Described:
    """An asset, what is said of it and why, and how much lies in either direction."""

    id: int
    address_space_id: int
    address: str
    internal: bool
    first_seen: datetime
    last_seen: datetime
    upstream: Reach
    downstream: Reach
    name: str
    note: str
    version: int
    attributes: dict[str, str]
    why: list[Why]


def page(
    conn: Connection,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None = None,
    q: str | None = None,
    space: int | None = None,
    within: str | None = None,
    ends: Ends | None = None,
) -> Page[Listed]:
    """In the order of address space and address. Who looked up already which assets a word means hands them in."""
    query, place = filtering.read(q), parse(within) if within is not None else None
    sought = understand(filtering.word(query))
    with actor_transaction(conn, actor) as conn:
        grouped = place is not None and place.attribute is not None
        few = few_ends(conn, actor, sought, ends)
        wanted = assets.Wanted(
            internal=INTERNAL,
            limit=limit + 1,
            after=_after(cursor),
            space=space if place is None or place.space is None else place.space,
            network=sought.network if few is None else None,
            part=sought.part if few is None else None,
            named=classifying.named_like(conn, actor, sought.part) if sought.part and few is None else (),
            within=str(place.network) if place and place.network else None,
            internet=place is not None and place.network is None and not grouped,
            members=classifying.members(conn, actor, place) if place and grouped else None,
            chosen=_chosen(conn, actor, query) if few is None else few,
        )
        found = assets.page(conn, actor.tenant, wanted)
        listed = _classified(conn, actor, found)
    return cut(listed, limit, lambda asset: (asset.address_space_id, asset.address))


def _chosen(conn: Connection, actor: Actor, query: Part | None) -> list[int] | None:
    """The ids of the assets that a query holds of, where it is more than a word."""
    if query is None or filtering.word(query) is not None:
        return None
    if needs_edges(query):
        assets, edges = seeing.whole(conn, actor)
    else:
        assets, edges = classifying.every_asset(conn, actor), nothing()
    estate = filtering.Estate(assets, edges, classifying.load(conn, actor))
    return list(assets.id[filtering.of_assets(conn, actor, query, estate)].tolist())


def _classified(conn: Connection, actor: Actor, found: list[Asset]) -> list[Listed]:
    """With what rules and people say of each."""
    known = classifying.load(conn, actor)
    names = known.sayings.names
    ids, spaces = (np.array([getattr(asset, name) for asset in found], np.int64) for name in ("id", "address_space_id"))
    rows = Assets(ids, spaces, *columns([ip_network(asset.address) for asset in found])).sorted()
    said: dict[int, dict[str, str]] = {asset.id: {} for asset in found}
    for name in known.names():
        by = known.attribute(name, rows)
        for asset, value in zip(rows.id.tolist(), by.value.tolist(), strict=True):
            if value != NOTHING:
                said[asset][name] = by.values[value]
    return [
        Listed(
            asset.id,
            asset.address_space_id,
            asset.address,
            asset.internal,
            asset.first_seen,
            asset.last_seen,
            names.get(asset.id, ""),
            said[asset.id],
        )
        for asset in found
    ]


def _after(cursor: str | None) -> tuple[int, str] | None:
    key = decode(cursor, int, str)
    if key is None:
        return None
    space, address = int(key[0]), str(key[1])
    try:
        return _space(space), _host(address)
    except ValueError as error:
        raise Invalid("cursor: it must be the next_cursor of the page before") from error


def _space(space: int) -> int:
    if space > _MAX_SPACE:
        raise ValueError(space)
    return space


def _host(address: str) -> str:
    found = network(address)
    if found.num_addresses != 1:
        raise ValueError(address)
    return str(found.network_address)


def read(conn: Connection, actor: Actor, asset_id: int) -> Described:
    with actor_transaction(conn, actor) as conn:
        asset = assets.one(conn, actor.tenant, asset_id, internal=INTERNAL)
        if asset is None:
            raise NotFound(f"asset {asset_id}")
        upstream, downstream = assets.reach(conn, actor.tenant, asset_id)
        said, why = descriptions.of_asset(conn, actor, asset)
    return Described(
        asset.id,
        asset.address_space_id,
        asset.address,
        asset.internal,
        asset.first_seen,
        asset.last_seen,
        upstream,
        downstream,
        said.name if said else "",
        said.note if said else "",
        said.version if said else 0,
        {one.attribute: one.said.value for one in why},
        why,
    )
