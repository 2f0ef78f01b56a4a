"""Which octets of a packet come out of the kernel, how its blocks are read, and that parts of flows add up."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from flowlens.flows.columns import Columns, Format, join
from flowlens.flows.decoding.state import DecoderState
from flowlens.flows.reading import packets
from flowlens.flows.reading.packets import HEADERS, Packets

from collector_vm.admission import Admission
from collector_vm.capture.program import BARE, ETHERNET, NAMED, NOTHING, attach, program
from collector_vm.capture.ring import Ring, Uncapturable, chained
from collector_vm.capture.tap import Tap
from collector_vm.capture.taps import Taps
from tests.captures import conversation, framed, ip, tcp, udp

LETTER = bytes(900)
GREETING = b"\x16\x03\x01\x02\x00\x01" + LETTER
EXTENDED = ip("2001:db8::1", "2001:db8::2", 0, b"\x06\0" + bytes(6) + tcp((1, 2), 0x18, LETTER))


def kept(packet: bytes, steps: bytes) -> int:
    """How many octets of it the kernel hands over; the program is the kernel's to check and run."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        attach(theirs, steps)
        theirs.settimeout(0)
        ours.send(packet)
        try:
            return len(theirs.recv(4_096))
        except BlockingIOError:
            return 0


def four(protocol: int, content: bytes) -> bytes:
    return ip("10.0.0.1", "10.0.0.2", protocol, content)


def six(protocol: int, content: bytes) -> bytes:
    return ip("2001:db8::1", "2001:db8::2", protocol, content)


OPTIONS = struct.pack(">HHIIBBHHH", 1, 2, 1, 1, 0x80, 0x18, 512, 0, 0) + bytes(12)
CASES: dict[str, tuple[bytes, int]] = {  # packets, and what of them is seen beyond the link's header
    "tcp": (four(6, tcp((1, 2), 0x18, LETTER)), 40),
    "tcp with options": (four(6, OPTIONS + LETTER), 52),
    "tcp of ipv6": (six(6, tcp((1, 2), 0x18, LETTER)), 60),
    "udp": (four(17, udp((1, 2), LETTER)), 28),
    "udp of ipv6": (six(17, udp((1, 2), LETTER)), 48),
    "icmp": (four(1, b"\x08\0" + LETTER), 28),
    "icmp of ipv6": (six(58, b"\x80\0" + LETTER), 48),
    "sctp": (four(132, bytes(12) + LETTER), 28),
    "something else": (four(89, LETTER), 20),
    "a later fragment": (four(17, LETTER)[:6] + b"\x20\x10" + four(17, LETTER)[8:], 20),
    "a question about a name": (four(17, udp((5000, 53), LETTER)), 28),
    "vxlan": (four(17, udp((5000, 4789), LETTER)), HEADERS),
    "geneve": (six(17, udp((5000, 6081), LETTER)), HEADERS),
    "gre": (four(47, LETTER), HEADERS),
    "ip in ip": (four(4, LETTER), HEADERS),
    "an extension header": (EXTENDED, HEADERS),
}


@pytest.mark.parametrize("before", [ETHERNET, BARE])
@pytest.mark.parametrize("name", CASES)
def test_of_a_packet_come_its_headers(name: str, before: int) -> None:
    packet, wanted = CASES[name]
    packet = framed(packet) if before else packet
    wanted += before if wanted != HEADERS else 0
    assert [kept(packet, program(before, names=names)) for names in (True, False)] == [wanted, wanted]


@pytest.mark.parametrize("before", [ETHERNET, BARE])
@pytest.mark.parametrize(
    "packet",
    [
        four(17, udp((53, 5000), LETTER)),
        six(17, udp((53, 5000), LETTER)),
        four(6, tcp((1, 443), 0x18, GREETING)),
        six(6, tcp((1, 443), 0x18, GREETING)),
    ],
    ids=["dns", "dns of ipv6", "tls", "tls of ipv6"],
)
def test_what_may_say_a_name_comes_as_it_is_where_names_are_wanted(packet: bytes, before: int) -> None:
    whole = framed(packet) if before else packet
    assert kept(whole, program(before, names=True)) == len(whole) < NAMED
    assert kept(whole, program(before, names=False)) < before + 61


