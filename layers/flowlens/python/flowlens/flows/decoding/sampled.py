"""Flow samples read by the kernel: those that say no more than a sampled header, a switch and a router do."""

from __future__ import annotations

from ctypes import CDLL, Structure, byref, c_int64, c_uint64, c_void_p

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.decoding.fields import Octets
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.decoding.samples import Samples

_COLUMNS = (  # in the order of FlSampleColumns
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


def write_simple(library: CDLL, rows: Rows, flows: Samples, octets: Octets) -> NDArray[np.bool_]:
    """Fills the rows of samples that are simple, and says which are."""
    simple = np.zeros(rows.count, np.uint8)
    at, stop = (np.ascontiguousarray(values, np.int64) for values in (flows.at, flows.stop))
    kind = np.ascontiguousarray(flows.kind, np.uint32)
    places = (one.ctypes.data for one in (at, stop, kind))
    columns = (c_void_p * len(_COLUMNS))(*map(rows.address, _COLUMNS))
    seen = (c_uint64 * len(_COLUMNS))()
    library.fl_samples(
        byref(_Samples(octets.ctypes.data, len(octets), rows.count, *places)), columns, seen, simple.ctypes.data
    )
    for name, values in zip(_COLUMNS, seen, strict=True):
        if not values:
            del rows.values[name]
    return simple.view(np.bool_)
