"""Assets, as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flowlens.access.actor import Actor
from flowlens.model.errors import Invalid, NotFound
from flowlens.services.finding import understand
from flowlens.services.pages import Page, cut, decode
from flowlens.store import assets
from flowlens.store.assets import Asset, Reach
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.topology.places import INTERNAL, network

_MAX_SPACE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Described:
    """An asset and how much lies in either direction."""

    id: int
    address_space_id: int
    address: str
    internal: bool
    first_seen: datetime
    last_seen: datetime
    upstream: Reach
    downstream: Reach


def page(
    conn: Connection,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None = None,
    q: str | None = None,
    space: int | None = None,
) -> Page[Asset]:
    """In the order of address space and address."""
    sought = understand(q)
    wanted = assets.Wanted(
        internal=INTERNAL,
        limit=limit + 1,
        after=_after(cursor),
        space=space,
        network=sought.network,
        part=sought.part,
    )
    with tenant_transaction(conn, actor.tenant) as conn:
        found = assets.page(conn, actor.tenant, wanted)
    return cut(found, limit, lambda asset: (asset.address_space_id, asset.address))


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
    with tenant_transaction(conn, actor.tenant) as conn:
        asset = assets.one(conn, actor.tenant, asset_id, internal=INTERNAL)
        if asset is None:
            raise NotFound(f"asset {asset_id}")
        upstream, downstream = assets.reach(conn, actor.tenant, asset_id)
    return Described(
        asset.id,
        asset.address_space_id,
        asset.address,
        asset.internal,
        asset.first_seen,
        asset.last_seen,
        upstream,
        downstream,
    )
