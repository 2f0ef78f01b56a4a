"""Captures: every layout of frame and file gives its datagrams; what lies is named and never raises."""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc
from pathlib import Path

import pytest
from flowlens.model.errors import Invalid
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk.local.packets import REASONS, Datagrams, Payload
from cdk.local.pcap import Capture, read
from tests.recordings import EXPORTS, TOTALS, payloads
from tests.unit.cli import captures as make


def load(path: Path) -> tuple[list[Payload], dict[str, int], str]:
    capture = read(path)
    found = list(Datagrams(capture, capture.skipped))
    return found, dict(+capture.skipped), capture.damage


def from_bytes(tmp_path: Path, data: bytes) -> tuple[list[Payload], dict[str, int], str]:
    return load(make.saved(tmp_path / "capture", data))


@pytest.mark.parametrize("name", TOTALS)
def test_a_recording_gives_the_payloads_that_an_independent_reader_finds(name: str) -> None:
    found, skipped, damage = load(EXPORTS / f"{name}.pcap.gz")
    assert [p.data for p in found] == [data for _, data in payloads(name)]
    assert (skipped, damage) == ({}, "")


FOUR, SIX = make.udp(b"four"), make.udp(b"six!", source="2001:db8::1", to="2001:db8::2")
LAYOUTS = {
    "ethernet": (1, make.ethernet(FOUR), b"four"),
    "ethernet with IPv6": (1, make.ethernet(SIX), b"six!"),
    "one VLAN tag": (1, make.ethernet(FOUR, tags=1), b"four"),
    "two VLAN tags": (1, make.ethernet(SIX, tags=2), b"six!"),
    "padded to the Ethernet minimum": (1, make.ethernet(FOUR) + bytes(20), b"four"),
    "IPv4 options": (1, make.ethernet(make.udp(b"four", options=bytes(8))), b"four"),
    "IPv6 hop-by-hop": (
        1,
        make.ethernet(make.udp(b"six!", source="::1", to="::2", options=b"\x11\x00" + bytes(6))),
        b"six!",
    ),
    "Linux cooked": (113, bytes(14) + b"\x08\x00" + FOUR, b"four"),
    "Linux cooked v2": (276, b"\x86\xdd" + bytes(18) + SIX, b"six!"),
    "raw IP": (101, FOUR, b"four"),
    "raw IPv6": (229, SIX, b"six!"),
    "BSD loopback": (0, b"\x02\0\0\0" + FOUR, b"four"),
    "BSD loopback of a big-endian machine": (0, b"\0\0\0\x1e" + SIX, b"six!"),
    "OpenBSD loopback": (108, b"\0\0\0\x02" + FOUR, b"four"),
}


@pytest.mark.parametrize(("link", "frame", "data"), LAYOUTS.values(), ids=LAYOUTS)
def test_a_datagram_is_found_under_every_link_layer(tmp_path: Path, link: int, frame: bytes, data: bytes) -> None:
    found, skipped, damage = from_bytes(tmp_path, make.pcap([frame], link=link))
    assert [p.data for p in found] == [data]
    assert (skipped, damage) == ({}, "")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("nanoseconds", "fraction"), [(False, 5_000), (True, 5)])
def test_a_classic_capture_is_read_in_both_byte_orders_and_units(
    tmp_path: Path, order: str, nanoseconds: bool, fraction: int
) -> None:
    data = make.pcap([make.ethernet(FOUR)], order=order, nanoseconds=nanoseconds)
    ((payload,), _, _) = from_bytes(tmp_path, data)
    assert payload.at == make.AT * 1_000_000_000 + fraction
    assert (payload.sender, payload.source_port, payload.destination_port) == ("192.0.2.1", 40_000, 2055)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_pcapng_is_read_with_its_own_time_unit_offset_and_sections(tmp_path: Path, order: str) -> None:
    resolution = struct.pack(order + "HHB3xHHq", 9, 1, 9, 14, 8, 100)
    data = (
        make.section(order=order)
        + make.interface(order=order)
        + make.interface(101, order=order, options=resolution)
        + make.enhanced(make.ethernet(FOUR), 3_000_001, order=order)
        + make.enhanced(SIX, 7, order=order, number=1)
        + make.block(0x0BAD, b"unknown blocks are stepped over", order=order)
        + make.section()
        + make.interface(101)
        + make.block(3, struct.pack("<I", len(FOUR)) + FOUR)
    )
    found, skipped, damage = from_bytes(tmp_path, data)
    assert [p.at for p in found] == [3_000_001_000, 100_000_000_007, 100_000_000_007]
    assert [p.data for p in found] == [b"four", b"six!", b"four"]
    assert (skipped, damage) == ({}, "")


