"""Datagrams of several exporters, by the kernel and by NumPy, together and one exporter at a time."""

from __future__ import annotations

from random import Random

import numpy as np
from flowlens.flows.columns import Columns
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.flows.kernel import kernel

from tests.fuzz.grammar import Grammar
from tests.fuzz.oracles import check_growth, check_rows, check_state, demand, prints, same, totals
from tests.fuzz.wire import INTERESTING
from tests.kernels import without_kernel

EXPORTERS, _MOST, _LONGEST = 3, 64, 9_216


def make(rng: Random) -> bytes:
    """A few datagrams of one grammar: exporter, length, octets. Some are bent at a joint."""
    grammar = Grammar(rng, lies=rng.choice((0.0, 0.02, 0.1)))
    out = bytearray()
    for _ in range(rng.randrange(1, 8)):
        made = grammar.datagram()
        data = made.octets[:_LONGEST]
        if made.joints and rng.random() < 0.3:
            at = rng.choice(made.joints)
            data[at : at + 2] = rng.choice(INTERESTING).to_bytes(2, "big")
        out += bytes((rng.randrange(EXPORTERS),)) + len(data).to_bytes(2, "big") + data
    return bytes(out)


def split(data: bytes) -> Datagrams:
    """The datagrams of an input; whatever it says, there are some."""
    found: list[bytes] = []
    exporters: list[int] = []
    at = 0
    while at + 3 <= len(data) and len(found) < _MOST:
        size = int.from_bytes(data[at + 1 : at + 3], "big") % (_LONGEST + 1)
        exporters.append(data[at] % EXPORTERS)
        found.append(data[at + 3 : at + 3 + size])
        at += 3 + size
    batch = Datagrams.of(found)
    batch.exporters[:] = exporters
    return batch


def run(data: bytes) -> None:
    batch = split(data)
    if not batch.count:
        return
    state = DecoderState()
    flows = decode(batch, state)
    check_rows(flows)
    check_state(state, EXPORTERS)
    check_growth(totals(DecoderState(), 0), totals(state, EXPORTERS), batch, flows, 0)
    _check_alone(batch, flows, state)
    if kernel().library is not None:
        _check_numpy(batch, flows, state)
    state.expire(1)
    decode(batch, state)
    state.finish()
    demand(state.parked_octets == 0, "something is still parked")
    check_state(state, EXPORTERS)


def _check_alone(batch: Datagrams, flows: Columns, state: DecoderState) -> None:
    for exporter in set(batch.exporters.tolist()):
        alone = DecoderState()
        own = decode(batch.take(np.flatnonzero(batch.exporters == exporter)), alone)
        together = flows.take(np.flatnonzero(flows["exporter"] == exporter))
        demand(np.array_equal(prints(together), prints(own)), f"exporter {exporter} in company has other flows")
        demand(state.counters(exporter) == alone.counters(exporter), f"counters of exporter {exporter} in company")


def _check_numpy(batch: Datagrams, flows: Columns, state: DecoderState) -> None:
    plain = DecoderState()
    with without_kernel():
        other = decode(batch, plain)
    demand(not same(flows, other), f"the kernel and NumPy differ in {same(flows, other)}")
    demand(totals(state, EXPORTERS) == totals(plain, EXPORTERS), "the kernel and NumPy count differently")
    demand(np.array_equal(state.records, plain.records), "the kernel and NumPy number records differently")
    for again in (batch, batch.take(np.arange(batch.count)[::-1]), batch.take(np.arange(0, batch.count, 2)), batch):
        repeated = decode(again, state)
        with without_kernel():
            other = decode(again, plain)
        demand(not same(repeated, other), f"once more, the kernel and NumPy differ in {same(repeated, other)}")
        demand(totals(state, EXPORTERS) == totals(plain, EXPORTERS), "once more, they count differently")
        demand(np.array_equal(state.records, plain.records), "once more, they number records differently")
