"""What the packets of a tunnel carry: IP in IP, GRE, VXLAN and Geneve, each header past its options."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Tunnel
from flowlens.flows.decoding.elements import ETHERNET, IPV4, IPV6, MPLS
from flowlens.flows.decoding.fields import Offsets
from flowlens.flows.decoding.frames import Frames, Peek
from flowlens.flows.decoding.rows import among

_IPV4_INSIDE, _UDP, _IPV6_INSIDE, _GRE = 4, 17, 41, 47
_MAYBE = among(_IPV4_INSIDE, _UDP, _IPV6_INSIDE, _GRE)
_VXLAN_PORT, _GENEVE_PORT = 4789, 6081
_TYPES = {0x0800: IPV4, 0x86DD: IPV6, 0x6558: ETHERNET, 0x8847: MPLS}
_CHECKSUM, _ROUTING, _KEY, _SEQUENCE, _VERSION = 0x8000, 0x4000, 0x2000, 0x1000, 0x0007  # flags of GRE, RFC 2784, 2890


@dataclass(frozen=True, slots=True)
class Carried:
    """What tunnels of one kind carry, and for which virtual network."""

    tunnel: Tunnel
    frames: Frames
    network: NDArray[np.uint32]


def inside(packets: Frames, peek: Peek) -> Iterator[Carried]:
    """`packets` lie at their transport headers, their kind being the IP protocol."""
    packets = packets.take(_MAYBE[packets.kind])
    if not len(packets.rows):
        return
    for number, reader in _BY_PROTOCOL.items():
        some = packets.kind == number
        if some.any():
            yield from reader(packets.take(some), peek)


def _ip(packets: Frames, peek: Peek) -> Iterator[Carried]:  # noqa: ARG001  # a reader's signature
    kind = np.where(packets.kind == _IPV4_INSIDE, IPV4, IPV6).astype(np.uint32)
    yield _carried(Tunnel.IP, packets, packets.at, kind)


def _gre(packets: Frames, peek: Peek) -> Iterator[Carried]:
    packets = packets.reaching(4)
    flags = peek.u16(packets.at)
    plain = (flags & (_ROUTING | _VERSION)) == 0
    packets, flags = packets.take(plain), flags[plain]
    at = packets.at + 4 + 4 * ((flags & _CHECKSUM) > 0)
    keyed = (flags & _KEY) > 0
    kind = _meaning(peek.u16(packets.at + 2))
    key = (peek.u32(at) >> np.uint32(8)) * (keyed & (kind == ETHERNET))  # NVGRE, RFC 7637
    yield _carried(Tunnel.GRE, packets, at + 4 * keyed + 4 * ((flags & _SEQUENCE) > 0), kind, key)


def _udp(packets: Frames, peek: Peek) -> Iterator[Carried]:
    packets = packets.reaching(16)
    ports = peek.u16(packets.at + 2)
    vxlan, geneve = ports == _VXLAN_PORT, ports == _GENEVE_PORT
    if vxlan.any():
        some = packets.take(vxlan)
        valid = (peek.u8(some.at + 8) & 0x08) > 0  # the flag that a network id is there
        kind = np.where(valid, ETHERNET, 0).astype(np.uint32)
        yield _carried(Tunnel.VXLAN, some, some.at + 16, kind, peek.u32(some.at + 12) >> np.uint32(8))
    if geneve.any():
        some = packets.take(geneve)
        first = peek.u8(some.at + 8).astype(np.int64)
        kind = np.where(first < 64, _meaning(peek.u16(some.at + 10)), 0).astype(np.uint32)  # version 0
        yield _carried(
            Tunnel.GENEVE, some, some.at + 16 + 4 * (first & 63), kind, peek.u32(some.at + 12) >> np.uint32(8)
        )


def _meaning(types: NDArray[np.uint16]) -> NDArray[np.uint32]:
    """EtherTypes as what a frame begins with, 0 for others."""
    kinds = np.zeros(len(types), np.uint32)
    for number, kind in _TYPES.items():
        kinds[types == number] = kind
    return kinds


def _carried(
    tunnel: Tunnel,
    packets: Frames,
    at: Offsets,
    kind: NDArray[np.uint32],
    network: NDArray[np.uint32] | None = None,
) -> Carried:
    known = (kind > 0) & (at < packets.stop)
    network = np.zeros(len(at), np.uint32) if network is None else network
    return Carried(tunnel, Frames(packets.rows, at, packets.stop, kind).take(known), network[known])


_Reader = Callable[[Frames, Peek], Iterator[Carried]]
_BY_PROTOCOL: dict[int, _Reader] = {_IPV4_INSIDE: _ip, _IPV6_INSIDE: _ip, _GRE: _gre, _UDP: _udp}
