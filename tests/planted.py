"""What the traffic generator planted in the recordings: which end is the client, and the server's port."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

from flowlens.flows.columns import Columns

from cdk.local.readable import Flows, cells

_CLIENTS = (ip_network("10.1.0.0/16"), ip_network("2001:db8:1::/48"))
_SERVERS = (ip_network("10.200.0.0/15"), ip_network("2001:db8:ff::/48"))
PORTS = {
    6: frozenset({443, 80, 5432, 6379, 9092, 3306, 8080, 22, 389, 27017, 50051, 9200}),
    17: frozenset({53, 123, 11211, 514}),
}


class Conversation(NamedTuple):
    """Who asked whom for what. Addresses as text."""

    client: str
    server: str
    protocol: int
    port: int


class Volume(NamedTuple):
    """What went through a conversation, as on the wire."""

    flows: int
    octets_sent: int
    octets_received: int
    packets_sent: int
    packets_received: int


def truth(columns: Columns) -> dict[Conversation, Volume]:
    """Every TCP and UDP conversation of decoded flows, turned the way it was planted."""
    found = cells(Flows(columns, ["recorded"]))
    sides = {a: _side(str(a)) for a in {*found["source"], *found["destination"]} if a}
    ends = zip(found["source"], found["destination"], found["source_port"], found["destination_port"], strict=True)
    protocols, octets, packets = (columns[name].tolist() for name in ("protocol", "octets", "packets"))
    sums: dict[Conversation, Counter[str]] = defaultdict(Counter)
    for (a, b, a_port, b_port), protocol, size, count in zip(ends, protocols, octets, packets, strict=True):
        if protocol in PORTS:
            sent = sides[a] == "client"
            client, server, port = (a, b, b_port) if sent else (b, a, a_port)
            way = "sent" if sent else "received"
            key = Conversation(str(client), str(server), protocol, int(str(port)))
            sums[key].update({"flows": 1, f"octets_{way}": size, f"packets_{way}": count})
    return {key: Volume(*(total[name] for name in Volume._fields)) for key, total in sums.items()}


def unplanted(conversations: dict[Conversation, Volume]) -> Iterator[Conversation]:
    """Conversations that the generator cannot have made: the wrong way round, or to a port it never used."""
    for conversation in conversations:
        sides = (_side(conversation.client), _side(conversation.server))
        if sides != ("client", "server") or conversation.port not in PORTS[conversation.protocol]:
            yield conversation


def is_client(address: str) -> bool:
    """Whether an address of the generated traffic is a client's."""
    return _side(address) == "client"


def _side(address: str) -> str:
    found = ip_address(address)
    for side, networks in (("client", _CLIENTS), ("server", _SERVERS)):
        if found in networks[isinstance(found, IPv6Address)]:
            return side
    return "neither"
