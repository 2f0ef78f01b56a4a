"""A log becomes records that fit the stream, the same ones each time."""

from __future__ import annotations

from uuid import UUID

import numpy as np
from flowlens.flows import body
from flowlens.flows.batch import unpack
from flowlens.flows.body import MAX_EXPORTERS, FlowBody
from flowlens.flows.columns import Columns
from flowlens.flows.reading.records import records

TENANT, SOURCE = UUID(int=1), UUID(int=2)


def test_a_part_that_is_too_large_is_halved_and_keeps_every_flow_with_its_exporter() -> None:
    exporters = [f"192.0.{n >> 8}.{n & 255}" for n in range(MAX_EXPORTERS + 10)]
    at = np.arange(len(exporters)).astype(np.uint16)
    octets = np.random.default_rng(1).integers(1, 2**40, len(at)).astype(np.uint64)
    whole = FlowBody(Columns(len(at), {"exporter": at, "octets": octets}), exporters)
    made = list(records([whole], tenant=TENANT, source=SOURCE, most=8_000))
    assert made == list(records([whole], tenant=TENANT, source=SOURCE, most=8_000))
    assert max(len(data) for data, _ in made) <= 8_000
    opened = [unpack(data) for data, _ in made]
    assert [record.identity.record for record in opened] == list(range(1, len(made) + 1))
    read = [body.decode(record.body) for record in opened]
    assert [flows for _, flows in made] == [one.columns.rows for one in read]
    assert [one.exporters[e] for one in read for e in one.columns["exporter"]] == exporters
    assert np.array_equal(np.concatenate([one.columns["octets"] for one in read]), octets)
