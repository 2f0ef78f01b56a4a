"""The kernel's filter: how many octets of each packet we ever get to see. A program of classic BPF.

Of TCP, UDP and ICMP that is the headers. A packet of DNS answers and the greeting of a TLS client come as they are,
where names are wanted; of tunnels, extension headers and what else has its ends further inside come HEADERS octets.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flowlens.flows.reading.packets import HEADERS

NAMED = 2_000  # octets of a packet that may say a name
ETHERNET, BARE = 14, 0  # octets before the IP header
_LENGTH, _HALF, _BYTE, _HALF_X, _BYTE_X = 0x80, 0x28, 0x30, 0x48, 0x50  # loads into A; _X: from X on
_IP_LENGTH, _X_FROM, _X_IS, _X_TO = 0xB1, 0x61, 0x01, 0x03  # X: 4 times a nibble, from memory, a number; to memory
_ADD, _ADD_X, _AND, _SHIFT, _A_TO_X, _X_TO_A = 0x04, 0x0C, 0x54, 0x74, 0x07, 0x87
_IS, _AT_LEAST, _HAS, _AT_LEAST_X, _GO = 0x15, 0x35, 0x45, 0x3D, 0x05
_KEEP, _KEEP_A = 0x06, 0x16
_ATTACH_FILTER = 26
_TCP, _UDP, _ICMP, _ICMP6 = 6, 17, 1, 58
_PORTED = (33, 132, 136)  # DCCP, SCTP, UDP-Lite
_FURTHER = (4, 41, 47)  # what lies in IP and in GRE
_EXTENSIONS = (0, 43, 44, 51, 60, 135, 139, 140)
_TUNNELS = (4789, 6081)  # VXLAN, Geneve
_DNS, _GREETING, _HELLO = 53, 0x1603, 1
_WITHIN_ETHERNET = (0x8100, 0x88A8, 0x9100, 0x8847, 0x8848)  # a second tag, MPLS


@dataclass(frozen=True, slots=True)
class _Step:
    """One instruction; `then` and `other` name where a jump goes, the next one where they say nothing."""

    code: int
    number: int = 0
    then: str = ""
    other: str = ""
    label: str = ""


def program(before: int, *, names: bool) -> bytes:
    """For packets that have so many octets before their IP header, as an array of struct sock_filter."""
    steps = [
        *_begin(before),
        *_ipv4(before),
        *_ipv6(before),
        *_transport(before, names=names),
        *_ends(before, names=names),
    ]
    places = {step.label: at for at, step in enumerate(steps) if step.label}
    return b"".join(
        struct.pack("=HBBI", step.code, *_jumps(step, at, places), _number(step, at, places))
        for at, step in enumerate(steps)
    )


def _jumps(step: _Step, at: int, places: dict[str, int]) -> tuple[int, int]:
    if step.code == _GO:
        return 0, 0
    there = [places[label] - at - 1 if label else 0 for label in (step.then, step.other)]
    return there[0], there[1]


def _number(step: _Step, at: int, places: dict[str, int]) -> int:
    return places[step.then] - at - 1 if step.code == _GO else step.number


def _among(numbers: Sequence[int], then: str) -> Iterator[_Step]:
    yield from (_Step(_IS, number, then) for number in numbers)


def _begin(before: int) -> Iterator[_Step]:
    """Which version of IP it is. A load beyond the end would drop the packet, so lengths are looked at first."""
    yield _Step(_LENGTH)
    if before == ETHERNET:
        yield _Step(_AT_LEAST, before, other="all")
        yield _Step(_HALF, 12)
        yield from _among((0x0800,), "four")
        yield from _among((0x86DD,), "six")
        yield from _among(_WITHIN_ETHERNET, "all")
        yield _Step(_KEEP, before)
        return
    yield _Step(_AT_LEAST, 1, other="all")
    yield _Step(_BYTE, 0)
    yield _Step(_SHIFT, 4)
    yield from _among((4,), "four")
    yield from _among((6,), "six")
    yield _Step(_KEEP, 1)


def _ipv4(before: int) -> Iterator[_Step]:
    """X becomes the length of the header."""
    yield _Step(_LENGTH, label="four")
    yield _Step(_AT_LEAST, before + 20, other="all")
    yield _Step(_IP_LENGTH, before)
    yield _Step(_HALF, before + 6)
    yield _Step(_HAS, 0x1FFF, "head")  # a later fragment has no ports
    yield _Step(_BYTE, before + 9)
    yield from _protocols((_ICMP,), _FURTHER)


def _ipv6(before: int) -> Iterator[_Step]:
    yield _Step(_LENGTH, label="six")
    yield _Step(_AT_LEAST, before + 40, other="all")
    yield _Step(_X_IS, 40)
    yield _Step(_BYTE, before + 6)
    yield from _protocols((_ICMP6,), (*_FURTHER, *_EXTENSIONS))


def _protocols(of_icmp: Sequence[int], further: Sequence[int]) -> Iterator[_Step]:
    yield from _among((_TCP,), "tcp")
    yield from _among((_UDP,), "udp")
    yield from _among((*of_icmp, *_PORTED), "eight")
    yield from _among(further, "all")
    yield _Step(_GO, then="head")


def _reaching(octets: int, otherwise: str) -> Iterator[_Step]:
    """Goes on where the packet has so many octets after its IP header."""
    yield _Step(_X_TO)
    yield _Step(_X_TO_A)
    yield _Step(_ADD, octets)
    yield _Step(_A_TO_X)
    yield _Step(_LENGTH)
    yield _Step(_AT_LEAST_X, other=otherwise)
    yield _Step(_X_FROM)


def _transport(before: int, *, names: bool) -> Iterator[_Step]:
    yield from _labelled("udp", _reaching(before + 8, "all"))
    yield _Step(_HALF_X, before + 2)
    yield from _among(_TUNNELS, "all")
    yield _Step(_HALF_X, before)
    if names:
        yield from _among((_DNS,), "whole")
    yield _Step(_X_TO_A, label="eight")
    yield _Step(_ADD, before + 8)
    yield _Step(_KEEP_A)
    yield from _labelled("tcp", _reaching(before + 20, "all"))
    yield _Step(_BYTE_X, before + 12)
    yield _Step(_SHIFT, 2)
    yield _Step(_AND, 0x3C)
    yield _Step(_ADD_X)
    yield _Step(_A_TO_X)  # the length of both headers
    if names:
        yield from _reaching(before + 6, "short")
        yield _Step(_HALF_X, before)
        yield _Step(_IS, _GREETING, other="head")
        yield _Step(_BYTE_X, before + 5)
        yield _Step(_IS, _HELLO, "whole")


def _labelled(label: str, steps: Iterator[_Step]) -> Iterator[_Step]:
    first, *rest = steps
    yield _Step(first.code, first.number, first.then, first.other, label)
    yield from rest


def _ends(before: int, *, names: bool) -> Iterator[_Step]:
    if names:
        yield _Step(_X_FROM, label="short")  # the kernel admits no load of what was not stored on all ways to it
    yield _Step(_X_TO_A, label="head")
    yield _Step(_ADD, before)
    yield _Step(_KEEP_A)
    yield _Step(_KEEP, NAMED, label="whole")
    yield _Step(_KEEP, HEADERS, label="all")


NOTHING = struct.pack("=HBBI", _KEEP, 0, 0, 0)  # the program that lets no packet through


def attach(to: socket.socket, steps: bytes) -> None:
    """From now on; the kernel checks the program and copies it."""
    held = ctypes.create_string_buffer(steps, len(steps))
    to.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("@HP", len(steps) // 8, ctypes.addressof(held)))
