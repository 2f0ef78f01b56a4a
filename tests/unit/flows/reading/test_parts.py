"""Captures come in the same parts whether the kernel gathers their packets or they are read one by one."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flowlens.flows.body import encode
from flowlens.flows.files import pcap as reader
from flowlens.flows.kernel import kernel
from flowlens.flows.reading import About, parts, spoken
from flowlens.flows.reading.captures import Damaged
from flowlens.flows.reading.packets import HEADERS
from flowlens.flows.reading.tally import Tally
from flowlens.flows.sightings import Sighting
from flowlens.model.errors import Malformed

from tests.captures import BEGIN, conversation, framed, ip, pcap, pcapng, tcp, udp
from tests.kernels import without_kernel

_HELLO = b"\x16\x03\x01\x00\x50\x01\x00"


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]
        yield b""


def said(data: bytes, most: int = 4, size: int = 1 << 18) -> tuple[Any, ...]:
    """Each part's packets with what may tell a name, what was skipped, and why it ended."""
    skipped, found, ended = Counter[str](), [], ""
    try:
        for part in parts.parts(pieces(data, size), most, skipped):
            heads = [part.octets[a:b].tobytes() for a, b in zip(part.at, part.stop, strict=True)]
            telling = [row for row, head in enumerate(heads) if b"\0\x35" in head or spoken.may_greet(part.whole(row))]
            whole = [(row, part.whole(row)) for row in telling]
            found.append((heads, part.times.tolist(), part.lengths.tolist(), part.links.tolist(), whole))
    except Damaged as damaged:
        ended = damaged.reason
    except Malformed as refused:
        ended = str(refused)
    return found, skipped, ended


def both(data: bytes, most: int = 4, size: int = 1 << 18) -> tuple[Any, ...]:
    assert kernel().library is not None, kernel().absence
    fast = said(data, most, size)
    with without_kernel():
        assert said(data, most, size) == fast
    return fast


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    size = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + size + body + size


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B_3C4D, 1, 0, -1), order)


def interface(options: bytes = b"", *, link: int = 1, snap: int = 0, order: str = "<") -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, snap) + options, order)


def enhanced(
    data: bytes, *, on: int = 0, ticks: int = BEGIN * 10**6, kept: int | None = None, order: str = "<"
) -> bytes:
    kept = len(data) if kept is None else kept
    head = struct.pack(order + "IIIII", on, ticks >> 32, ticks & 0xFFFF_FFFF, kept, len(data) + 9)
    return block(6, head + data + bytes(-len(data) % 4), order)


def resolution(value: int, order: str = "<") -> bytes:
    return struct.pack(order + "HHB3x", 9, 1, value)


PACKET = framed(ip("10.0.0.1", "10.0.0.2", 6, tcp((40_000, 443), 0x18, _HELLO + bytes(80))))
ANSWER = framed(ip("10.0.0.53", "10.0.0.2", 17, udp((53, 5_000), bytes(5_000))))
SIMPLE = block(3, struct.pack("<I", len(PACKET)) + PACKET + bytes(-len(PACKET) % 4))
OLD = block(2, struct.pack("<HHIIII", 0, 0, 1, 2, len(PACKET), 99) + PACKET + bytes(-len(PACKET) % 4))
RICH = b"".join(
    [
        *(section(), interface(), enhanced(PACKET), enhanced(ANSWER), enhanced(b"")),
        *(interface(resolution(9), link=101), enhanced(PACKET[14:], on=1, ticks=BEGIN * 10**9 + 7), SIMPLE, OLD),
        *(interface(resolution(0x8A)), enhanced(PACKET, on=2, ticks=BEGIN << 10), interface(resolution(0x7F))),
        *(enhanced(PACKET, on=3), interface(resolution(12)), enhanced(PACKET, on=4, ticks=10**12)),
        *(interface(struct.pack("<HHq", 14, 8, -3_600)), enhanced(PACKET, on=5), enhanced(PACKET, on=5, ticks=9)),
        *(
            interface(struct.pack("<HHq", 14, 8, 2**62)),
            enhanced(PACKET, on=6),
            enhanced(PACKET, on=0, ticks=2**64 - 1),
        ),
        *(enhanced(PACKET, on=7), enhanced(PACKET, kept=1), enhanced(PACKET, kept=9_999), block(5, bytes(12))),
        *(block(6, bytes(16)), SIMPLE, section(">"), interface(order=">"), enhanced(PACKET, order=">"), section()),
        *(enhanced(PACKET), SIMPLE, interface(snap=20), enhanced(PACKET), interface(), SIMPLE),
    ]
)


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 18])
@pytest.mark.parametrize("most", [1, 4, 1_000])
def test_both_ways_gather_the_same(size: int, most: int) -> None:
    made = conversation()
    for data in (
        RICH,
        pcapng(made),
        pcap(made),
        pcap(made, order=">"),
        pcap(made, nanoseconds=True),
        pcap(made, link=101),
    ):
        found, _, ended = both(data, most, size)
        assert found
        assert ended == ""


