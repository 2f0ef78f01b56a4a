"""What a query is made of, and what can be asked about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Value = str | float | tuple[float, float]


class Sort(StrEnum):
    """What the values of a field are."""

    TEXT = "text"  # of an asset: an attribute or its name
    NETWORK = "network"  # of an asset: where its address lies
    SPACE = "space"  # of an asset: its address space, by id or name
    FLAG = "flag"  # of an asset, without a value
    PORT = "port"
    PROTOCOL = "protocol"
    SERVICE = "service"
    EVIDENCE = "evidence"
    OCTETS = "octets"
    COUNT = "count"
    TIME = "time"
    AGE = "age"
    ANYTHING = "anything"  # a word by itself


OF_ASSETS = frozenset({Sort.TEXT, Sort.NETWORK, Sort.SPACE, Sort.FLAG})
ORDERED = frozenset({Sort.PORT, Sort.OCTETS, Sort.COUNT, Sort.TIME, Sort.AGE})
TAG = re.compile(r"tag:[a-z0-9][a-z0-9_.-]{0,62}")

# What can be asked about beside attributes, with what people read.
FIELDS: Mapping[str, tuple[Sort, str]] = {
    "address": (Sort.NETWORK, "an address or a network that it lies in"),
    "name": (Sort.TEXT, "what people call it"),
    "space": (Sort.SPACE, "the address space, by id or name"),
    "internal": (Sort.FLAG, "a private or documentation address"),
    "external": (Sort.FLAG, "any other address"),
    "port": (Sort.PORT, "the server's port, or a range of ports"),
    "protocol": (Sort.PROTOCOL, "tcp, udp, icmp, or a number"),
    "service": (Sort.SERVICE, "the port's name, such as https"),
    "evidence": (Sort.EVIDENCE, "how client and server are told apart"),
    "bytes": (Sort.OCTETS, "both directions, in the time that is shown"),
    "packets": (Sort.COUNT, "both directions, in the time that is shown"),
    "flows": (Sort.COUNT, "in the time that is shown"),
    "first_seen": (Sort.TIME, "when the dependency was first seen"),
    "last_seen": (Sort.TIME, "when the dependency was last seen"),
    "age": (Sort.AGE, "since the dependency was first seen: 30m, 12h, 7d"),
    "idle": (Sort.AGE, "since the dependency was last seen: 30m, 12h, 7d"),
}
ALIASES: Mapping[str, str] = {
    "env": "environment",
    "dc": "datacenter",
    "type": "asset_type",
    "app": "application",
    "org": "organisation",
    "ip": "address",
    "cidr": "address",
    "network": "address",
    "proto": "protocol",
    "octets": "bytes",
}
ENDS: Mapping[str, str] = {"client": "client", "src": "client", "from": "client"} | {
    "server": "server",
    "dst": "server",
    "to": "server",
}
PROTOCOLS: Mapping[str, int] = {"icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "icmpv6": 58, "sctp": 132}


@dataclass(frozen=True, slots=True)
class Term:
    """A field compared with values, any of which will do; `end` is client, server or either ("").

    `op` is one of = ~ < <= > >=: what is not equal is a Not. `at` and `until` are where it stands in the text.
    """

    field: str
    sort: Sort
    end: str
    op: str
    values: tuple[Value, ...]
    at: int
    until: int


@dataclass(frozen=True, slots=True)
class Not:
    """What is not so."""

    part: Part


@dataclass(frozen=True, slots=True)
class All:
    """What is all of these."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """What is one of these at least."""

    parts: tuple[Part, ...]


Part = Term | Not | All | Any


def terms(part: Part) -> list[Term]:
    """Every term in it, in the order of the text."""
    if isinstance(part, Term):
        return [part]
    if isinstance(part, Not):
        return terms(part.part)
    return [term for one in part.parts for term in terms(one)]
