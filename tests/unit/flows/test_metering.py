"""Samples against the counters of the interface they were taken from, by an agent that knows both."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from random import Random

import numpy as np
import pytest
from flowlens.flows.conversations import Origin, fold
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.flows.sampling import Sampling

_WRAP = 2**32
_RATE = 100
_FRAME = 500


def _sample(kind: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">II", kind, len(body)) + body


def _words(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *(value % _WRAP for value in values))


def _header(length: int = _FRAME, server: int = 2) -> bytes:
    frame = bytes(12) + b"\x08\x00" + bytes([0x45, 0, 0, 40]) + bytes(4) + bytes([64, 6, 0, 0])
    frame += bytes([10, 0, 0, 1, 10, 0, 0, server]) + struct.pack(">HHIIBBHHH", 40_000, 443, 1, 0, 0x50, 2, 1_000, 0, 0)
    return _words(1, 16 + len(frame) + 2, 1, length, 4, len(frame)) + frame + bytes(2)


@dataclass
class Switch:
    """One interface: packets go by, every so many is a sample, counters are read now and then."""

    claimed: int = _RATE
    true: int = _RATE
    octets: int = 2**64 - 1_000_000
    packets: int = _WRAP - 1_000  # counters wrap, too
    number: int = 0
    datagrams: int = 0
    random: Random = field(default_factory=lambda: Random(1))

    def carry(self, packets: int) -> list[bytes]:
        """The samples of so many packets."""
        self.packets += packets
        self.octets += packets * _FRAME
        taken = sum(self.random.random() < 1 / self.true for _ in range(packets))
        return [self._flow() for _ in range(taken)]

    def _flow(self) -> bytes:
        self.number += 1
        return _sample(1, _words(self.number, 7, self.claimed, 0, 0, 7, 8, 1), _header())

    def reading(self) -> bytes:
        octets = struct.pack(">Q", self.octets % 2**64)
        record = _words(7, 6, 0, 10**9, 1, 3) + octets + _words(self.packets, 0, _WRAP - 1, 0, 0, 0)
        record += bytes(8) + bytes(20) + bytes(4)
        return _sample(2, _words(1, 7, 1), _words(1, len(record)), record)

    def send(self, *samples: bytes) -> bytes:
        self.datagrams += 1
        return _words(5, 1, 0xC0000201, 0, self.datagrams, 60_000, len(samples)) + b"".join(samples)


def counted(*datagrams: bytes) -> dict[str, int]:
    state, sampling = DecoderState(), Sampling(["192.0.2.1"])
    for datagram in datagrams:
        decode(Datagrams.of([datagram]), state)
        if state.heads is not None:
            sampling.observe(state.heads)
        if state.readings is not None:
            sampling.compare(state.readings)
            state.readings = None
    return sampling.counters(0)


def journey(switch: Switch, *, lose: float = 0.0) -> dict[str, int]:
    datagrams = [switch.send(switch.reading())]
    for _ in range(12):
        datagrams += [
            datagram for one in switch.carry(5_000) if (datagram := switch.send(one)) and switch.random.random() >= lose
        ]
        datagrams.append(switch.send(switch.reading()))
    return counted(*datagrams)


def test_samples_that_stand_for_what_the_interface_counted_agree_also_across_a_wrap() -> None:
    found = journey(Switch())
    assert found["interface_counted_packets"] == 11 * 5_000  # before the first sample nothing can be compared
    assert found["interface_counted_octets"] == 11 * 5_000 * _FRAME
    assert abs(found["interface_sampled_packets"] / (11 * 5_000) - 1) < 0.15
    assert found["interface_sampled_octets"] == found["interface_sampled_packets"] * _FRAME
    assert not found.get("interface_disagreements")


@pytest.mark.parametrize("true", [_RATE // 2, _RATE * 2])
def test_a_rate_that_the_interface_contradicts_is_counted_once(true: int) -> None:
    assert journey(Switch(true=true))["interface_disagreements"] == 1


def test_samples_lost_on_the_way_are_no_contradiction() -> None:
    found = journey(Switch(), lose=0.3)
    assert not found.get("interface_disagreements")
    assert abs(found["interface_sampled_packets"] / found["interface_counted_packets"] - 1) < 0.15


def test_counters_that_begin_anew_are_not_compared_across() -> None:
    switch = Switch(packets=50_000, octets=50_000 * _FRAME)
    datagrams = [switch.send(switch.reading())]
    for _ in range(3):
        datagrams += [switch.send(*switch.carry(1_000)), switch.send(switch.reading())]
    before = counted(*datagrams)
    assert before["interface_counted_packets"] == 2_000
    switch.packets = switch.octets = 5
    datagrams += [switch.send(*switch.carry(1_000)), switch.send(switch.reading())]
    after = counted(*datagrams)
    assert after["interface_counted_packets"] == 2_000


def test_without_counters_or_without_samples_nothing_is_said() -> None:
    switch = Switch()
    assert not {name for name in counted(switch.send(*switch.carry(9_000))) if name.startswith("interface")}
    assert not counted(*(switch.send(switch.reading()) for _ in range(5)))


def test_names_of_ports_and_hosts_are_learnt() -> None:
    port = _words(1005, 12, 5) + b"eth1\n\0\0\0"
    host = _words(2000, 12, 8) + b"web-1.fr"
    state = DecoderState()
    switch = Switch()
    decode(Datagrams.of([switch.send(_sample(2, _words(1, 7, 1), port), _sample(4, _words(1, 2, 1, 1), host))]), state)
    assert state.names(0).interfaces == {7: "eth1"}
    assert state.names(0).hosts == {1: "web-1.fr"}


def test_a_discarded_packet_is_an_attempt_and_never_a_dependency() -> None:
    """Whatever the reason: ICMP's 3 (port unreachable), an access list, early discard, one that is not known yet."""
    state, switch = DecoderState(), Switch()
    reasons = (3, 258, 260, 9_999)
    drops = [
        _sample(5, _words(n, 0, 7, 0, 7, 0, reason, 1), _header(server=n + 10)) for n, reason in enumerate(reasons)
    ]
    columns = decode(Datagrams.of([switch.send(switch._flow(), *drops)]), state)
    assert columns["firewall_event"].tolist() == [0, 3, 3, 3, 3]
    assert columns["forwarding"].tolist() == [0, 131, 129, 139, 128]
    assert columns["sampling_rate"].tolist() == [_RATE, 1, 1, 1, 1]
    delta = fold(columns, Origin(np.array([1]), np.array([1])))
    assert (delta.flows, delta.denied) == (1, 4)
    assert len(delta.rows["minute"]) == 1
    assert sorted(delta.attempts["server_low"] & 0xFF) == [10, 11, 12, 13]
    assert state.counters(0)["flows"] == columns.rows == 5
