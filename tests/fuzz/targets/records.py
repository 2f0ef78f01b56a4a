"""Records of the stream: their header, flow batches in Arrow IPC, and the reports of collectors."""

from __future__ import annotations

from random import Random
from uuid import UUID

import numpy as np
from flowlens.flows import batch, body, report
from flowlens.flows.columns import BY_NAME, SCHEMA, Columns, Values
from flowlens.model.errors import Malformed

from tests.fuzz.bending import bent
from tests.fuzz.oracles import demand, same
from tests.kernels import without_kernel

_SPOOL = UUID(int=7)
_DIGEST = batch.HEADER_SIZE - 16  # what is behind differs by schema version
_IDENTITY = batch.Identity(UUID(int=1), _SPOOL, 1, 1)


def make(rng: Random) -> bytes:
    """A record, bent within its body and then given its digest, or bent anywhere."""
    kind = rng.choice((batch.FLOWS, batch.FLOWS, batch.REPORT))
    made = _flows(rng) if kind == batch.FLOWS else _report(rng)
    packed = batch.pack(_IDENTITY, kind, bent(rng, made))
    return bent(rng, packed) if rng.random() < 0.2 else packed


def _flows(rng: Random) -> bytes:
    rows = rng.choice((0, 1, 2, 50, 300))
    random = np.random.default_rng(rng.randrange(1 << 32))
    values: dict[str, Values] = {}
    for column in rng.sample(SCHEMA, rng.randrange(len(SCHEMA))):
        most = rng.choice((2, 200, 1 << 16, 1 << 62))
        values[column.name] = random.integers(most, size=rows).astype(column.dtype)
    values.pop("exporter", None)
    return body.encode(Columns(rows, values), ["192.0.2.1"])


def _report(rng: Random) -> bytes:
    counters = {rng.choice(report.COUNTERS): rng.choice((0, 1, 2**63 - 1)) for _ in range(rng.randrange(6))}
    one = report.ExporterReport("192.0.2.1", "accepted", (9,), 1, 2, counters)
    return report.encode(report.Report(_SPOOL, 1, 2, (one,) * rng.randrange(3), counters))


def run(data: bytes) -> None:
    batch.identity_of(data)
    try:
        record = batch.unpack(data)
    except Malformed:
        _read(data[batch.HEADER_SIZE :])  # the coverage-guided fuzzer cannot make a digest
        return
    again = batch.pack(record.identity, record.kind, record.body)
    demand(
        again[8:_DIGEST] == data[8:_DIGEST] and batch.unpack(again).body == record.body, "another record than was read"
    )
    _read(record.body)


def _read(data: bytes) -> None:
    found = _decoded(data)
    with without_kernel():
        slow = _decoded(data)
    if isinstance(found, str) or isinstance(slow, str):
        demand(found == slow and str(found).startswith("body_"), f"{found} and {slow}")
    else:
        demand(not same(found.columns, slow.columns), f"another {same(found.columns, slow.columns)} without the kernel")
        _check(found)
    try:
        told = report.decode(data)
    except Malformed as refused:
        demand(refused.reason == "report_form", refused.reason)
    else:
        demand(report.decode(report.encode(told)) == told, "another report than was read")


def _decoded(data: bytes) -> body.FlowBody | str:
    """Or the reason why it is none."""
    try:
        return body.decode(data)
    except Malformed as refused:
        return refused.reason


def _check(found: body.FlowBody) -> None:
    columns = found.columns
    demand(columns.rows <= body.MAX_ROWS, f"{columns.rows} rows")
    for name, values in columns.values.items():
        demand(values.shape == (columns.rows,) and values.dtype == BY_NAME[name].dtype, f"{name}: {values.dtype}")
    again = body.decode(body.encode(columns, found.exporters))
    demand(not same(again.columns, columns), f"another {same(again.columns, columns)} than was written")
