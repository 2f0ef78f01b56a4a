"""What hosts and applications say of their own connections in sFlow: local and remote ends, and who serves."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Initiator
from flowlens.flows.decoding import samples
from flowlens.flows.decoding.fields import Offsets
from flowlens.flows.decoding.frames import Peek
from flowlens.flows.decoding.further import write_ends
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.decoding.samples import Records
from flowlens.flows.decoding.sets import Indexes

SOCKETS = frozenset({samples.SOCKET4, samples.SOCKET6, samples.PROXY4, samples.PROXY6})
_STRINGS = {samples.OPERATION: (0, 4), samples.REQUEST: (8, 7)}  # octets, then strings, before the request's octets


@dataclass(slots=True)
class Roles:
    """Which samples say that their output, or their input, is the agent itself: it serves, or it is the client."""

    serves: NDArray[np.bool_]
    asks: NDArray[np.bool_]


def write_sockets(rows: Rows, records: Records, roles: Roles, peek: Peek) -> None:
    """Fills rows that have no packet: from who asks to who serves. A proxy's far connection is a translation."""
    if not records.any_of(SOCKETS):
        return
    bare = rows["ip_version"] == 0
    for kind, six in ((samples.SOCKET4, False), (samples.SOCKET6, True)):
        found = records.of(kind, 44 if six else 20)
        if found is not None:
            _write_socket(rows, found[0], found[1], roles, Look(peek, bare, six=six))
    for kind, six in ((samples.PROXY4, False), (samples.PROXY6, True)):
        found = records.of(kind, 44 if six else 20)
        if found is not None:
            _write_proxy(rows, found[0], found[1], Look(peek, bare, six=six))
    for kind, (head, strings) in _STRINGS.items():
        found = records.of(kind, head + 4 * strings + 8)
        if found is not None:
            _write_request(rows, found, bare, (head, strings), peek)


@dataclass(slots=True)
class Look:
    """How to read sockets: protocol, local address, remote address, local port, remote port."""

    peek: Peek
    bare: NDArray[np.bool_]
    _: KW_ONLY
    six: bool

    def ends(self, at: Offsets) -> tuple[Offsets, Offsets]:
        """Where the local address lies, and the remote one."""
        return at + 4, at + (20 if self.six else 8)

    def ports(self, at: Offsets) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        after = at + (36 if self.six else 12)
        return self.peek.u32(after), self.peek.u32(after + 4)


def _write_socket(rows: Rows, which: Indexes, at: Offsets, roles: Roles, look: Look) -> None:
    bare = look.bare[which]
    which, at = which[bare], at[bare]
    rows["ip_version"][which] = 6 if look.six else 4
    rows["protocol"][which] = look.peek.u32(at)
    asks = roles.asks[which] & ~roles.serves[which]
    for here, (local, remote) in ((asks, ("src", "dst")), (~asks, ("dst", "src"))):
        if not here.any():
            continue
        ends, ports = look.ends(at[here]), look.ports(at[here])
        write_ends(rows, which[here], look.peek, ((local, ends[0]), (remote, ends[1])), six=look.six)
        rows[f"{local}_port"][which[here]], rows[f"{remote}_port"][which[here]] = ports
    sure = roles.asks[which] ^ roles.serves[which]
    if sure.any():
        rows["initiator"][which[sure]] = Initiator.SOURCE


def _write_proxy(rows: Rows, which: Indexes, at: Offsets, look: Look) -> None:
    ends = look.ends(at)
    write_ends(rows, which, look.peek, (("nat_src", ends[0]), ("nat_dst", ends[1])), six=look.six)
    rows["nat_src_port"][which], rows["nat_dst_port"][which] = look.ports(at)


def _write_request(
    rows: Rows, found: tuple[Indexes, Offsets, Offsets], bare: NDArray[np.bool_], form: tuple[int, int], peek: Peek
) -> None:
    """The octets of the request, which lie behind strings of any length."""
    which, at, end = found
    at = at + form[0]
    for _ in range(form[1]):
        length = peek.u32(np.minimum(at, end)).astype(np.int64)
        at = np.minimum(at + 4 + ((length + 3) & ~3), end)
    says = bare[which] & (at + 8 <= end)
    rows["octets"][which[says]] = peek.u64(at[says])
