"""A million hostile templates leave memory, and whoever else sends, as they were."""

from __future__ import annotations

import gc
import os
import struct
from pathlib import Path

import numpy as np
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode, scopes

from tests.unit.flows.decoding.wire import SECONDS, flow_set, record, template, v9

TEMPLATES, EACH, HOSTILE = 1_000_000, 100, 4
GROWTH = 16 << 20
ENROLLED = HOSTILE
_BATCH = 100


def resident() -> int:
    """Octets of memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def hostile(at: int) -> bytes:
    """A hundred templates that nobody has seen, in a domain that nobody has seen, half in v9 and half in IPFIX."""
    first = 256 + at * 7 % 60_000
    records = b"".join(struct.pack(">HHHHHH", first + n, 2, 8 + n % 3, 4, 100 + (at + n) % 300, 4) for n in range(EACH))
    if at % 2:
        return struct.pack(">HHIIII", 9, EACH, 0, SECONDS, at, at) + flow_set(0, records)
    body = flow_set(2, records)
    return struct.pack(">HHIII", 10, 16 + len(body), SECONDS, at, at) + body


def flood(state: DecoderState, begin: int, end: int) -> None:
    true = v9(flow_set(256, record()))
    for first in range(begin, end, _BATCH):
        batch = Datagrams.of([true, *(hostile(at) for at in range(first, first + _BATCH))])
        batch.exporters[:] = np.concatenate([[ENROLLED], np.arange(_BATCH) % HOSTILE])
        flows = decode(batch, state)
        assert np.count_nonzero(flows["exporter"] == ENROLLED) == 1, "the enrolled exporter lost its template"


def test_a_million_templates_of_fresh_ids_and_domains_leave_memory_flat() -> None:
    state = DecoderState()
    decode(Datagrams.of([v9(template(256))], exporter=ENROLLED), state)
    datagrams = TEMPLATES // EACH
    before = resident()
    flood(state, 0, datagrams)
    gc.collect()
    growth = resident() - before
    print(f"{TEMPLATES:,} hostile templates: {growth / 2**20:.1f} MiB more resident")  # noqa: T201  # with -s
    assert growth <= GROWTH
    evicted = sum(state.counters(exporter)["templates_evicted"] for exporter in range(HOSTILE))
    assert evicted >= TEMPLATES - HOSTILE * scopes.EXPORTER_TEMPLATES_LIMIT
    assert state.counters(ENROLLED) == {"flows": datagrams // _BATCH}
