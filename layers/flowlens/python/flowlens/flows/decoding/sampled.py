"""Flow samples read by the kernel: those that say no more than a sampled header, a switch and a router do."""

from __future__ import annotations

from ctypes import CDLL, Structure, byref, c_int64, c_uint64, c_void_p

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.decoding.fields import Octets
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.decoding.samples import Samples

COLUMNS = (  # in the order of FlSampleColumns
    *("octets", "src_mac", "dst_mac", "src_high", "src_low", "dst_high", "dst_low", "next_hop_high", "next_hop_low"),
    *("sampling_rate", "input_if", "output_if"),
    *("vlan", "customer_vlan", "post_vlan", "src_port", "dst_port", "tcp_flags", "icmp"),
    *("rate_source", "ip_version", "protocol", "tos", "src_mask", "dst_mask"),
)


class _Samples(Structure):
    _fields_ = (
        ("octets", c_void_p),
        ("length", c_int64),
        ("count", c_int64),
        ("at", c_void_p),
        ("stop", c_void_p),
        ("kind", c_void_p),
    )


class _Given:
    """Samples as the kernel wants them; the arrays live as long as this does."""

    def __init__(self, flows: Samples, octets: Octets) -> None:
        self.at, self.stop = (np.ascontiguousarray(values, np.int64) for values in (flows.at, flows.stop))
        self.kind = np.ascontiguousarray(flows.kind, np.uint32)
        places = (one.ctypes.data for one in (self.at, self.stop, self.kind))
        self.structure = _Samples(octets.ctypes.data, len(octets), len(self.at), *places)


def write_simple(library: CDLL, rows: Rows, flows: Samples, octets: Octets) -> NDArray[np.bool_]:
    """Fills the rows of samples that are simple, and says which are."""
    simple = np.empty(rows.count, np.uint8)
    rows.expect(COLUMNS)
    columns = (c_void_p * len(COLUMNS))(*map(rows.address, COLUMNS))
    seen = (c_uint64 * len(COLUMNS))()
    given = _Given(flows, octets)
    library.fl_samples(byref(given.structure), columns, seen, simple.ctypes.data)
    for name, values in zip(COLUMNS, seen, strict=True):
        if not values:
            del rows.values[name]
    return simple.view(np.bool_)


def read_counts(library: CDLL, flows: Samples, octets: Octets) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Of whole samples: number, rate, pool and drops; and the source."""
    counts, source = np.empty((4, len(flows.at)), np.int64), np.empty(len(flows.at), np.uint64)
    places = (c_void_p * 5)(*(row.ctypes.data for row in counts), source.ctypes.data)
    given = _Given(flows, octets)
    if not library.fl_heads(byref(given.structure), places):
        raise ValueError("a sample that is not whole: whoever asked did not check")
    return counts, source
