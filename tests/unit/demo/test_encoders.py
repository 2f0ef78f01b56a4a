"""Encoders and decoders were written apart: what the simulated exporters say is what the decoders understand."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import numpy as np
import pytest
from flowlens.flows.columns import Columns, Format, RateSource, join
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode

from cdk.local.demo.encoders import ipfix, netflow5, netflow9, sflow5
from cdk.local.demo.flow import Address, Export, Flow, Packet

BOOT = 1_790_000_000_000
AT = BOOT + 4_000_000
EXPORT = Export(at=AT, boot=BOOT, sequence=7, domain=1)


def flow(source: str, destination: str, *, protocol: int = 6, packets: int = 10, initiator: bool = True) -> Flow:
    return Flow(
        source=ip_address(source),
        destination=ip_address(destination),
        source_port=40_000,
        destination_port=5432,
        protocol=protocol,
        flags=0x1B,
        packets=packets,
        octets=packets * 100,
        start=AT - 2_500,
        end=AT - 500,
        initiator=initiator,
    )


FOUR = [flow("10.1.2.3", "10.200.0.9"), flow("10.200.0.9", "10.1.2.3", protocol=17, packets=3, initiator=False)]
SIX = [flow("fd20::3:1", "fd20::4:1"), flow("fd20::4:1", "fd20::3:1", packets=1)]


def decoded(*datagrams: bytes) -> tuple[Columns, DecoderState]:
    state = DecoderState()
    return join([decode(Datagrams.of([d], received=AT), state) for d in datagrams]), state


def address(columns: Columns, which: str, row: int) -> Address:
    high, low = int(columns[f"{which}_high"][row]), int(columns[f"{which}_low"][row])
    return IPv4Address(low & 0xFFFF_FFFF) if columns["ip_version"][row] == 4 else IPv6Address(high << 64 | low)


def same(columns: Columns, flows: list[Flow]) -> None:
    assert columns.rows == len(flows)
    for row, one in enumerate(flows):
        assert (address(columns, "src", row), address(columns, "dst", row)) == (one.source, one.destination)
        told = [int(columns[n][row]) for n in ("src_port", "dst_port", "protocol", "tcp_flags", "packets", "octets")]
        assert told == [one.source_port, one.destination_port, one.protocol, one.flags, one.packets, one.octets]
        assert [int(columns[n][row]) for n in ("start", "end")] == [one.start, one.end]


@pytest.mark.parametrize("rate", [1, 512])
def test_netflow5_says_what_it_was_told(rate: int) -> None:
    columns, state = decoded(netflow5.encode(EXPORT, FOUR, rate=rate))
    same(columns, FOUR)
    assert set(columns["sampling_rate"].tolist()) == {rate}
    assert state.formats(0) == (Format.NETFLOW5,)


@pytest.mark.parametrize("rate", [1, 512])
def test_netflow9_says_what_it_was_told(rate: int) -> None:
    columns, state = decoded(netflow9.templates(EXPORT, rate=rate), netflow9.encode(EXPORT, [*SIX, *FOUR]))
    same(columns, [*FOUR, *SIX])
    assert set(columns["sampling_rate"].tolist()) == {rate}
    assert set(columns["rate_source"].tolist()) == {RateSource.OPTIONS}
    assert state.counters(0)["options_records"] == 1


@pytest.mark.parametrize("rate", [1, 512])
def test_ipfix_says_what_it_was_told(rate: int) -> None:
    columns, _ = decoded(ipfix.templates(EXPORT, rate=rate), ipfix.encode(EXPORT, [*SIX, *FOUR]))
    same(columns, [*FOUR, *SIX])
    assert set(columns["sampling_rate"].tolist()) == {rate}
    assert set(columns["domain"].tolist()) == {1}
    assert columns["initiator"].tolist() == [1, 2, 1, 1]


def test_sflow_says_what_it_was_told() -> None:
    packets = [
        Packet(
            source=one.source,
            destination=one.destination,
            source_port=one.source_port,
            destination_port=one.destination_port,
            protocol=one.protocol,
            flags=0x12 if one.protocol == 6 else 0,
            octets=1_000,
        )
        for one in [*FOUR, *SIX]
    ]
    columns, state = decoded(sflow5.encode(EXPORT, packets, agent=IPv4Address("127.0.10.4"), rate=64, first=0))
    assert columns.rows == 4
    for row, packet in enumerate(packets):
        assert (address(columns, "src", row), address(columns, "dst", row)) == (packet.source, packet.destination)
        told = [int(columns[n][row]) for n in ("src_port", "dst_port", "protocol", "tcp_flags", "packets")]
        assert told == [packet.source_port, packet.destination_port, packet.protocol, packet.flags, 1]
    assert set(columns["octets"].tolist()) == {1_000 + 14 + 4}
    assert set(columns["sampling_rate"].tolist()) == {64}
    assert state.formats(0) == (Format.SFLOW5,)


def test_no_datagram_of_as_many_flows_as_allowed_is_longer_than_a_packet() -> None:
    assert len(netflow9.encode(EXPORT, SIX * (netflow9.LIMIT // 2))) <= 1_472
    assert len(ipfix.encode(EXPORT, SIX * (ipfix.LIMIT // 2))) <= 1_472
    assert len(netflow5.encode(EXPORT, FOUR * (netflow5.LIMIT // 2))) <= 1_472


def test_nothing_that_the_encoders_make_is_malformed() -> None:
    columns, state = decoded(
        netflow9.templates(EXPORT), netflow9.encode(EXPORT, SIX), ipfix.templates(EXPORT), ipfix.encode(EXPORT, FOUR)
    )
    assert not [name for name in state.counters(0) if name.startswith(("malformed", "template_missing", "unknown"))]
    assert np.count_nonzero(columns["ip_version"] == 6) == 2
