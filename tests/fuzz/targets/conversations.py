"""Flows folded into conversations, by the kernel and by NumPy, whatever their columns hold."""

from __future__ import annotations

from random import Random

import numpy as np
from flowlens.flows import deltas
from flowlens.flows.columns import BY_NAME, DENIED, Columns, Values
from flowlens.flows.conversations import MOST, Delta, Origin, Rows, fold
from flowlens.flows.kernel import folding, kernel
from flowlens.flows.rates import fold_rated
from numpy.typing import NDArray

from tests.fuzz.oracles import demand
from tests.kernels import without_kernel

# Columns in the order of their octets: two more than the kernel reads, for what is left out before it.
_READ = ("ip_version", "firewall_event", "rate_source", *folding.READ)
_MOST_ROWS, _MOST_PER_FLOW = 255, 1 << 48
_ORIGIN = Origin(np.array([11, 12, 13]), np.array([1, 1, 2]))
_ABSENT, _CONSTANT, _CHOSEN, _EACH = range(4)
_TYPICAL = {
    "exporter": (0, 1, 2),
    "format": (5, 9, 10, 105, 201),
    "ip_version": (4, 4, 6),
    "protocol": (0, 1, 6, 6, 17, 58, 132),
    "src_port": (0, 53, 443, 40_000, 50_000),
    "dst_port": (0, 53, 443, 40_000, 50_000),
    "tcp_flags": (0, 2, 0x12, 0x18),
    "icmp": (0xFFFF, 0, 0x0800, 0x8100),
    "sampling_rate": (0, 1, 100, 0xFFFF_FFFF),
    "initiator": (0, 0, 1, 2),
    "received": (1_790_000_000_000, 1_790_000_060_000),
    "end": (1_790_000_000_000, 1_790_000_060_000, 0, 2**63 - 1, 2**64 - 1),
    "start": (1_790_000_000_000, 1_789_999_000_000, 0, 2**63 - 1, 2**64 - 1),
    "octets": (0, 1, 1500, 2**48, 2**48 + 1, 2**62, 2**64 - 1),
}
_ANY = (0, 1, 2, 3, 255, 2**16 - 1, 2**32 - 1, 2**63, 2**64 - 1)


def make(rng: Random) -> bytes:
    """Rows, then each column: how it is given, and the octets of its values."""
    rows = rng.choice((1, 2, 3, 8, 60, 255))
    out = bytearray((rows,))
    for name in _READ:
        size, usual = BY_NAME[name].dtype.itemsize, _TYPICAL.get(name, _ANY)
        kind = rng.choice((_ABSENT, _CONSTANT, _CHOSEN, _CHOSEN, _CHOSEN, _EACH))
        out.append(kind)
        many = {_ABSENT: 0, _CONSTANT: 1, _CHOSEN: 4, _EACH: rows}[kind]
        for _ in range(many):
            value = rng.choice(usual) if rng.random() < 0.9 else rng.getrandbits(64)
            out += (value % (1 << 8 * size)).to_bytes(size, "little")
        if kind == _CHOSEN:
            out += rng.randbytes(rows)
    return bytes(out)


def run(data: bytes) -> None:
    flows = _flows(data)
    if not flows.rows:
        return
    for folder in (fold, fold_rated):
        fast = _folded(folder, flows)
        with without_kernel():
            slow = _folded(folder, flows)
        if kernel().library is not None:
            _demand_same(fast, slow)
        if slow is not None:
            _check(flows, slow)


def _flows(data: bytes) -> Columns:
    """The columns that the octets spell; what is missing at their end is 0."""
    if not data:
        return Columns(0)
    rows, at = data[0], 1
    padded = np.frombuffer(data + bytes(16 * _MOST_ROWS * len(_READ)), np.uint8)

    def taken(count: int) -> NDArray[np.uint8]:
        nonlocal at
        at += count
        return padded[at - count : at]

    values: dict[str, Values] = {}
    for name in _READ:
        dtype = BY_NAME[name].dtype
        kind = int(taken(1)[0]) % 4
        if kind == _CONSTANT:
            values[name] = np.broadcast_to(taken(dtype.itemsize).copy().view(dtype), (rows,))
        elif kind == _CHOSEN:
            pool = taken(4 * dtype.itemsize).copy().view(dtype)
            values[name] = pool[taken(rows) % 4]
        elif kind == _EACH:
            values[name] = taken(rows * dtype.itemsize).copy().view(dtype)
    return Columns(rows, values)


def _folded(folder: object, flows: Columns) -> Delta | None:
    """None where an exporter is none, which must be refused."""
    try:
        found = folder(flows, _ORIGIN)  # type: ignore[operator]
    except IndexError:
        demand(int(flows["exporter"].max()) >= len(_ORIGIN.sources), "a true exporter was refused")
        return None
    demand(isinstance(found, Delta), "no delta")
    return found  # type: ignore[no-any-return]


def _demand_same(fast: Delta | None, slow: Delta | None) -> None:
    demand((fast is None) == (slow is None), "only one of kernel and NumPy refuses")
    if fast is None or slow is None:
        return
    for name in ("flows", "without_address", "denied", "clamped"):
        demand(getattr(fast, name) == getattr(slow, name), f"kernel and NumPy differ in {name}")
    for one, other in ((fast.rows, slow.rows), (fast.attempts, slow.attempts)):
        demand(list(one) == list(other), "kernel and NumPy differ in their columns")
        for name, values in one.items():
            demand(np.array_equal(values, other[name]), f"kernel and NumPy differ in {name}")


def _check(flows: Columns, delta: Delta) -> None:
    """Each flow is in one row or named otherwise, octets and packets add up, and the bytes of a delta say the same."""
    demand(delta.flows + delta.without_address + delta.denied == flows.rows, "flows that went nowhere")
    addressed = (flows["ip_version"] == 4) | (flows["ip_version"] == 6)
    denied = addressed & (flows["firewall_event"] == DENIED)
    _check_sums(flows.take(addressed & ~denied), delta.rows)
    _check_sums(flows.take(denied), delta.attempts)
    if delta.rows:
        rows, exporters = deltas.decode(deltas.encode(delta.rows, {11: "192.0.2.1"}))
        demand(exporters == {11: "192.0.2.1"}, "another exporter than was written")
        demand(all(np.array_equal(rows[name], values) for name, values in delta.rows.items()), "another delta")


def _check_sums(flows: Columns, rows: Rows) -> None:
    demand(sum(rows["flows"].tolist() if rows else ()) == flows.rows, "rows with more or fewer flows")
    for unit in ("octets", "packets"):
        told = sum(min(value, _MOST_PER_FLOW) for value in flows[unit].tolist())
        demand(sum(rows[f"{unit}_seen"].tolist() if rows else ()) == told, f"{unit} that were never sent, or are gone")
        for way in ("sent", "received"):
            values = rows[f"{unit}_{way}"].tolist() if rows else []
            demand(all(0 <= value <= MOST for value in values), f"{unit}_{way} out of bounds")
