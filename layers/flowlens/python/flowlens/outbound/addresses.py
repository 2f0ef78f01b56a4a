"""Which addresses may be connected to: judged as numbers, with every IPv4 address that hides in an IPv6 one."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from flowlens.model.errors import Invalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# https://www.iana.org/assignments/iana-ipv4-special-registry, with the ranges that nobody routes and multicast
_CLOSED_V4 = tuple(
    IPv4Network(block)
    for block in [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    ]
)
# https://www.iana.org/assignments/iana-ipv6-special-registry: within what is global unicast
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(IPv6Network(block) for block in ["2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20"])
# Where a cloud tells a machine its credentials: opened by nothing but an entry for this one address.
_METADATA = frozenset(
    ip_address(one)
    for one in ["169.254.169.254", "169.254.170.2", "169.254.170.23", "168.63.129.16", "100.100.100.200"]
) | frozenset(ip_address(one) for one in ["192.0.0.192", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"])

# Where the IPv4 address stands in these, as how many bits are to its right: RFC 4291 2.5.5, 6052 2.1, 2765 2.1, 3056.
_EMBEDDING = (
    (IPv6Network("::/96"), 0),
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::ffff:0:0:0/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)
_TEREDO = IPv6Network("2001::/32")  # RFC 4380 4: the server, and the client with its bits turned
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214 6.1: in the middle of the lower half


@dataclass(frozen=True, slots=True)
class Judge:
    """Opens what is public, and the networks that the operator names."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, words: str) -> Judge:
        """Networks as CIDR, with commas or spaces between. Invalid names the one that is none."""
        return cls(tuple(_network(word) for word in words.replace(",", " ").split()))

    def opens(self, address: Address) -> bool:
        """Whether the address and each IPv4 address in it are open. Metadata needs an entry of its own."""
        inside = hidden(address)
        if any(one in _METADATA and not self._names_alone(one) for one in (address, *inside)):
            return False
        if self._named(address):
            return True
        if not all(self._named(one) or _public(one) for one in inside):
            return False
        return _public(address) or any(address in network for network, _ in _EMBEDDING)

    def _named(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self.networks)

    def _names_alone(self, address: Address) -> bool:
        return any(network.num_addresses == 1 and network[0] == address for network in self.networks)


def hidden(address: Address) -> list[IPv4Address]:
    """The IPv4 addresses in an IPv6 address that a translator, a tunnel or the kernel may send to instead."""
    if isinstance(address, IPv4Address):
        return []
    number = int(address)
    found = [number >> right for network, right in _EMBEDDING if address in network]
    if address in _TEREDO:
        found += [number >> 64, ~number]
    if number >> 32 & 0xFFFFFFFF in _ISATAP:
        found.append(number)
    return [IPv4Address(one & 0xFFFFFFFF) for one in found]


def _public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


def _network(word: str) -> Network:
    try:
        return ip_network(word)
    except ValueError as error:
        raise Invalid(f"{word[:60]!r} is no network such as 10.1.0.0/16") from error
