"""Addresses and networks as pairs of 64-bit halves, many at once."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Network, ip_network

import numpy as np

from flowlens.topology.edges import Halves, Mask
from flowlens.topology.places import INTERNAL, Network

_V4_LOW = 0xFFFF_0000_0000  # ::ffff:0:0
_V4_OFFSET = 96


def is_v4(high: Halves, low: Halves) -> Mask:
    v4: Mask = np.logical_and(high == 0, (low >> np.uint64(32)) == np.uint64(0xFFFF))
    return v4


def halves(network: Network) -> tuple[int, int, int]:
    """(high, low, prefix length) of a network, IPv4 mapped into IPv6."""
    value, prefix = int(network.network_address), network.prefixlen
    if isinstance(network, IPv4Network):
        value, prefix = value | _V4_LOW, prefix + _V4_OFFSET
    return value >> 64, value & (2**64 - 1), prefix


def columns(networks: Sequence[Network]) -> tuple[Halves, Halves]:
    """The halves of each one's first address."""
    pairs = [halves(network)[:2] for network in networks]
    high, low = np.array(pairs, np.uint64).reshape(-1, 2).T
    return high, low


def masks(prefix: int) -> tuple[np.uint64, np.uint64]:
    """The two halves of a network mask of this length."""
    mask = ((1 << prefix) - 1) << (128 - prefix)
    return np.uint64(mask >> 64), np.uint64(mask & (2**64 - 1))


def within(high: Halves, low: Halves, network: Network) -> Mask:
    of_high, of_low, prefix = halves(network)
    mask_high, mask_low = masks(prefix)
    inside: Mask = np.logical_and((high & mask_high) == np.uint64(of_high), (low & mask_low) == np.uint64(of_low))
    return inside


def is_internal(high: Halves, low: Halves) -> Mask:
    inside = np.zeros(len(high), np.bool_)
    for network in INTERNAL:
        inside |= within(high, low, ip_network(network))
    return inside


def text(high: int, low: int, prefix: int = 128) -> str:
    """`10.1.2.3`, `2001:db8::1`, or with a network's length `10.1.0.0/16`."""
    if high == 0 and low >> 32 == 0xFFFF:
        address, length = socket.inet_ntop(socket.AF_INET, (low & 0xFFFF_FFFF).to_bytes(4, "big")), prefix - _V4_OFFSET
    else:
        address, length = socket.inet_ntop(socket.AF_INET6, (high << 64 | low).to_bytes(16, "big")), prefix
    return address if prefix == 128 else f"{address}/{length}"