def test_no_packet_is_lost_to_the_filter_however_short_it_is() -> None:
    """A load beyond the end would drop it, and nobody would know."""
    wholes = [framed(packet) for packet, _ in CASES.values()] + [framed(four(6, tcp((1, 443), 0x18, GREETING)))]
    for before in (ETHERNET, BARE):
        steps = program(before, names=True)
        for whole in wholes:
            packet = whole[ETHERNET - before :]
            for size in range(1, 100):
                assert kept(packet[:size], steps) > 0, (before, packet[:size].hex())
    broken = framed(b"\x4f" + four(6, tcp((1, 2), 2))[1:])  # says that its header has 60 octets
    assert kept(broken, program(ETHERNET, names=True)) == len(broken)
    assert kept(framed(four(17, LETTER)), NOTHING) == 0


def test_what_is_no_ip_comes_as_its_link_header() -> None:
    arp = bytes(12) + b"\x08\x06" + LETTER
    assert kept(arp, program(ETHERNET, names=True)) == ETHERNET
    assert kept(framed(four(17, LETTER), tags=[7]), program(ETHERNET, names=True)) == HEADERS


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 9, 1_000])
def test_packets_of_a_block_are_found_one_after_the_other(count: int) -> None:
    chance = np.random.default_rng(count)
    block = chance.integers(0, 256, 1 << 17, np.uint8)
    at, wanted = 48, []
    for _ in range(count):
        wanted.append(at)
        step = int(chance.integers(9, 15)) * 8
        block[at : at + 4] = np.array([step], np.uint32).view(np.uint8)
        at += step
    assert chained(block[: max(at, 64)], 48, count).tolist() == wanted


def columns() -> Columns:
    """The packets of a conversation, as their headers say."""
    taken = [(after, data) for after, data in conversation() if data[12:14] == b"\x08\x00"]
    sizes = np.array([len(data) for _, data in taken])
    stop = np.cumsum(sizes)
    found = Packets(
        np.frombuffer(b"".join(data for _, data in taken), np.uint8),
        stop - sizes,
        stop,
        np.array([1_795_428_000_000 + round(after * 1_000) for after, _ in taken]),
        sizes.astype(np.uint64),
        np.ones(len(taken), np.int64),
        lambda row: taken[row][1],
    )
    rows = packets.rows_of(found).columns()
    rows.values |= {"start": found.times, "octets": found.lengths}
    return rows


def test_flows_of_parts_folded_again_are_the_flows_of_the_whole() -> None:
    whole = columns()
    rows = np.arange(whole.rows)

    def of(which: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Columns:
        some = whole.take(which)
        return packets.flows(some, some["start"], some["octets"], Format.CAPTURE)

    def told(flows: Columns) -> list[dict[str, int]]:
        names = sorted(flows.values)
        return sorted(
            ({name: int(flows[name][row]) for name in names} for row in range(flows.rows)), key=lambda row: str(row)
        )

    assert told(packets.folded(join([of(rows[at : at + 2]) for at in range(0, len(rows), 2)]))) == told(of(rows))
    assert whole.rows > of(rows).rows > 1


def taps(open_: object, admission: Admission) -> Taps:
    def give(_: Columns) -> None:
        raise AssertionError("there was no packet")

    tap = Tap("eth9", "this machine", (2055,), DecoderState())
    return Taps([tap], admission, open_, seconds=1, give=give, tell=lambda _: True)  # type: ignore[arg-type]


def test_trouble_with_an_interface_is_said_when_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    def closed() -> Iterator[str]:
        yield from ["no right", "no right", "gone", "gone"]

    reasons = closed()

    def refuse(_: str) -> Ring:
        raise Uncapturable(next(reasons))

    watched = taps(refuse, Admission(unknown="accept", datagrams_per_second=0))
    for _ in range(4):
        watched.look()
    out = capsys.readouterr().out
    assert (out.count("no right"), out.count("gone"), watched.capturing) == (1, 1, 0)


def test_a_source_that_waits_is_listed_and_counts_nothing() -> None:
    def never(_: str) -> Ring:
        raise AssertionError("it is held")

    admission = Admission(unknown="hold", datagrams_per_second=0)
    watched = taps(never, admission)
    for _ in range(3):
        watched.look()
    (pending,) = admission.pending.values()
    assert (pending.address, pending.state, pending.datagrams) == (watched.taps[0].address, "held", 0)
    assert (admission.total_received, admission.total_not_enrolled) == (0, 0)
