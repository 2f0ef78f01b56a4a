"""What sFlow agents say of their own sampling, against an agent that knows the truth."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from random import Random

import pytest
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.flows.metering import ENOUGH
from flowlens.flows.sampling import SOURCES, Sampling

_WRAP = 2**32


@dataclass
class Agent:
    """One source of an agent: packets go by, every so many is a sample."""

    claimed: int = 1_000
    true: int = 1_000
    source: int = 3
    expanded: bool = False
    number: int = 0
    pool: int = 0
    drops: int = 0
    datagram: int = 0
    uptime: int = 60_000

    def sample(self) -> bytes:
        self.number += 1
        self.pool += self.true
        source = (0, self.source) if self.expanded else (self.source,)
        ends = (0, 1, 0, 2, 0) if self.expanded else (1, 2, 0)
        said = (self.number, *source, self.claimed, self.pool, self.drops, *ends)
        body = struct.pack(f">{len(said)}I", *(value % _WRAP for value in said))
        return struct.pack(">II", 3 if self.expanded else 1, len(body)) + body

    def send(self, samples: int, *more: bytes) -> bytes:
        self.datagram += 1
        self.uptime += 10
        parts = [*(self.sample() for _ in range(samples)), *more]
        head = struct.pack(">IIIIIII", 5, 1, 0xC0000201, 0, self.datagram, self.uptime, len(parts))
        return head + b"".join(parts)


@dataclass
class Fed:
    """A ledger behind the decoder."""

    sampling: Sampling = field(default_factory=lambda: Sampling(["192.0.2.1", "192.0.2.2"]))
    state: DecoderState = field(default_factory=DecoderState)
    flows: int = 0

    def take(self, *datagrams: bytes, exporter: int = 0) -> Fed:
        self.flows += decode(Datagrams.of(list(datagrams), exporter=exporter, received=1_000_000), self.state).rows
        if self.state.heads is not None:
            self.sampling.observe(self.state.heads)
        return self

    def __getitem__(self, name: str) -> int:
        return self.sampling.counters(0).get(name, 0)


@pytest.mark.parametrize("expanded", [False, True])
@pytest.mark.parametrize("begin", [0, _WRAP - 500])
@pytest.mark.parametrize("seed", range(4))
def test_samples_sent_are_those_that_came_and_those_that_were_lost(seed: int, begin: int, *, expanded: bool) -> None:
    random, fed = Random(seed), Fed()
    agents = [Agent(source=n, expanded=expanded, number=begin, pool=begin) for n in range(3)]
    lost = sent = twice = 0
    fed.take(*(agent.send(1) for agent in agents))
    waiting: list[bytes] = []
    for _ in range(400):
        agent, count = random.choice(agents), random.randrange(1, 5)
        made, chance = agent.send(count), random.random()
        sent += count
        lost += count * (chance < 0.1)
        twice += count * (0.1 <= chance < 0.15)
        waiting += [made] * (0 if chance < 0.1 else 2 if chance < 0.15 else 1)
        if len(waiting) > 8:
            random.shuffle(waiting)
            fed.take(*waiting)
            waiting = []
    fed.take(*waiting, *(agent.send(1) for agent in agents))
    fed.sampling.finish()
    assert fed["samples_sent"] == sent + 6
    assert fed["samples_lost"] == lost > 0
    assert fed["samples_duplicate"] == twice > 0
    assert fed["samples_sent"] == fed.flows - fed["samples_duplicate"] + fed["samples_lost"]
    assert fed["sampling_disagreements"] == 0


@pytest.mark.parametrize(("true", "disagreements"), [(1_000, 0), (1_050, 0), (2_000, 1), (500, 1), (10_000, 1)])
def test_a_rate_that_the_pool_contradicts_is_counted_once(true: int, disagreements: int) -> None:
    agent, fed = Agent(true=true, pool=_WRAP - 100_000), Fed()
    for _ in range(200):
        fed.take(agent.send(5))
    assert fed["sampling_disagreements"] == disagreements
    assert fed["samples_claimed_packets"] == 995 * 1_000  # all but those of the first datagram
    assert fed["samples_pool_packets"] == 995 * true


def test_chance_is_no_contradiction() -> None:
    for seed in range(10):
        random, agent, fed = Random(seed), Agent(), Fed()
        for _ in range(100):
            agent.true = 1 + int(random.expovariate(1 / 1_000))
            fed.take(agent.send(1))
        assert fed["sampling_disagreements"] == 0


def test_no_rate_is_judged_by_few_samples() -> None:
    agent, fed = Agent(true=3_000), Fed()
    fed.take(agent.send(1))
    for _ in range(ENOUGH - 1):
        fed.take(agent.send(1))
    assert fed["sampling_disagreements"] == 0
    assert fed.take(agent.send(1))["sampling_disagreements"] == 1


def test_lost_datagrams_and_another_rate_contradict_nothing() -> None:
    agent, fed = Agent(), Fed()
    for nth in range(300):
        agent.claimed = agent.true = 1_000 if nth < 150 else 64
        made = agent.send(5)
        if nth % 3 == 0:
            fed.take(made)
    assert fed["sampling_disagreements"] == 0
    assert fed["samples_pool_packets"] == fed["samples_claimed_packets"] > 0


def test_what_the_agent_had_no_room_for_is_counted_across_the_wrap_and_a_restart() -> None:
    agent, fed = Agent(drops=_WRAP - 2), Fed()
    fed.take(agent.send(50))
    late = agent.send(1)
    agent.drops += 5
    fed.take(agent.send(1)).take(late).take(late)
    assert fed["agent_dropped_samples"] == 5
    for _ in range(50):
        fed.take(agent.send(40))
    agent.number, agent.pool, agent.drops, agent.uptime = 0, 0, 0, 1
    fed.take(agent.send(1))
    agent.drops += 3
    assert fed.take(agent.send(1))["agent_dropped_samples"] == 8


def test_a_pool_that_says_nothing_is_no_contradiction() -> None:
    agent, fed = Agent(true=0), Fed()
    for _ in range(200):
        fed.take(agent.send(5))
    assert (fed["sampling_disagreements"], fed["samples_pool_packets"]) == (0, 0)


def test_sources_are_bounded_and_one_exporter_does_not_take_the_place_of_another() -> None:
    fed = Fed()
    fed.take(*(Agent(source=n).send(1) for n in range(SOURCES + 100)))
    assert fed["samples_untracked"] == 100
    other = Agent(true=5_000)
    for _ in range(100):
        fed.take(other.send(1), exporter=1)
    assert fed.sampling.counters(1)["sampling_disagreements"] == 1
    assert fed["sampling_disagreements"] == 0


def test_a_source_that_was_forgotten_begins_anew() -> None:
    agent, fed = Agent(), Fed()
    fed.take(agent.send(1), agent.send(1))
    fed.sampling.forget(0)
    for _ in range(100):
        agent.send(1)
    assert fed.take(agent.send(1))["samples_lost"] == 0
