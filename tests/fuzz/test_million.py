"""A million hostile datagrams: read or named, within bounds, whoever sent them; with the kernel and without it."""

from __future__ import annotations

import numpy as np
import pytest
from flowlens.flows.decoding import DecoderState, decode
from flowlens.flows.kernel import kernel

from tests.fuzz.herd import EXPORTERS, Herd
from tests.fuzz.isolation import TRUE, Witness
from tests.fuzz.oracles import check_growth, check_rows, check_state, demand, prints, same, totals
from tests.kernels import without_kernel

BATCH, BATCHES, POOL = 16_384, 16, 4_000  # four seeds of these are a million and more
RECORDINGS = ("softflowd_ipfix", "pmacctd_v9", "pmacctd_sflow5", "softflowd_v5")


@pytest.mark.parametrize(("seed", "recording"), list(enumerate(RECORDINGS)))
def test_a_quarter_of_a_million_datagrams_is_read_or_named_and_changes_nothing_for_another(
    seed: int, recording: str
) -> None:
    herd, rng = Herd.bred(seed, POOL), np.random.default_rng(seed)
    state, witness = DecoderState(), Witness(recording)
    before = totals(state, EXPORTERS + 1)
    for at in range(BATCHES):
        batch, true = witness.join(rng, herd.batch(rng, BATCH))
        ripe = state.parked_octets
        flows = decode(batch, state)
        after = totals(state, EXPORTERS + 1)
        check_rows(flows)
        check_growth(before, after, batch, flows, ripe)
        witness.check(flows, true, state)
        before = after
        state.expire(at * 60_000)
    check_state(state, EXPORTERS + 1)
    state.finish()
    demand(state.parked_octets == 0, "something is still parked")
    assert before["flows"] > BATCH * BATCHES // 4
    assert before["malformed"] > BATCH * BATCHES // 10
    assert state.counters(TRUE)["flows"] > BATCHES


@pytest.mark.parametrize("seed", range(10, 14))
def test_the_kernel_and_numpy_read_hostile_datagrams_alike(seed: int) -> None:
    assert kernel().library is not None, kernel().absence
    herd, rng = Herd.bred(seed, 1_000), np.random.default_rng(seed)
    fast, slow = DecoderState(), DecoderState()
    for _ in range(8):
        batch = herd.batch(rng, 2_048)
        one = decode(batch, fast)
        with without_kernel():
            other = decode(batch, slow)
        assert same(one, other) == ""
        assert np.array_equal(fast.records, slow.records)
        assert totals(fast, EXPORTERS) == totals(slow, EXPORTERS)


def test_two_hostile_exporters_that_use_the_same_ids_never_read_each_others_templates() -> None:
    """Template confusion: each one's flows are those of a run in which it is alone."""
    herd, rng = Herd.bred(20, 1_000), np.random.default_rng(20)
    together, apart = DecoderState(), [DecoderState() for _ in range(EXPORTERS)]
    for _ in range(30):
        batch = herd.batch(rng, 256)
        flows = decode(batch, together)
        for exporter, state in enumerate(apart):
            own = decode(batch.take(np.flatnonzero(batch.exporters == exporter)), state)
            among_others = flows.take(np.flatnonzero(flows["exporter"] == exporter))
            assert np.array_equal(prints(among_others), prints(own)), exporter
    for exporter, state in enumerate(apart):
        assert together.counters(exporter) == state.counters(exporter)
