"""Places: an address, a network or the Internet, perhaps within one address space; the ids of a topology's nodes."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

INTERNET = "internet"
# Addresses that no one else's network can have. The documentation networks stand in for sites in examples and demos.
INTERNAL: tuple[str, ...] = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
    "2001:db8::/32",
)
_MAX_SPACE = 2**31 - 1
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Place:
    """`network` None is the Internet: every address that is not internal. `space` None is every address space."""

    network: Network | None
    space: int | None = None


def parse(text: str) -> Place:
    """`10.1.2.3`, `10.1.0.0/16`, `internet`, or one of them within an address space: `10.1.0.0/16@1`.

    ValueError says what would be understood.
    """
    where, at, space = text.partition("@")
    if at and not (space.isascii() and space.isdigit() and 1 <= int(space[:11]) <= _MAX_SPACE):
        raise ValueError("must name an address space's id after the @")
    return Place(None if where == INTERNET else network(where), int(space) if at else None)


def name(where: str, space: int) -> str:
    """The id of the node that stands for a network, an address or the Internet."""
    return f"{where}@{space}"


def network(text: str) -> Network:
    """An address is the network of itself alone; ValueError for anything else, and for an address with a zone."""
    try:
        if "%" in text:  # a zone means something on one machine only
            raise ValueError(text)
        return ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            "must be an address, a network or 'internet', perhaps followed by @ and an address space"
        ) from None
