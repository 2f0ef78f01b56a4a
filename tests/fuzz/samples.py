"""sFlow datagrams: samples of every kind, records of every kind that is read and some that are not."""

from __future__ import annotations

from random import Random

from flowlens.flows.decoding.samples import KINDS

from tests.fuzz.frames import ethernet
from tests.fuzz.wire import Liar, Wire

_KINDS = (*sorted(KINDS), 0, 5, 1004, 9999, 0x0100_0001)
_INTERFACES = (0, 1, 5, 0x3FFF_FFFF, 0x4000_0003, 0x8000_0002, 0xFFFF_FFFF)


def sflow(rng: Random, liar: Liar) -> Wire:
    """A datagram of up to some samples."""
    samples = [_sample(rng, liar) for _ in range(rng.choice((1, 1, 2, 4)))]
    agent = rng.choice((1, 1, 1, 2))
    head = Wire().number(5, 4).number(liar.says(agent), 4, joint=True).raw(liar.octets(4 if agent == 1 else 16))
    head.number(rng.choice((0, 1)), 4).number(rng.randrange(1000), 4).number(60_000, 4)
    head.number(liar.says(len(samples)), 4, joint=True)
    for sample in samples:
        head.add(sample)
    return head


def _sample(rng: Random, liar: Liar) -> Wire:
    kind = rng.choice((1, 1, 1, 3, 3, 2, 4, 5, 99))
    records = [_record(rng, liar) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
    body = Wire().number(rng.randrange(1000), 4).raw(liar.octets(4 if kind in (1, 2) else 8))
    if kind in (1, 3):
        body.number(rng.choice((0, 1, 512)), 4).raw(liar.octets(8))
        for _ in range(2 if kind == 1 else 4):
            body.number(rng.choice(_INTERFACES), 4)
    body.number(liar.says(len(records)), 4, joint=True)
    for record in records:
        body.add(record)
    return Wire().number(kind, 4, joint=True).number(liar.says(len(body)), 4, joint=True).add(body)


def _record(rng: Random, liar: Liar) -> Wire:
    kind = rng.choice((1, 1, 1, 1, *_KINDS)) if rng.random() < 0.9 else rng.choice(_KINDS)
    if kind == 1:
        made = ethernet(liar, 0)[: rng.choice((14, 64, 128))]
        protocol = rng.choice((1, 1, 1, 11, 12, 13, 99))
        body = Wire().number(protocol, 4, joint=True).number(liar.says(1000), 4).number(4, 4)
        body.number(liar.says(len(made)), 4, joint=True).raw(made + bytes(-len(made) % 4))
    else:
        body = Wire().raw(liar.octets(rng.choice((0, 4, 8, 16, 28, 40, 64, 100))))
    return Wire().number(kind, 4, joint=True).number(liar.says(len(body)), 4, joint=True).add(body)
