"""Octets per flow on the stream: the recordings as records of 10,000 flows, their headers included."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean
from uuid import UUID

import numpy as np
import orjson
from flowlens.flows import batch, body
from flowlens.flows.columns import Columns, join
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode

from tests.bench.pipe import RECORDINGS
from tests.families.rows import rows
from tests.recordings import payloads

ROWS = 10_000


def run() -> dict[str, float]:
    """Of each protocol, and of all of them together."""
    sizes = {protocol: list(_sizes(recording)) for protocol, recording in RECORDINGS.items()}
    found = {f"stream.{protocol}.bytes_per_flow": mean(values) / ROWS for protocol, values in sizes.items()}
    found["stream.json_bytes_per_flow"] = mean(_json_size(recording) for recording in RECORDINGS.values())
    found["stream.bytes_per_flow"] = mean(size for values in sizes.values() for size in values) / ROWS
    return {key: round(value, 2) for key, value in found.items()}


def _sizes(recording: str) -> Iterator[int]:
    columns = _decoded(recording)
    for number, first in enumerate(range(0, columns.rows - ROWS + 1, ROWS), 1):
        some = columns.take(np.arange(first, first + ROWS))
        identity = batch.Identity(UUID(int=1), UUID(int=2), 1, number)
        yield len(batch.pack(identity, batch.FLOWS, body.encode(some, ["127.0.0.1"])))


def _json_size(recording: str) -> float:
    """One document a flow, of what is not a default, addresses as text, and a line's end."""
    columns = _decoded(recording).take(np.arange(1_000))
    return mean(len(orjson.dumps(row)) + 1 for row in rows(columns))


def _decoded(recording: str) -> Columns:
    state = DecoderState()
    sent = payloads(recording)
    parts = []
    for first in range(0, len(sent), 512):
        some = sent[first : first + 512]
        received = int(some[0][0] * 1000)
        parts.append(decode(Datagrams.of([data for _, data in some], received=received), state))
    return join(parts)
