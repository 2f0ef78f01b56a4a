"""Packets of a capture become flows, whatever file and link they come in, and hostile captures are read or refused."""

from __future__ import annotations

import gzip
import io
import random

import pytest
from flowlens.flows.columns import Columns, Initiator, join
from flowlens.flows.files import pcap as reader
from flowlens.flows.reading import About
from flowlens.flows.reading.tally import Tally
from flowlens.model.errors import Malformed

from tests.captures import Packet, conversation, framed, ip, pcap, pcapng, tcp, udp
from tests.families.rows import rows


def read(data: bytes) -> tuple[Columns, Tally]:
    tally = Tally()
    return join([body.columns for body in reader.read(io.BytesIO(data), About(), tally)]), tally


def told(columns: Columns) -> list[str]:
    return sorted(map(str, rows(columns)))


@pytest.mark.parametrize(
    "data",
    [
        pcap(conversation(), order=">"),
        pcap(conversation(), nanoseconds=True),
        pcapng(conversation()),
        gzip.compress(pcap(conversation())),
    ],
    ids=["big-endian", "nanoseconds", "pcapng", "gzip"],
)
def test_the_same_packets_in_another_file_are_the_same_flows(data: bytes) -> None:
    assert told(read(data)[0]) == told(read(pcap(conversation()))[0])


def test_each_direction_knows_who_began_and_a_minute_is_a_flow() -> None:
    flows, tally = read(pcap(conversation()))
    mine = (row for row in rows(flows) if row.get("src") == "10.0.0.1" and row.get("dst_port") == 443)
    first = sorted(mine, key=lambda row: str(row["start"]))
    assert [(row["packets"], row["octets"], row.get("initiator")) for row in first] == [
        (3, 54 + 54 + 154, "SOURCE"),
        (1, 54, None),
    ]
    assert int(flows["packets"].sum()) == 9
    assert (tally.counts["lines"], tally.counts["not_ip"], tally.counts["flows"]) == (10, 1, flows.rows)
    assert {Initiator.SOURCE, Initiator.DESTINATION} <= set(flows["initiator"].tolist())


@pytest.mark.parametrize(("link", "before"), [(101, b""), (113, bytes(14) + b"\x08\x00"), (0, b"\x02\0\0\0")])
def test_links_without_ethernet_are_read(link: int, before: bytes) -> None:
    packet = ip("10.0.0.1", "10.0.0.2", 17, udp((5000, 53)))
    (row,) = rows(read(pcap([(0, before + packet)], link=link))[0])
    assert (row["src"], row["dst_port"]) == ("10.0.0.1", 53)


def test_a_link_that_nobody_knows_and_a_packet_cut_anywhere_stop_nothing() -> None:
    whole = framed(ip("2001:db8::1", "2001:db8::2", 6, tcp((1, 2), 2)), tags=(1, 2))
    cut: list[Packet] = [(0, whole[:size]) for size in range(len(whole))]
    assert read(pcap([(0, whole)], link=147))[1].counts["not_ip"] == 1
    flows, tally = read(pcap([*cut, (1, whole)]))
    assert tally.counts["lines"] == len(whole) + 1
    assert int(flows["packets"].sum()) + tally.counts["not_ip"] == len(whole) + 1


def test_what_comes_before_the_damage_stands() -> None:
    data = pcap(conversation())
    flows, tally = read(data[:-10])
    assert (tally.unreadable["damaged"], int(flows["packets"].sum())) == (1, 9)
    assert read(b"\xd4\xc3\xb2\xa1")[1].unreadable["damaged"] == 1


def test_times_that_cannot_be_are_refused() -> None:
    flows, tally = read(pcap([(-1_700_000_000, conversation()[0][1]), conversation()[1]]))
    assert (flows.rows, tally.unreadable["time"]) == (1, 1)


def test_what_is_no_capture_is_refused() -> None:
    with pytest.raises(Malformed) as refused:
        read(b"hello")
    assert refused.value.reason == "file_capture"


def test_no_octet_changed_anywhere_breaks_the_reader() -> None:
    chance, good = random.Random(7), [pcap(conversation()), pcapng(conversation())]
    for _ in range(1_500):
        data = bytearray(chance.choice(good))
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        try:
            flows, tally = read(bytes(data))
        except Malformed:
            continue
        assert int(flows["packets"].sum()) + tally.counts["not_ip"] + tally.unreadable["time"] == tally.counts["lines"]
