"""What a person typed into a search box, as something that the store can look for."""

from __future__ import annotations

from dataclasses import dataclass

from flowlens.access.actor import Actor
from flowlens.flows import ports
from flowlens.services import classifying
from flowlens.store import assets
from flowlens.store.connection import Connection
from flowlens.topology.places import network

_TCP, _UDP, _SCTP = 6, 17, 132
_MAX_PORT = 65535
_FEW = 2000
_OF_ADDRESSES = frozenset("0123456789abcdef.:")


@dataclass(frozen=True, slots=True)
class Sought:
    """Either a network, or a part of an address that may also be a port or the beginning of a service's name."""

    network: str | None = None
    part: str | None = None
    services: tuple[tuple[int, int], ...] = ()  # (protocol, port)


def understand(text: str | None) -> Sought:
    """`10.1.2.3` and `10.1.0.0/16` are networks; `10.1.`, `443` and `postgres` are parts."""
    if text is None:
        return Sought()
    text = text.strip().lower()
    try:
        return Sought(network=str(network(text)))
    except ValueError:
        return Sought(part=text, services=_services(text))


def _services(text: str) -> tuple[tuple[int, int], ...]:
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= _MAX_PORT:
        return tuple((protocol, int(text)) for protocol in (_TCP, _UDP, _SCTP))
    return tuple(ports.beginning(text)[:1000])


@dataclass(frozen=True, slots=True)
class Ends:
    """The assets in a network, or whose address or name has a part; None when they are too many to look up."""

    ids: list[int] | None


def ends_of(conn: Connection, actor: Actor, sought: Sought) -> Ends:
    """Of what is either; inside the caller's transaction."""
    found: set[int] = set()
    if sought.network or _OF_ADDRESSES.issuperset(sought.part or ""):
        found |= set(assets.sought(conn, actor.tenant, part=sought.part, network=sought.network, limit=_FEW + 1))
    if sought.part:
        found |= set(classifying.named_like(conn, actor, sought.part))
    return Ends(sorted(found) if len(found) <= _FEW else None)


def few_ends(conn: Connection, actor: Actor, sought: Sought, known: Ends | None) -> list[int] | None:
    """The ids of the assets that are meant, unless nobody looks for any or they are many; inside a transaction."""
    if known is None and (sought.part or sought.network):
        known = ends_of(conn, actor, sought)
    return known.ids if known else None
