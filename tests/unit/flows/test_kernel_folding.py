"""Conversations are the same rows in the same order whether the kernel folds them or NumPy does."""

from __future__ import annotations

import numpy as np
import pytest
from flowlens.flows.columns import BY_NAME, Columns
from flowlens.flows.conversations import Delta, Origin, fold
from flowlens.flows.kernel import folding, kernel
from flowlens.flows.ports import ranks_by_port
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels import without_kernel

_NOW = 1_790_000_000_000
_ORIGIN = Origin(np.array([11, 12, 13]), np.array([1, 1, 2]))
_EXTREMES = np.array([0, 1, 2, 2**48 - 1, 2**48, 2**48 + 1, 2**62, 2**64 - 1], np.uint64)


def _flows(rng: np.random.Generator, rows: int, hosts: int) -> Columns:
    """Few hosts and ports, so that flows meet in every way: answers, repetitions, equal ports, equal ends."""
    ports = np.array([0, 22, 53, 443, 1024, 3306, 8080, 40_000, 50_000, 50_001], np.uint16)
    protocols = np.array([0, 1, 6, 6, 6, 17, 33, 47, 58, 132, 136, 255], np.uint8)
    address = rng.integers(0, 2**64, hosts, np.uint64)
    ago = np.array([0, 0, 1, 59_000, 60_000, 299_000, 300_001, 10**12, 2**62, -1], np.int64)
    mine: dict[str, np.ndarray] = {
        "exporter": rng.integers(0, 3, rows),
        "format": rng.choice([9, 10, 105, 201], rows),
        "domain": rng.integers(0, 3, rows),
        "received": _NOW - rng.choice(ago[:7], rows),
        "end": _NOW - rng.choice(ago, rows),
        "ip_version": rng.choice([4, 6, 6, 0], rows),
        "protocol": rng.choice(protocols, rows),
        "icmp": rng.choice([0xFFFF, 0, 0x0800, 0x0D01, 0x0E00, 0x8000, 0x8100, 0x0B00], rows),
        "tcp_flags": rng.choice([0, 0x02, 0x12, 0x18, 0x1A, 0x1FF], rows),
        "octets": np.where(
            rng.random(rows) < 0.9, rng.integers(0, 10**6, rows, np.uint64), rng.choice(_EXTREMES, rows)
        ),
        "packets": np.where(rng.random(rows) < 0.9, np.uint64(1), rng.choice(_EXTREMES, rows)),
        "sampling_rate": rng.choice(np.array([0, 1, 1, 100, 2**32 - 1], np.uint32), rows),
        "initiator": rng.choice([0, 0, 0, 0, 0, 1, 2, 3], rows),
        "firewall_event": rng.choice([0, 0, 0, 1, 3], rows),
        "application": rng.integers(0, 2**64, rows, np.uint64),
    }
    mine["start"] = mine["end"] - rng.choice(np.array([0, 1, 60_000, 604_800_000, 604_800_001, -5], np.int64), rows)
    for end in ("src", "dst"):
        mine[f"{end}_high"], mine[f"{end}_low"] = rng.choice(address[:2], rows), rng.choice(address, rows)
        mine[f"{end}_port"] = rng.choice(ports, rows)
    for name in ("input_if", "output_if", "ingress_vrf", "egress_vrf"):
        mine[name] = rng.integers(0, 2**32, rows)
    return Columns(rows, {name: values.astype(BY_NAME[name].dtype) for name, values in mine.items()})


def _same(one: Delta, other: Delta) -> None:
    for name in ("flows", "without_address", "denied", "clamped"):
        assert getattr(one, name) == getattr(other, name), name
    for fast, slow in ((one.rows, other.rows), (one.attempts, other.attempts)):
        assert list(fast) == list(slow)
        for name, values in fast.items():
            assert values.dtype == slow[name].dtype == np.int64
            assert np.array_equal(values, slow[name]), name


def _check(flows: Columns) -> Delta:
    assert kernel().library is not None, kernel().absence
    fast = fold(flows, _ORIGIN)
    with without_kernel():
        _same(fast, fold(flows, _ORIGIN))
    return fast


