"""The records of an sFlow sample that few agents send: translation, labels, tunnels and virtual networks."""

from __future__ import annotations

import numpy as np

from flowlens.flows.columns import Tunnel
from flowlens.flows.decoding import samples
from flowlens.flows.decoding.fields import Offsets
from flowlens.flows.decoding.frames import Peek
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.decoding.samples import Records
from flowlens.flows.decoding.sets import Indexes

_NETWORKS = (samples.NETWORK_OUT, samples.NETWORK_IN)
_TUNNELS = (samples.TUNNEL4_OUT, samples.TUNNEL4_IN, samples.TUNNEL6_OUT, samples.TUNNEL6_IN)
RARE = frozenset({samples.MPLS, samples.NAT, samples.NAT_PORT, *_NETWORKS, *_TUNNELS})
_CARRIER = np.zeros(256, np.uint8)  # by the IP protocol of the outer header
_CARRIER[[4, 41, 47]] = Tunnel.IP, Tunnel.IP, Tunnel.GRE
_PORTS = {4789: Tunnel.VXLAN, 6081: Tunnel.GENEVE}
_ADDRESS_OCTETS = np.array([0, 4, 16], np.int64)  # by address type


def write_rare(rows: Rows, records: Records, peek: Peek) -> None:
    _write_labels(rows, records, peek)
    _write_translation(rows, records, peek)
    for kind in _TUNNELS:
        _write_tunnel(rows, records, peek, kind)
    for kind in _NETWORKS:
        found = records.of(kind, 4)
        if found is not None:
            which, at, _ = found
            rows["vni"][which] = peek.u32(at)


def write_ends(rows: Rows, which: Indexes, peek: Peek, ends: tuple[tuple[str, Offsets], ...], *, six: bool) -> None:
    """Addresses of 4 or 16 octets."""
    for end, at in ends:
        if six:
            rows[f"{end}_high"][which], rows[f"{end}_low"][which] = peek.u64(at), peek.u64(at + 8)
        else:
            rows.put_ipv4_at(end, which, peek.u32(at))


def _write_labels(rows: Rows, records: Records, peek: Peek) -> None:
    """A next hop, then the stack that came in and the one that went out, each with its depth before it."""
    found = records.of(samples.MPLS, 16)
    if found is None:
        return
    which, at, end = found
    kind = peek.u32(at)
    at = at + 4 + _ADDRESS_OCTETS[np.where(kind > 2, 0, kind)]
    depth = peek.u32(at)
    at = np.where(depth > 0, at, at + 4)  # nothing came in: what went out
    says = (peek.u32(at) > 0) & (at + 8 <= end)
    rows["mpls_label"][which[says]] = peek.u32(at[says] + 4) >> np.uint32(12)


def _write_translation(rows: Rows, records: Records, peek: Peek) -> None:
    """Both addresses after translation, each with its type before it; both ports."""
    found = records.of(samples.NAT, 16)
    if found is not None:
        which, at, end = found
        for name in ("nat_src", "nat_dst"):
            kind = peek.u32(at)
            size = _ADDRESS_OCTETS[np.where(kind > 2, 0, kind)]
            for number, six in ((1, False), (2, True)):
                here = (kind == number) & (at + 4 + size <= end)
                if here.any():
                    write_ends(rows, which[here], peek, ((name, at[here] + 4),), six=six)
            at = at + 4 + size
    found = records.of(samples.NAT_PORT, 8)
    if found is not None:
        which, at, _ = found
        rows["nat_src_port"][which], rows["nat_dst_port"][which] = peek.u32(at), peek.u32(at + 4)


def _write_tunnel(rows: Rows, records: Records, peek: Peek, kind: int) -> None:
    """The header that a device put around the packets or took off them: length, protocol, ends, ports."""
    six = kind in (samples.TUNNEL6_OUT, samples.TUNNEL6_IN)
    size = 16 if six else 4
    found = records.of(kind, 24 + 2 * size)
    if found is None:
        return
    which, at, _ = found
    protocol, port = peek.u32(at + 4), peek.u32(at + 12 + 2 * size)
    carrier = np.where(protocol < 256, _CARRIER[protocol & 0xFF], 0)
    for number, tunnel in _PORTS.items():
        carrier = np.where((protocol == 17) & (port == number), tunnel, carrier)
    bare = rows["tunnel"][which] == Tunnel.NONE
    which, at = which[bare], at[bare]
    rows["tunnel"][which] = carrier[bare]
    write_ends(rows, which, peek, (("outer_src", at + 8), ("outer_dst", at + 8 + size)), six=six)