def test_fragments_are_put_together_in_any_order(tmp_path: Path) -> None:
    whole = make.udp(bytes(range(200)))[20:]
    first, last = make.ip(whole[:104], word=0x2000), make.ip(whole[104:], word=104 // 8)
    for frames in ([first, last], [last, first], [first, first, last]):
        found, skipped, _ = from_bytes(tmp_path, make.pcap(frames, link=101))
        assert [p.data for p in found] == [bytes(range(200))]
        assert skipped.get("fragments_incomplete", 0) == 0


def test_ipv6_fragments_are_put_together(tmp_path: Path) -> None:
    whole = make.udp(bytes(range(200)))[20:]

    def piece(data: bytes, word: int) -> bytes:
        ends = bytes(15) + b"\x01" + bytes(15) + b"\x02"
        return struct.pack(">IHBB", 6 << 28, 8 + len(data), 44, 64) + ends + struct.pack(">BBHI", 17, 0, word, 9) + data

    found, skipped, _ = from_bytes(tmp_path, make.pcap([piece(whole[:96], 1), piece(whole[96:], 96)], link=101))
    assert [p.data for p in found] == [bytes(range(200))]
    assert skipped == {}


def test_a_fragment_that_never_came_is_counted(tmp_path: Path) -> None:
    lost = [make.ip(bytes(64), source=f"10.0.{i // 250}.{i % 250}", word=0x2000) for i in range(400)]
    found, skipped, _ = from_bytes(tmp_path, make.pcap(lost, link=101))
    assert (found, skipped) == ([], {"fragments_incomplete": 400})


def test_what_is_no_udp_datagram_is_counted_by_name(tmp_path: Path) -> None:
    tcp = bytearray(FOUR)
    tcp[9] = 6
    lying = bytearray(FOUR)
    lying[24:26] = b"\xff\xff"
    cut = struct.pack("<IIII", make.AT, 0, 30, 500) + make.ethernet(FOUR)[:30]
    frames = [bytes(12) + b"\x08\x06" + bytes(28), make.ethernet(bytes(tcp)), make.ethernet(bytes(lying)), b"short"]
    _, skipped, _ = from_bytes(tmp_path, make.pcap(frames) + cut)
    assert skipped == {"not_ip": 1, "not_udp": 1, "packet_malformed": 2, "cut_by_capture": 1}
    assert set(skipped) <= set(REASONS)
    assert from_bytes(tmp_path, make.pcap([b"\0" * 60], link=147))[1] == {"link_unknown": 1}


@pytest.mark.parametrize(
    ("data", "damage"),
    [
        (make.pcap([make.ethernet(FOUR)])[:-3], "inside a packet"),
        (make.pcap([]) + b"\0\0\0", "inside a packet header"),
        (make.pcap([]) + struct.pack("<IIII", 1, 1, 2**31, 2**31), "claims 2,147,483,648 bytes"),
        (make.section() + struct.pack("<II", 6, 0xFFFF_FFF0), "claims 4,294,967,280 bytes"),
        (make.section() + struct.pack("<II", 6, 8), "claims 8 bytes"),
        (make.section()[:8] + b"\0\0\0\0" + bytes(20), "no byte order"),
        (make.section() + make.block(1, b""), "interface cannot be used"),
    ],
    ids=["cut packet", "cut header", "long packet", "long block", "short block", "no byte order", "no interface"],
)
def test_a_damaged_capture_keeps_what_came_before_and_says_why_it_ends(
    tmp_path: Path, data: bytes, damage: str
) -> None:
    assert damage in from_bytes(tmp_path, data)[2]


def test_a_gzip_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    packed = gzip.compress(make.pcap([make.ethernet(make.udp(bytes([i]) * 50)) for i in range(200)]), 1)
    found, _, damage = from_bytes(tmp_path, packed[: len(packed) // 2])
    assert len(found) > 0
    assert "gzip" in damage


@pytest.mark.parametrize("data", [b"", b"\x1f\x8b", b"\x1f\x8bnonsense", b"GET / HTTP/1.1", bytes(100)])
def test_a_file_that_is_no_capture_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        from_bytes(tmp_path, data)
    assert "\n" not in str(refused.value)


def test_a_gzip_bomb_is_read_in_bounded_memory(tmp_path: Path) -> None:
    bomb = make.saved(
        tmp_path / "bomb.gz", make.section() + struct.pack("<II", 6, 16 << 20) + bytes(200 << 20), packed=True
    )
    tracemalloc.start()
    try:
        load(bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 64 << 20


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([0, 1, 12, 101, 108, 113, 276]))
def test_no_frame_raises(frame: bytes, link: int) -> None:
    capture = Capture(io.BytesIO(make.pcap([frame, frame], link=link)), "made")
    assert all(isinstance(p.data, bytes) for p in Datagrams(capture, capture.skipped))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([make.pcap([]), make.section(), make.section() + make.interface()]), st.binary(max_size=200))
def test_no_file_raises(head: bytes, tail: bytes) -> None:
    capture = Capture(io.BytesIO(head + tail), "made")
    assert isinstance(list(Datagrams(capture, capture.skipped)), list)
