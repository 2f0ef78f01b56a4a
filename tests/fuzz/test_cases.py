"""Hand-made cases and recordings that were cut or tampered with are read or named, with the kernel as without it."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode

from tests.families.rows import read_hex
from tests.fuzz.oracles import check_growth, check_rows, check_state, same, totals
from tests.kernels import without_kernel
from tests.recordings import TOTALS, payloads

CASES = sorted((Path(__file__).parents[1] / "data" / "decoders").glob("*/*.hex"))


def check(payloads: list[bytes], state: DecoderState, slow: DecoderState) -> None:
    batch, before, ripe = Datagrams.of(payloads), totals(state, 1), state.parked_octets
    flows = decode(batch, state)
    check_rows(flows)
    check_state(state, 1)
    check_growth(before, totals(state, 1), batch, flows, ripe)
    with without_kernel():
        assert same(flows, decode(batch, slow)) == ""
    assert np.array_equal(state.records, slow.records)
    assert totals(state, 1) == totals(slow, 1)


def tampered(rng: random.Random, payload: bytes, most: int) -> bytes:
    out = bytearray(payload)
    for _ in range(rng.randrange(most + 1)):
        out[rng.randrange(len(out))] = rng.choice((0, 1, 4, 255, rng.randrange(256)))
    return bytes(out)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_hand_made_case_cut_anywhere_or_with_an_octet_changed_is_read_or_named(path: Path) -> None:
    rng = random.Random(path.stem)
    for payload in read_hex(path):
        cuts = range(0, len(payload) + 1, 1 + len(payload) // 300)
        check([payload[:length] for length in cuts], DecoderState(), DecoderState())
        check([tampered(rng, payload, 3) for _ in range(100)], DecoderState(), DecoderState())


@pytest.mark.parametrize("name", TOTALS)
def test_a_recording_with_changed_octets_or_cut_at_every_octet_is_read_or_named(name: str) -> None:
    rng, state, slow = random.Random(name), DecoderState(), DecoderState()
    taken = [payload for _, payload in payloads(name)[:400]]
    for at in range(0, len(taken), 50):
        check([tampered(rng, payload, 4) for payload in taken[at : at + 50]], state, slow)
        state.expire(at * 10_000)
        slow.expire(at * 10_000)
    assert state.counters(0)["flows"] > 0
    cut = DecoderState()
    check([taken[0][:length] for length in range(len(taken[0]) + 1)], cut, DecoderState())
    assert cut.counters(0)["malformed"] + cut.counters(0)["unknown_version"] > 0
