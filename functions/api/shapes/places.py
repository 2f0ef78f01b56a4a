"""Addresses and places: where assets are, as networks, groups and nodes of the topology name it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Annotated

from flowlens.topology.places import parse as place
from pydantic import AfterValidator, Field, IPvAnyAddress

from functions.api.shapes.fields import Line


def _address(value: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """As collectors see it: no zone, and IPv4 as IPv4."""
    if isinstance(value, IPv4Address):
        return value
    if value.scope_id is not None:
        raise ValueError("must not have a zone: it means something on one machine only")
    return value.ipv4_mapped or value


Address = Annotated[IPvAnyAddress, AfterValidator(_address)]


def _checked(value: str) -> str:
    place(value)
    return value


Place = Annotated[
    Line,
    Field(min_length=1, max_length=450, examples=["10.1.0.0/16"]),
    AfterValidator(_checked),
]
INTERFACE = "the cloud interface whose logs it is, such as `eni-0a1b2c3d4e5f60718 in 123456789012`; empty for a device"
PLACE = (
    "an address, a network, `internet`, a group (`site=Berlin`), or the id of a node of the topology (`10.1.0.0/16@1`)"
)
