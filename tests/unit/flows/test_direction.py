"""Who is the client: each rung of the ladder, and what happens when they disagree."""

from __future__ import annotations

import numpy as np
import pytest
from flowlens.flows.columns import Columns, Initiator
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.flows.direction import WITH_PORTS, Evidence, decide

from tests.recordings import TOTALS, payloads
from tests.traffic import flows

FORWARD, BACKWARD = True, False


def verdict(*lines: str) -> list[tuple[bool, Evidence]]:
    direction = decide(flows(*lines))
    return [(bool(f), Evidence(int(e))) for f, e in zip(direction.forward, direction.evidence, strict=True)]


@pytest.mark.parametrize(
    ("line", "forward", "evidence"),
    [
        (f"10.0.0.1:443 > 10.0.0.2:40000 tcp initiator={Initiator.SOURCE}", FORWARD, Evidence.INITIATOR),
        (f"10.0.0.1:40000 > 10.0.0.2:443 tcp initiator={Initiator.DESTINATION}", BACKWARD, Evidence.INITIATOR),
        ("10.0.0.1:443 > 10.0.0.2:40000 tcp flags=S", FORWARD, Evidence.FLAGS),
        ("10.0.0.1:443 > 10.0.0.2:40000 tcp flags=SR", FORWARD, Evidence.FLAGS),
        ("10.0.0.1:40000 > 10.0.0.2:443 tcp flags=SA packets=1", BACKWARD, Evidence.FLAGS),
        ("10.0.0.1:40000 > 10.0.0.2:443 tcp flags=SA packets=2", FORWARD, Evidence.SERVICE),
        ("10.0.0.1:40000 > 10.0.0.2:443 tcp flags=A", FORWARD, Evidence.SERVICE),
        ("10.0.0.1:40000 > 10.0.0.2:50051 tcp", FORWARD, Evidence.SERVICE),
        ("10.0.0.1:50051 > 10.0.0.2:60999 tcp", BACKWARD, Evidence.SERVICE),
        ("10.0.0.1:27017 > 10.0.0.2:32768 tcp", BACKWARD, Evidence.SERVICE),
        ("10.0.0.1:53 > 10.0.0.2:40000 udp flags=S", BACKWARD, Evidence.SERVICE),
        ("10.0.0.1:61000 > 10.0.0.2:61001 tcp", BACKWARD, Evidence.PORT_ORDER),
        ("10.0.0.1:443 > 10.0.0.2:80 tcp", FORWARD, Evidence.PORT_ORDER),
        ("10.0.0.1:0 > 10.0.0.2:61001 udp", BACKWARD, Evidence.PORT_ORDER),
        ("10.0.0.1 > 10.0.0.2 icmp icmp=0x800", FORWARD, Evidence.FLAGS),
        ("10.0.0.1 > 10.0.0.2 icmp icmp=0", BACKWARD, Evidence.FLAGS),
        ("10.0.0.1 > 10.0.0.2 icmp icmp=0x303", BACKWARD, Evidence.PORT_ORDER),
        ("2001:db8::1 > 2001:db8::2 icmp6 icmp=0x8000", FORWARD, Evidence.FLAGS),
        ("2001:db8::1 > 2001:db8::2 icmp6 icmp=0x8100", BACKWARD, Evidence.FLAGS),
        ("[2001:db8::1]:40000 > [2001:db8::2]:443 tcp", FORWARD, Evidence.SERVICE),
        ("10.0.0.1:1 > 10.0.0.2:61001 gre", BACKWARD, Evidence.PORT_ORDER),
    ],
)
def test_one_flow_is_decided_by_its_strongest_evidence(line: str, forward: bool, evidence: Evidence) -> None:
    assert verdict(line) == [(forward, evidence)]


def test_both_directions_of_a_pair_follow_the_strongest_evidence_of_either() -> None:
    assert verdict(
        "10.0.0.1:443 > 10.0.0.2:40000 tcp flags=S",
        "10.0.0.2:40000 > 10.0.0.1:443 tcp flags=A",
        "10.0.0.1:443 > 10.0.0.2:40000 tcp flags=PA",
    ) == [(FORWARD, Evidence.FLAGS), (BACKWARD, Evidence.FLAGS), (FORWARD, Evidence.FLAGS)]


def test_what_the_exporter_says_outdoes_a_syn_of_the_same_pair() -> None:
    assert verdict(
        "10.0.0.1:443 > 10.0.0.2:40000 tcp flags=S",
        f"10.0.0.2:40000 > 10.0.0.1:443 tcp initiator={Initiator.SOURCE}",
    ) == [(BACKWARD, Evidence.INITIATOR), (FORWARD, Evidence.INITIATOR)]


def test_evidence_of_one_pair_says_nothing_about_another() -> None:
    assert verdict("10.0.0.1:443 > 10.0.0.2:40000 tcp flags=S", "10.0.0.1:443 > 10.0.0.2:40001 tcp")[1] == (
        BACKWARD,
        Evidence.SERVICE,
    )


def test_no_exporter_turns_the_conversations_of_another() -> None:
    assert verdict("10.0.0.1:443 > 10.0.0.2:40000 tcp flags=S", "10.0.0.1:443 > 10.0.0.2:40000 tcp exporter=1")[1] == (
        BACKWARD,
        Evidence.SERVICE,
    )


def test_pings_both_ways_are_two_conversations() -> None:
    assert verdict("10.0.0.1 > 10.0.0.2 icmp icmp=0x800", "10.0.0.2 > 10.0.0.1 icmp icmp=0x800") == [
        (FORWARD, Evidence.FLAGS),
        (FORWARD, Evidence.FLAGS),
    ]


@pytest.mark.parametrize("protocol", ["udp", "gre", "tcp"])
def test_equal_ports_give_one_server_whichever_way_the_flow_goes(protocol: str) -> None:
    one, other = verdict(f"10.0.0.1:123 > 10.0.0.2:123 {protocol}", f"10.0.0.2:123 > 10.0.0.1:123 {protocol}")
    assert one[0] != other[0]


def test_no_flows_are_no_trouble() -> None:
    assert len(decide(Columns(0)).forward) == 0


@pytest.mark.parametrize("name", TOTALS)
def test_every_recorded_conversation_has_the_client_that_was_planted(name: str) -> None:
    recorded = payloads(name)
    columns = decode(Datagrams.of([data for _, data in recorded]), DecoderState())
    assert columns.rows == TOTALS[name].flows
    with_ports = WITH_PORTS[columns["protocol"]]
    planted = np.where(
        columns["ip_version"] == 4,
        columns["src_low"] >> np.uint64(16) & np.uint64(0xFFFF) == 0x0A01,
        columns["src_high"] >> np.uint64(16) == 0x20010DB80001,
    )
    assert np.array_equal(decide(columns).forward[with_ports], planted[with_ports])
