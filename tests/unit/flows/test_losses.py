"""Flows lost, as an interval, against an exporter that knows the truth."""

from __future__ import annotations

from random import Random

import pytest
from flowlens.flows.losses import Interval, lost_flows

from tests.unit.flows.test_sequences import Fed, ipfix


@pytest.mark.parametrize("seed", range(8))
def test_what_ipfix_lost_lies_within_the_interval_also_beside_messages_that_nobody_could_read(seed: int) -> None:
    """A message without its template does not say how many flows it has; its neighbours may be lost on the way."""
    random, fed = Random(seed), Fed()
    number, gone, unread = 2**32 - 3_000, 0, 0
    for at in range(1_500):
        records = random.randint(0, 30)
        fate = "read" if at in (0, 1_499) else random.choices(["read", "lost", "unread"], [0.8, 0.1, 0.1])[0]
        if fate != "lost":
            fed.take(ipfix(number), records=[records if fate == "read" else -1])
        gone += records * (fate == "lost")
        unread += records * (fate == "unread")
        number += records
    fed.ledger.finish()
    lost = lost_flows(fed.counters())
    assert lost.most is not None
    assert lost.least <= gone + unread <= lost.most
    assert unread <= lost.most - lost.least, "what nobody read is never blamed on the network"
    assert lost.most - lost.least < gone + unread, "an interval that says everything says nothing"


def test_protocols_that_number_flows_lose_to_the_unit() -> None:
    assert lost_flows({"sequence_sent_flows": 90, "sequence_lost_flows": 3, "sequence_unread_flows": 2}) == Interval(
        5, 5, 5
    )


def test_datagrams_that_were_lost_do_not_say_how_many_flows_they_had() -> None:
    counters = {"sequence_sent_datagrams": 100, "sequence_lost_datagrams": 10, "received": 90, "flows": 1_800}
    assert lost_flows(counters) == Interval(0, None, 200)
    assert lost_flows({"sequence_sent_datagrams": 100, "received": 100, "flows": 2_000}) == Interval(0, 0, 0)


def test_an_sflow_agent_numbers_samples_too_so_that_lost_datagrams_hide_nothing() -> None:
    counters = {"sequence_sent_datagrams": 9, "sequence_lost_datagrams": 2, "samples_sent": 60, "samples_lost": 12}
    assert lost_flows(counters) == Interval(12, 12, 12)


def test_after_a_jump_of_numbers_nobody_knows_the_upper_end() -> None:
    assert lost_flows({"sequence_sent_flows": 5, "sequence_jumps": 1, "sequence_lost_flows": 2}).most is None
