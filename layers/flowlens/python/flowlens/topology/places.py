"""Places: an address, a network, the Internet or a group, perhaps in one address space; what ids of map nodes name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

INTERNET = "internet"
FOLD, MORE = "*", "more"  # `site*=more` is the group into which the sites of the fewest assets are folded
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
    """`space` None is every address space. A place with an attribute is a group; `value` "" is what has none.

    A group may lie in groups of other attributes, the outermost first. Any other place is a network, and `network` None
    the Internet: every address that is not internal.
    """

    network: Network | None
    space: int | None = None
    attribute: str | None = None
    value: str = ""
    around: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> tuple[tuple[str, str], ...]:
        """(attribute, value) of a group and of those around it, the outermost first."""
        return () if self.attribute is None else (*self.around, (self.attribute, self.value))


def parse(text: str) -> Place:
    """`10.1.2.3`, `10.1.0.0/16`, `internet`, `site=Berlin`, or one of them within an address space: `10.1.0.0/16@1`.

    `location=Germany&site=Berlin` is a group within a group, `site*=more` what many small sites are folded into.
    ValueError says what would be understood.
    """
    if "=" in text:
        return _group(text)
    where, at, space = text.partition("@")
    if at and not (space.isascii() and space.isdigit() and 1 <= int(space[:11]) <= _MAX_SPACE):
        raise ValueError("must name an address space's id after the @")
    return Place(None if where == INTERNET else network(where), int(space) if at else None)


def _group(text: str) -> Place:
    """A value may hold an @ of its own: only a number after the last one is an address space."""
    where, at, space = text.rpartition("@")
    if not (at and space.isascii() and space.isdigit() and 1 <= int(space[:11]) <= _MAX_SPACE):
        where, space = text, ""
    *around, (attribute, value) = _pairs(where)
    return Place(None, int(space) if space else None, attribute, value, tuple(around))


def _pairs(text: str) -> list[tuple[str, str]]:
    """A part without = belongs to the value before it: people write site=R&D."""
    found: list[tuple[str, str]] = []
    for part in text.split("&"):
        attribute, equals, value = part.partition("=")
        if equals or not found:
            found.append((attribute, value))
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]}&{part}")
    return [(attribute, value.replace("%26", "&").replace("%25", "%")) for attribute, value in found]


def is_fold(attribute: str) -> bool:
    """Is it no attribute, but what the smallest groups by one are folded into?"""
    return attribute.endswith(FOLD)


def group(path: Sequence[tuple[str, str]]) -> str:
    """What `parse` reads as a group within groups, the outermost first."""
    spelled = ((attribute, value.replace("%", "%25").replace("&", "%26")) for attribute, value in path)
    return "&".join(f"{attribute}={value}" for attribute, value in spelled)


def name(where: str, space: int) -> str:
    """The id of the node that stands for a network, an address, a group or the Internet."""
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
