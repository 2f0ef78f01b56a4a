"""Decoding alone, in this process: by NumPy, by the compiled kernel, and by the `netflow` library of PyPI, by turns."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial

import numpy as np
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from netflow import parse_packet  # type: ignore[import-untyped]

from tests.bench.pipe import RECORDINGS
from tests.kernels import without_kernel
from tests.recordings import payloads

_ROUNDS, _BATCH, _WIDTH, _FEW = 7, 1024, 2048, 200


def run() -> dict[str, float]:
    """Medians of flows per CPU-second; an sFlow flow is a sample."""
    found: dict[str, list[float]] = defaultdict(list)
    for protocol, recording in RECORDINGS.items():
        batches = _batches(recording)
        for _ in range(_ROUNDS):
            found[f"decoding.{protocol}.kernel_flows_per_cpu_s"].append(_rate(partial(_decoded, batches)))
            with without_kernel():
                found[f"decoding.{protocol}.numpy_flows_per_cpu_s"].append(_rate(partial(_decoded, batches)))
            if protocol != "sflow":
                found[f"decoding.{protocol}.netflow_flows_per_cpu_s"].append(_rate(partial(_parsed, recording)))
    return {name: round(statistics.median(values)) for name, values in found.items()}


def _rate(work: Callable[[], int]) -> float:
    began = time.process_time()
    return work() / (time.process_time() - began)


def _batches(recording: str) -> list[Datagrams]:
    """As the receiver has them: slots of one width, one matrix."""
    sent = [payload for _, payload in payloads(recording)]
    batches = []
    for first in range(0, max(len(sent) // _BATCH, 1) * _BATCH, _BATCH):
        batch = Datagrams.of(sent[first : first + _BATCH], received=1_760_000_000_000)
        slots = np.zeros((batch.count, _WIDTH), np.uint8)
        slots[:, : batch.slots.shape[1]] = batch.slots
        batches.append(Datagrams(slots, batch.lengths, batch.exporters, batch.received))
    return batches


def _decoded(batches: list[Datagrams]) -> int:
    state = DecoderState()
    return sum(decode(batch, state).rows for batch in batches)


def _parsed(recording: str) -> int:
    templates: dict[str, dict[int, object]] = {"netflow": {}, "ipfix": {}}
    return sum(len(parse_packet(payload, templates).flows) for _, payload in payloads(recording)[:_FEW])
