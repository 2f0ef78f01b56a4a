"""The records of an sFlow sample that say more than the sampled header, or stand in its place."""

from __future__ import annotations

import numpy as np

from flowlens.flows.decoding import samples
from flowlens.flows.decoding.fields import Offsets
from flowlens.flows.decoding.frames import Peek
from flowlens.flows.decoding.further import RARE, write_ends, write_rare
from flowlens.flows.decoding.rows import IS_ICMP, Rows
from flowlens.flows.decoding.samples import Records
from flowlens.flows.decoding.sets import Indexes

_SEGMENTS_DEEP = 16  # AS path segments


def write_extended(rows: Rows, records: Records, peek: Peek) -> None:
    _write_ethernet(rows, records, peek)
    _write_ip(rows, records, peek, samples.IPV4)
    _write_ip(rows, records, peek, samples.IPV6)
    _write_switch(rows, records, peek)
    _write_gateway(rows, records, peek)
    _write_router(rows, records, peek)  # its next hop is the true one, that of the gateway is BGP's
    if records.any_of(RARE):
        write_rare(rows, records, peek)


def _write_ethernet(rows: Rows, records: Records, peek: Peek) -> None:
    """length, source MAC, destination MAC (each in 8 octets), type; where no header was sampled."""
    found = records.of(samples.ETHERNET, 24)
    if found is None:
        return
    which, at, _ = found
    bare = rows["octets"][which] == 0
    which, at = which[bare], at[bare]
    rows["octets"][which] = peek.u32(at)
    rows["src_mac"][which] = peek.u64(at + 4) >> np.uint64(16)
    rows["dst_mac"][which] = peek.u64(at + 12) >> np.uint64(16)


def _write_ip(rows: Rows, records: Records, peek: Peek, kind: int) -> None:
    """length, protocol, source, destination, ports, TCP flags, type of service; where no IP header was sampled."""
    six = kind == samples.IPV6
    size = 16 if six else 4
    found = records.of(kind, 24 + 2 * size)
    if found is None:
        return
    which, at, _ = found
    bare = rows["ip_version"][which] == 0
    which, at = which[bare], at[bare]
    after = at + 8 + 2 * size
    protocol, src_port, dst_port = peek.u32(at + 4), peek.u32(after), peek.u32(after + 4)
    rows["ip_version"][which] = 6 if six else 4
    rows["octets"][which] = np.where(rows["octets"][which] == 0, peek.u32(at), rows["octets"][which])
    rows["protocol"][which] = protocol
    rows["src_port"][which], rows["dst_port"][which] = src_port, dst_port
    rows["tcp_flags"][which] = np.where(protocol == 6, peek.u32(after + 8), 0)
    rows["tos"][which] = peek.u32(after + 12)
    write_ends(rows, which, peek, (("src", at + 8), ("dst", at + 8 + size)), six=six)
    icmp = (protocol < 256) & IS_ICMP[protocol & 0xFF]
    rows["src_port"][which[icmp]] = rows["dst_port"][which[icmp]] = 0


def _write_switch(rows: Rows, records: Records, peek: Peek) -> None:
    """The VLAN that the switch put an untagged frame into, and the one it left by."""
    found = records.of(samples.SWITCH, 16)
    if found is None:
        return
    which, at, _ = found
    vlan = peek.u32(at)
    says = (rows["vlan"][which] == 0) & (vlan < 4096)
    rows["vlan"][which[says]] = vlan[says]
    after = peek.u32(at + 8)
    changed = (after > 0) & (after < 4096) & (after != rows["vlan"][which])
    if changed.any():
        rows["post_vlan"][which[changed]] = after[changed]


def _write_router(rows: Rows, records: Records, peek: Peek) -> None:
    """The next hop, and the prefix lengths of both ends."""
    found = records.of(samples.ROUTER, 12)
    if found is None:
        return
    which, _, end = found
    after = _write_next_hop(rows, found, peek)
    whole = after + 8 <= end
    which, after = which[whole], after[whole]
    for name, offset in (("src_mask", 0), ("dst_mask", 4)):
        rows[name][which] = np.minimum(peek.u32(after + offset), 128)


def _write_next_hop(rows: Rows, found: tuple[Indexes, Offsets, Offsets], peek: Peek) -> Offsets:
    """An address with its type before it; returns what follows it."""
    which, at, end = found
    kind = peek.u32(at)
    four, six = (kind == 1) & (at + 8 <= end), (kind == 2) & (at + 20 <= end)
    rows.put_ipv4_at("next_hop", which[four], peek.u32(at[four] + 4))
    rows["next_hop_high"][which[six]] = peek.u64(at[six] + 4)
    rows["next_hop_low"][which[six]] = peek.u64(at[six] + 12)
    return at + 4 + np.where(four, 4, np.where(six, 16, 0))


def _write_gateway(rows: Rows, records: Records, peek: Peek) -> None:
    """The AS of the source, and of the destination: the last of the AS path."""
    found = records.of(samples.GATEWAY, 12)
    if found is None:
        return
    which, _, end = found
    after = _write_next_hop(rows, found, peek)
    whole = after + 16 <= end
    which, after, end = which[whole], after[whole], end[whole]
    rows["src_as"][which] = peek.u32(after + 4)
    segments, at = peek.u32(after + 12), after + 16
    for step in range(_SEGMENTS_DEEP):
        more = (segments > step) & (at + 8 <= end)
        if not more.any():
            break
        segments, which, at, end = segments[more], which[more], at[more], end[more]
        past = at + 8 + 4 * peek.u32(at + 4).astype(np.int64)
        says = (past > at + 8) & (past <= end)
        rows["dst_as"][which[says]] = peek.u32(past[says] - 4)
        at = past
