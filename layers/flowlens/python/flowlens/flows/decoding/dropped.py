"""sFlow's notices of discarded packets: attempts, whatever the reason, since what they asked for did not happen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import RateSource
from flowlens.flows.decoding.frames import Peek
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.decoding.samples import Records, Samples
from flowlens.flows.decoding.tally import Faults

DENIED = 3  # firewallEvent
LOCAL = 0x3FFF_FFFF  # the interface that stands for the agent itself
# Why a packet was discarded, as RFC 7270 says it: 0..255 are the codes of ICMP's destination unreachable.
DROPPED = np.array([131] * 256 + [128, 137, 129, 128, 139, 138, 133, 128], np.uint8)
DROPPED[[4, 9, 10, 13]] = 133, 129, 129, 129  # fragmentation needed, and what an administrator forbade
HEAD = np.dtype(
    [(name, ">u4") for name in ("seq", "source_class", "source", "drops", "input", "output", "reason", "records")]
)


def forwarding(reasons: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """The reasons of sFlow as forwardingStatus; those that came later are unknown."""
    return DROPPED[np.minimum(reasons, len(DROPPED) - 1)]


def write_drops(rows: Rows, drops: Samples, peek: Peek, faults: Faults) -> Records:
    """All of them are told, none is sampled: each row is one packet."""
    head = peek.structs(drops.at, HEAD)
    rows["rate_source"][:] = RateSource.SAMPLE
    rows["firewall_event"][:] = DENIED
    rows["forwarding"][:] = forwarding(head["reason"].astype(np.uint32))
    for name in ("input", "output"):
        interface = head[name].astype(np.uint32)
        rows[f"{name}_if"][:] = np.where(interface == LOCAL, 0, interface)
    return Records(drops, drops.at + HEAD.itemsize, peek, faults)
