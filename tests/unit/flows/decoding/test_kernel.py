"""The kernel and NumPy read the same: equal columns, equal counters, whatever the octets."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flowlens.flows.columns import SCHEMA, Columns
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode, programs
from flowlens.flows.decoding.rows import Rows
from flowlens.flows.kernel import kernel

from tests.families.rows import read_hex
from tests.kernels import without_kernel
from tests.recordings import TOTALS, payloads

CASES = sorted((Path(__file__).parents[3] / "data" / "decoders").glob("*/*.hex"))
_BATCH = 64


def batches(datagrams: list[bytes], exporters: int = 3) -> Iterator[Datagrams]:
    for at in range(0, len(datagrams), _BATCH):
        batch = Datagrams.of(datagrams[at : at + _BATCH], received=1_700_000_000_000 + at)
        batch.exporters[:] = np.arange(batch.count) // 7 % exporters
        yield batch


def read(datagrams: list[bytes]) -> tuple[list[Columns], list[dict[str, int]], list[np.ndarray]]:
    state = DecoderState()
    found, records = [], []
    for batch in batches(datagrams):
        found.append(decode(batch, state))
        records.append(state.records)
    state.finish()
    return found, [state.counters(exporter) for exporter in range(3)], records


def check(datagrams: list[bytes]) -> None:
    assert kernel().library is not None, kernel().absence
    fast = read(datagrams)
    with without_kernel():
        slow = read(datagrams)
    assert fast[1] == slow[1]
    for one, other in zip(fast[0], slow[0], strict=True):
        assert one.rows == other.rows
        for column in SCHEMA:
            assert one[column.name].dtype == other[column.name].dtype
            assert np.array_equal(one[column.name], other[column.name]), column.name
    assert all(np.array_equal(*both) for both in zip(fast[2], slow[2], strict=True))


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_on_hand_made_cases(path: Path) -> None:
    check(read_hex(path))


@pytest.mark.parametrize("name", TOTALS)
def test_on_recordings(name: str) -> None:
    sent = [payload for _, payload in payloads(name)]
    check(sent[:600] + sent[-200:])


@pytest.mark.parametrize("name", TOTALS)
def test_on_mutated_recordings(name: str) -> None:
    rng = random.Random(name)
    sent = [bytearray(payload) for _, payload in payloads(name)[:500]]
    for payload in sent:
        for _ in range(rng.randrange(5)):
            payload[rng.randrange(len(payload))] = rng.choice((0, 1, 2, 4, 8, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        if rng.random() < 0.2:
            del payload[rng.randrange(len(payload)) :]
    check([bytes(payload) for payload in sent])


def test_on_mixed_and_mutated_cases() -> None:
    rng = random.Random(11)
    pool = [payload for path in CASES for payload in read_hex(path)]
    sent = []
    for _ in range(3_000):
        payload = bytearray(rng.choice(pool))
        for _ in range(rng.randrange(4)):
            if payload:
                payload[rng.randrange(len(payload))] = rng.randrange(256)
        sent.append(bytes(payload))
    check(sent)


def test_on_random_octets_behind_true_headers() -> None:
    rng = random.Random(12)
    heads = [b"\0\5\0\1", b"\0\5\0\x1e", b"\0\x09\0\2", b"\0\x0a\5\xdc", b"\0\0\0\5\0\0\0\1", b"\0\1\0\2", b"\0\7\0\3"]
    check([rng.choice(heads) + rng.randbytes(rng.randrange(1_500)) for _ in range(2_000)])


def test_a_program_that_would_read_outside_is_refused() -> None:
    library = kernel().library
    assert library is not None
    octets = np.zeros(100, np.uint8)
    move = programs.Move(programs.Act.NUMBER, ("octets",), ((4, 8),))
    for starts, counts, size in (([0], [1], 11), ([60], [3], 20), ([-1], [1], 20), ([101], [0], 20), ([0], [-1], 20)):
        records = programs.Records(octets, np.array(starts), np.array(counts), size)
        with pytest.raises(programs.Outside):
            programs.run(library, programs.Program((move,)), records, Rows(3), 0, {})
