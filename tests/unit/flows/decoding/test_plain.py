"""sFlow read in one pass says what sFlow read step by step says: rows, counters, and what sources say of sampling."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np
import pytest
from flowlens.flows.columns import SCHEMA, Columns
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.flows.decoding.plain import Plain, Swept
from flowlens.flows.kernel import kernel
from flowlens.flows.sampling import Sampling

from tests.kernels import without_kernel
from tests.recordings import payloads

_WRAP = 1 << 32
_IPV4 = bytes.fromhex("4500003c00010000400600000a0000010a000002") + struct.pack(">HH", 40_000, 443) + bytes(9) + b"\x12"


def words(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *(value % _WRAP for value in values))


def sample(kind: int, body: bytes) -> bytes:
    return words(kind, len(body)) + body


@dataclass
class Source:
    """One interface of an agent, that may lose samples, change its rate or begin anew."""

    random: Random
    index: int
    rate: int = 512
    number: int = field(default=0)
    pool: int = 0

    def flow(self, *, expanded: bool) -> bytes:
        self.number += 1 if self.random.random() < 0.97 else self.random.choice((0, 2, 5, _WRAP - 40))
        if self.random.random() < 0.01:
            self.rate = self.random.choice((0, 1, 512, 1_000))
        self.pool += self.rate
        out = self.random.choice((self.index, 7, 2 << 30 | 5, 0x3FFFFFFF)) if self.random.random() < 0.3 else 7
        ends = (0, 3, 0, out) if expanded else (3, out)
        who = (0, self.index) if expanded else (self.index,)
        header = sample(1, words(11, 1_500, 4, len(_IPV4)) + _IPV4 + bytes(2))
        switch = sample(1001, words(100, 0, 200, 0)) if self.random.random() < 0.2 else b""
        head = words(self.number, *who, self.rate, self.pool, 0, *ends, 1 + bool(switch))
        return sample(3 if expanded else 1, head + header + switch)

    def counters(self) -> bytes:
        counted = self.index, 6, 10**9, 1, 3, self.pool * 900, self.pool % _WRAP, *([0] * 12)
        octets = struct.pack(">IIQIIQ6IQ6I", *counted)
        return sample(2, words(self.number, self.index, 1) + sample(1, octets))


def datagram(random: Random, sources: Sequence[Source], *, agent: int, number: int, odd: float) -> bytes:
    parts = []
    for _ in range(random.randrange(1, 9)):
        source = random.choice(sources)
        parts.append(source.counters() if random.random() < 0.05 else source.flow(expanded=random.random() < 0.3))
    if random.random() < odd:
        parts.append(random.choice((sample(77, bytes(8)), sample(5, bytes(40)), sample(1, bytes(4)), words(1, 4_000))))
    address = words(1, 0xC0000200 + agent) if agent % 2 else words(2, 0x20010DB8, 0, 0, agent)
    return words(5) + address + words(agent // 2, number, 10 * number, len(parts)) + b"".join(parts)


def read(batches: Sequence[Datagrams]) -> tuple[list[Columns], list[dict[str, int]], list[dict[str, int]]]:
    state, sampling, rows = DecoderState(), Sampling(["192.0.2.1", "192.0.2.2"]), []
    for batch in batches:
        rows.append(decode(batch, state))
        if state.heads is not None:
            sampling.observe(state.heads)
        if state.readings is not None:
            sampling.compare(state.readings)
        state.heads = state.readings = None
    sampling.finish()
    return rows, [state.counters(one) for one in range(2)], [sampling.counters(one) for one in range(2)]


def alike(batches: Sequence[Datagrams]) -> None:
    fast = read(batches)
    with without_kernel():
        slow = read(batches)
    assert fast[1:] == slow[1:]
    for one, other in zip(fast[0], slow[0], strict=True):
        assert one.rows == other.rows
        for column in SCHEMA:
            assert np.array_equal(one[column.name], other[column.name]), column.name


@pytest.mark.parametrize("odd", [0, 0.002, 0.1])
@pytest.mark.parametrize("seed", range(6))
def test_one_pass_and_many_steps_say_the_same(seed: int, odd: float, monkeypatch: pytest.MonkeyPatch) -> None:
    random, swept = Random(seed), list[bool]()
    taken = Plain.read

    def noted(self: Plain, library: object, datagrams: Datagrams) -> Swept | None:
        found = taken(self, library, datagrams)  # type: ignore[arg-type]
        swept.append(found is not None)
        return found

    monkeypatch.setattr(Plain, "read", noted)
    agents = [
        [Source(random, index, number=random.choice((0, _WRAP - 90)), pool=_WRAP - 9_000) for index in range(1, 4)]
        for _ in range(4)
    ]
    batches = []
    for number in range(30):
        sent = []
        for nth in range(random.randrange(1, 40)):
            agent = random.randrange(len(agents))
            sent.append(datagram(random, agents[agent], agent=agent, number=number * 40 + nth, odd=odd))
        random.shuffle(sent)
        batch = Datagrams.of(sent, received=1_760_000_000_000 + number)
        batch.exporters[:] = [random.randrange(2) for _ in sent]
        batches.append(batch)
    alike(batches)
    assert len(swept) == len(batches)
    assert any(swept) if odd < 0.1 else not all(swept)
    assert odd or all(swept)


def test_more_sources_than_are_remembered_are_still_all_accounted_for() -> None:
    random = Random(5)
    sources = [[Source(random, index) for index in range(1, 500)] for _ in range(2)]
    batches = []
    for number in range(4):
        sent, owners = [], []
        for nth in range(0, 499, 5):
            for exporter in random.sample((0, 1), 2):
                some = sources[exporter][nth : nth + 5]
                flows = b"".join(one.flow(expanded=False) for one in some)
                sent.append(words(5, 1, 0xC0000201, 0, number * 300 + nth, nth, len(some)) + flows)
                owners.append(exporter)
        batch = Datagrams.of(sent, received=1_760_000_000_000)
        batch.exporters[:] = owners
        batches.append(batch)
    alike(batches)


def test_samples_in_sequence_are_one_run_of_their_source() -> None:
    sent = [payload for _, payload in payloads("pmacctd_sflow5")[:300]]
    library = kernel().library
    assert library is not None, kernel().absence
    found = Plain().read(library, Datagrams.of(sent, received=1))
    assert found is not None
    assert found.heads.count.sum() == found.columns.rows > 1_000
    assert len(found.heads.count) < 10


def test_where_batches_are_unusual_trying_becomes_rare_and_comes_back() -> None:
    library = kernel().library
    assert library is not None, kernel().absence
    usual = Datagrams.of([payload for _, payload in payloads("pmacctd_sflow5")[:3]], received=1)
    unusual = Datagrams.of([words(5, 1, 1, 0, 1, 1, 1) + sample(77, bytes(8))], received=1)
    plain = Plain()
    assert plain.read(library, usual) is not None
    for _ in range(100):
        assert plain.read(library, unusual) is None
    assert 0 < sum(plain.read(library, usual) is None for _ in range(40)) <= 16
    assert plain.read(library, usual) is not None
