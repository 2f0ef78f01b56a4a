"""What was seen of addresses and edges besides their flows: taken in from the stream, and read by people."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from uuid import UUID

from flowlens.access.actor import Actor
from flowlens.flows.sightings import Sighting
from flowlens.model.errors import Malformed, NotFound
from flowlens.services.flows import canonical, resolve
from flowlens.store import assets, dependencies
from flowlens.store import sightings as store
from flowlens.store.connection import Connection, actor_transaction, tenant_transaction
from flowlens.store.dependencies import Wanted
from flowlens.topology.places import INTERNAL

_MOST = 500  # that people are shown


def take_in(conn: Connection, tenant: UUID, found: Sequence[Sighting]) -> None:
    """The same again changes nothing, so no ledger is asked."""
    named = {one.subject.exporter: canonical(one.subject.exporter) for one in found}
    sources = resolve(conn, tenant, sorted(set(named.values())))
    rows = [
        store.Row(
            sources[named[one.subject.exporter]].address_space_id,
            _address(one.subject.address),
            None if one.subject.server is None else _address(one.subject.server),
            one.subject.protocol,
            one.subject.port,
            one.kind.value,
            one.value.replace("\0", "\ufffd"),  # Postgres keeps no NUL
            one.first,
            one.last,
        )
        for one in found
    ]
    with tenant_transaction(conn, tenant):
        store.add(conn, tenant, rows)


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise Malformed("sightings_address", text) from error


def of_asset(conn: Connection, actor: Actor, asset: int) -> list[store.Sighting]:
    """The newest first."""
    with actor_transaction(conn, actor) as conn:
        if assets.one(conn, actor.tenant, asset, internal=INTERNAL) is None:
            raise NotFound(f"asset {asset}")
        return store.of_asset(conn, actor.tenant, asset, limit=_MOST)


def of_dependency(conn: Connection, actor: Actor, dependency: int) -> list[store.Sighting]:
    """The newest first."""
    with actor_transaction(conn, actor) as conn:
        if not dependencies.page(conn, actor.tenant, Wanted(id=dependency)):
            raise NotFound(f"dependency {dependency}")
        return store.of_dependency(conn, actor.tenant, dependency, limit=_MOST)
