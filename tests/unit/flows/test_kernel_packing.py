"""Bodies are the same octets whether the kernel packs them or NumPy does, and standard readers read them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from arro3.io import read_ipc_stream
from flowlens.flows import body, planes
from flowlens.flows.columns import BY_NAME, SCHEMA, Columns
from flowlens.flows.kernel import Kernel, kernel, unpacking
from flowlens.model.errors import Malformed
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels import without_kernel

_SHAPES = ("constant", "few", "narrow", "any", "rising")


def _values(rng: np.random.Generator, dtype: np.dtype, rows: int, shape: str) -> np.ndarray:
    bounds = np.iinfo(dtype)
    if shape == "narrow":
        return rng.integers(0, 200, rows).astype(dtype)
    if shape == "rising":
        return (np.arange(rows) * 37 + int(rng.integers(0, 100))).astype(dtype)
    pool = rng.integers(bounds.min, bounds.max, {"constant": 1, "few": 20}.get(shape, rows), dtype, endpoint=True)
    return pool[rng.integers(0, len(pool), rows)]


@given(
    rows=st.sampled_from([1, 2, 7, 8, 9, 255, 1_000, 3_000]),
    shapes=st.dictionaries(st.sampled_from([c.name for c in SCHEMA]), st.sampled_from(_SHAPES), max_size=12),
    seed=st.integers(0, 2**32),
)
@settings(deadline=None)  # a busy machine is no fault of the kernel
def test_both_ways_make_the_same_octets(rows: int, shapes: dict[str, str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    by_name = {c.name: c for c in SCHEMA}
    values = {name: _values(rng, by_name[name].dtype, rows, shape) for name, shape in shapes.items()}
    values["ip_version"] = rng.choice(np.array([0, 4, 6], np.uint8), rows)
    values["exporter"] = np.zeros(rows, np.uint16)
    columns = Columns(rows, values)
    fast = body.encode(columns, ["192.0.2.1"])
    with without_kernel():
        assert body.encode(columns, ["192.0.2.1"]) == fast
    read = body.decode(fast)
    assert read.exporters == ["192.0.2.1"]
    for column in SCHEMA:
        assert (read.columns[column.name] == columns[column.name]).all(), column.name


@pytest.mark.parametrize("count", [1, 31, 32, 33, 254, 255, 256, 300])
def test_wide_columns_of_few_values_become_keys_by_the_same_rule(count: int) -> None:
    rng = np.random.default_rng(count)
    pool = rng.integers(-(2**63), 2**63 - 1, count)
    for name in ("src_high", "start"):
        rows = np.concatenate([np.resize(pool[:20], 40_000), pool])
        columns = Columns(len(rows), {name: rows.astype(np.uint64 if name == "src_high" else np.int64)})
        fast = body.encode(columns, [])
        with without_kernel():
            assert body.encode(columns, []) == fast
        assert (body.decode(fast).columns[name] == columns[name]).all()


def test_a_constant_column_costs_no_rows() -> None:
    same = np.broadcast_to(np.array(7, np.uint32), (50_000,))
    assert len(body.encode(Columns(50_000, {"vni": same, "domain": same.copy()}), [])) < 1_500


def test_any_arrow_reader_reads_a_body() -> None:
    rows = 1_003
    columns = Columns(rows, {"src_port": np.arange(rows, dtype=np.uint16), "vlan": np.ones(rows, np.uint16)})
    batch = read_ipc_stream(io.BytesIO(body.encode(columns, ["192.0.2.1"]))).read_next_batch()
    assert batch.column_names == ["src_port.0", "src_port.1"]
    assert (batch.column(0).to_numpy() == (np.arange(rows) & 255)).all()
    assert all(batch.column(k).null_count == 0 for k in range(2))


def test_the_kernel_is_built_for_this_machine() -> None:
    assert kernel().library is not None, kernel().absence
    assert isinstance(kernel(), Kernel)


def _spelt(packed: dict[str, planes.Packed], rows: int, first: int) -> dict[str, list[int]] | str:
    library = kernel().library
    try:
        if library is not None:
            columns = unpacking.unpack(library, rows, packed, first)
        else:
            values = {name: planes.unpack(one, rows, BY_NAME[name].dtype) for name, one in packed.items()}
            columns = body._whole(Columns(rows, values), first)
    except Malformed as error:
        return error.reason
    assert all(columns[name].dtype == BY_NAME[name].dtype for name in packed)
    return {name: columns[name].tolist() for name in sorted(packed)}


_NAMES = ("received", "start", "end", "src_low", "ip_version", "src_port", "input_if", "octets", "tos", "icmp")
_BASES = (0, 1, -1, 200, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1, -(2**63))


@given(data=st.data(), rows=st.sampled_from([0, 1, 3, 1_024, 1_030]), first=st.sampled_from(_BASES[:-1]))
@settings(deadline=None, max_examples=400)
def test_both_ways_spell_the_same_and_refuse_the_same(data: st.DataObject, rows: int, first: int) -> None:
    assert kernel().library is not None, kernel().absence
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    packed = {}
    for name in data.draw(st.lists(st.sampled_from(_NAMES), unique=True, max_size=5)):
        high = data.draw(st.sampled_from([1, 2, 4, 256]))
        count = data.draw(st.integers(0, 8))
        found = tuple(rng.integers(0, high, rows).astype(np.uint8) for _ in range(count))
        keys = data.draw(st.lists(st.sampled_from(_BASES), max_size=3)) if data.draw(st.integers(0, 3)) == 0 else []
        base = data.draw(st.sampled_from((0, 0, 0, *_BASES)))
        packed[name] = planes.Packed(base, found, tuple(keys))
    fast = _spelt(packed, rows, first)
    with without_kernel():
        assert _spelt(packed, rows, first) == fast