def test_what_a_rich_capture_holds() -> None:
    ((heads, times, _, links, whole),), skipped, _ = both(RICH, 1_000)
    assert (len(heads), skipped) == (18, {"capture_block_malformed": 5})
    assert [row for row, link in enumerate(links) if link == 101] == [3]
    assert times[:4] == [BEGIN * 1000] * 4
    assert times[6:11] == [BEGIN * 1000, 0, 1_000, (BEGIN - 3_600) * 1000, 0]
    assert times[11:13] == [2**62 // 10**6] * 2
    assert {len(head) for head in heads} == {0, 1, 20, len(PACKET) - 14, len(PACKET), HEADERS}
    assert {len(one) for _, one in whole} == {len(PACKET) - 14, len(PACKET), 4_096}


@pytest.mark.parametrize("good", [RICH, pcap(conversation()), pcapng(conversation())], ids=["rich", "pcap", "pcapng"])
def test_a_capture_cut_anywhere_ends_alike(good: bytes) -> None:
    for size in range(0, len(good), 1 if len(good) < 2_000 else 13):
        both(good[:size])


def test_any_octet_changed_both_read_alike() -> None:
    chance = random.Random(11)
    made = [RICH, pcap(conversation()), pcap(conversation(), order=">"), pcapng(conversation())]
    for _ in range(1_500):
        data = bytearray(chance.choice(made))
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 4, 0x10, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        both(bytes(data), chance.choice((1, 4, 1_000)), chance.choice((50, 1 << 18)))


def test_a_length_of_the_greatest_kind_is_a_lie_that_takes_no_memory() -> None:
    def endless() -> Iterator[bytes]:
        yield pcap(conversation()) + struct.pack("<IIII", BEGIN, 0, 0xFFFF_FFFF, 1)
        while True:
            yield bytes(1 << 18)

    tracemalloc.start()
    try:
        with pytest.raises(Damaged, match="a packet claims 4,294,967,295 bytes"):
            list(parts.parts(endless(), 4, Counter()))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_large_packets_are_not_kept_whole() -> None:
    """Each may be 256 KiB, and a part has 32,768 of them."""
    large = framed(ip("10.0.0.1", "10.0.0.2", 6, tcp((1, 2), 0x18, _HELLO + bytes(60_000))))
    data = pcap([(n / 100, large) for n in range(400)])
    tracemalloc.start()
    try:
        (part,) = parts.parts(pieces(data, 1 << 18), 1_000, Counter())
        assert tracemalloc.get_traced_memory()[0] < 4 << 20 < len(data)
    finally:
        tracemalloc.stop()
    assert {len(part.whole(row)) for row in range(part.count)} == {4_096}


def test_an_interface_for_each_packet_costs_no_more_than_one() -> None:
    few = section() + b"".join(interface() + enhanced(PACKET, on=number) for number in range(300))
    (found, _, ended) = both(few, 10_000)
    assert (len(found[0][0]), ended) == (300, "")


def test_a_file_gives_the_same_bodies_and_names_both_ways() -> None:
    answer = (
        struct.pack(">HHHHHH", 1, 0x8180, 1, 1, 0, 0)
        + b"\x01a\x02bc\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x09\0\x04\x0a\0\0\x07"
    )
    made = conversation() + [
        (70 + n, framed(ip("10.0.0.53", "10.0.0.2", 17, udp((53, 5_000 + n), answer)))) for n in range(50)
    ]

    def read() -> tuple[list[tuple[bytes, list[str], tuple[Sighting, ...]]], Tally]:
        tally = Tally()
        bodies = reader.read(io.BytesIO(pcapng(made)), About(), tally)
        return [(encode(one.columns, one.exporters), one.exporters, one.sightings) for one in bodies], tally

    fast = read()
    with without_kernel():
        assert read() == fast
    assert {one.value for one in fast[0][0][2]} == {"a.bc"}
