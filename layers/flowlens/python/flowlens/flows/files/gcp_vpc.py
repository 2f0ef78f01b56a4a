"""Google Cloud VPC flow logs: log entries as lines of JSON, as a sink exports them or a subscription delivers them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO

import msgspec
import numpy as np

from flowlens.flows.body import FlowBody
from flowlens.flows.columns import DENIED, Columns, Format, Values
from flowlens.flows.reading import About, entries, interfaces
from flowlens.flows.reading.blocks import blocks
from flowlens.flows.reading.entries import Entries
from flowlens.flows.reading.payloads import ALLOWED, Name, Observer
from flowlens.flows.reading.sieve import Sieve
from flowlens.flows.reading.tally import Tally

_LOGS = (b"vpc_flows", b"networkmanagement.googleapis.com")
_COUNTED = 2**63 - 1
_MAX_INTERFACES = 4096  # of one part of a log


def recognises(first: bytes) -> bool:
    """By a first line that is a log entry with a connection."""
    line = first.split(b"\n", 1)[0]
    return (
        line.startswith(b"{") and b'"connection"' in line and (b'"reporter"' in line or any(n in line for n in _LOGS))
    )


def read(stream: BinaryIO, about: About, tally: Tally) -> Iterator[FlowBody]:
    """One flow for each entry: what one end of a conversation sent, as its reporter saw it; named by its text.

    Dropped traffic is marked as `rejected`: attempts. A line that is none is tallied. Malformed as blocks says.
    With `each`, an entry is a body, and is named as Google tells it from others. Such observers are others than those
    of files: what comes both ways is seen by two, of which one counts.
    """
    for block in blocks(stream):
        found = entries.read(block, tally, each=about.each)
        if found.table.rows:
            name = "" if about.each else f"gcp:{hashlib.blake2b(block, digest_size=16).hexdigest()}"
            yield from _bodies(found, name, about.log, tally)


def _bodies(found: Entries, name: str, way: str, tally: Tally) -> Iterator[FlowBody]:
    sieve, owners = Sieve(found.table), found.observers
    values = _values(sieve, found)
    denied = ~found.table.columns["disposition"].equals(ALLOWED.encode())
    sieve.mark("rejected", denied)
    values["firewall_event"] = np.where(denied, DENIED, 0).astype(np.uint8)
    kept = sieve.settle(tally)
    flows = Columns(found.table.rows, values)
    for row in np.flatnonzero(kept) if not name else ():
        one = flows.take(np.array([row]))
        one.values["exporter"] = np.zeros(1, np.uint16)
        yield FlowBody(one, [_exporter(found.names[owners[row]], way)], name=found.entries[row])
    if not name:
        return
    for at in range(0, len(found.names), _MAX_INTERFACES):
        some = kept & (owners >= at) & (owners < at + _MAX_INTERFACES)
        if some.any():
            part = flows.take(some)
            used, which = np.unique(owners[some], return_inverse=True)
            part.values["exporter"] = which.astype(np.uint16)
            yield FlowBody(part, [_exporter(found.names[one], way) for one in used], name=f"{name}/{at}")


@lru_cache(maxsize=1 << 14)  # the same instances stand in every part of a log
def _exporter(observer: Name, way: str) -> str:
    if isinstance(observer, Observer):
        told = "/".join(part[:100] for part in msgspec.structs.astuple(observer) if part is not None)
    else:
        told = observer[:100]
    return interfaces.address(0, f"gcp:{way}:{told}" if way else f"gcp:{told}")


def _values(sieve: Sieve, found: Entries) -> dict[str, Values]:
    end, ended = found.end.times()
    start, started = found.start.times()
    sieve.refuse("time", ~ended)
    source, destination = sieve.addresses("src_ip"), sieve.addresses("dest_ip")
    sieve.refuse("missing", (source.version == 0) | (destination.version == 0))
    sieve.refuse("address", source.version != destination.version)
    return {
        "received": end,  # the log's own clock: a later reading of the same log must say the same
        "end": end,
        "start": np.where(started, np.minimum(start, end), end),
        "src_high": source.high,
        "src_low": source.low,
        "dst_high": destination.high,
        "dst_low": destination.low,
        "ip_version": source.version,
        "src_port": sieve.number("src_port", 0, 0xFFFF).astype(np.uint16),
        "dst_port": sieve.number("dest_port", 0, 0xFFFF).astype(np.uint16),
        "protocol": sieve.number("protocol", 0, 0xFF, required=True).astype(np.uint8),
        "packets": sieve.number("packets_sent", 0, _COUNTED),
        "octets": sieve.number("bytes_sent", 0, _COUNTED),
        "format": np.full(sieve.table.rows, Format.GCP_VPC, np.uint8),
    }