@settings(deadline=None, max_examples=40)
@given(
    rows=st.sampled_from([1, 2, 3, 7, 8, 60, 500, 3_000]),
    hosts=st.sampled_from([1, 2, 3, 20, 1_000]),
    absent=st.sets(st.sampled_from(folding.READ)),
    seed=st.integers(0, 2**32),
)
def test_both_ways_fold_the_same(rows: int, hosts: int, absent: set[str], seed: int) -> None:
    flows = _flows(np.random.default_rng(seed), rows, hosts)
    _check(Columns(rows, {name: values for name, values in flows.values.items() if name not in absent}))


@pytest.mark.parametrize("port", ["src_port", "dst_port"])
@pytest.mark.parametrize(
    ("rows", "hosts", "seed"), [(3_000, 3, 185798896), (500, 2, 2454972040), (3_000, 3, 1714550693)]
)
def test_flows_of_one_pair_agree_where_only_one_end_has_ports(port: str, rows: int, hosts: int, seed: int) -> None:
    """A column that is left out is constant: both ways must still see that an answer is of the same pair."""
    flows = _flows(np.random.default_rng(seed), rows, hosts)
    _check(Columns(rows, {name: values for name, values in flows.values.items() if name != port}))


def test_sums_stop_at_the_same_greatest_number() -> None:
    rows = 40_000
    same = {"octets": np.full(rows, 2**64 - 1, np.uint64), "received": np.full(rows, _NOW)}
    found = _check(Columns(rows, {**same, "ip_version": np.full(rows, 4, np.uint8)}))
    assert found.rows["octets_seen"].tolist() == [2**62 - 1]
    assert found.clamped == rows


def test_flows_of_one_pair_agree_across_thousands_of_others() -> None:
    flows = _flows(np.random.default_rng(3), 20_000, 300)
    found = _check(flows)
    assert len(found.rows["minute"]) < found.flows


def test_values_that_are_not_side_by_side_are_read_where_they_are() -> None:
    flows = _flows(np.random.default_rng(4), 1_000, 20)
    _check(Columns(500, {name: values[::2] for name, values in flows.values.items()}))


def _unmixed(state: int, mixed: int) -> int:
    """The value that fold.c's `mixed` makes into this."""
    inverse = pow(0xBF58476D1CE4E5B9, -1, 2**64)
    return (mixed ^ mixed >> 32) * inverse & 2**64 - 1 ^ state


def _mixed(state: int, value: int) -> int:
    product = (state ^ value) * 0xBF58476D1CE4E5B9 & 2**64 - 1
    return product ^ product >> 32


def test_keys_made_to_share_a_place_are_left_to_numpy() -> None:
    """The client's low half cancels what the high half did to the hash, so that all have the same."""
    rows, golden = 3_000, 0x9E3779B97F4A7C15
    high = list(range(1, rows + 1))
    low = [_unmixed(_mixed(golden, one), 7) for one in high]
    ends = {"src_high": np.array(high, np.uint64), "src_low": np.array(low, np.uint64)}
    one = {"src_port": np.full(rows, 50_000, np.uint16), "dst_port": np.full(rows, 443, np.uint16)}
    some = {"protocol": np.full(rows, 6, np.uint8), "ip_version": np.full(rows, 6, np.uint8)}
    flows = Columns(rows, {**ends, **one, **some, "received": np.full(rows, _NOW)})
    library = kernel().library
    assert library is not None
    assert folding.fold(library, flows, (_ORIGIN.sources, _ORIGIN.spaces), ranks_by_port()) is None
    assert len(_check(flows).rows["minute"]) == rows


def test_an_application_of_a_high_engine_that_all_flows_share_is_kept_either_way() -> None:
    rows, application = 2, (200 << 56) + 7
    same = {"application": np.broadcast_to(np.array(application, np.uint64), (rows,))}
    flows = Columns(rows, {**same, "ip_version": np.full(rows, 4, np.uint8), "received": np.full(rows, _NOW)})
    assert _check(flows).rows["application"].tolist() == [application - 2**64]


def test_an_exporter_that_is_none_is_refused_either_way() -> None:
    flows = Columns(2, {"exporter": np.array([0, 3], np.uint16), "ip_version": np.full(2, 4, np.uint8)})
    with pytest.raises(IndexError):
        fold(flows, _ORIGIN)
    with without_kernel(), pytest.raises(IndexError):
        fold(flows, _ORIGIN)
