"""Names that packets say in clear: those that DNS answers with an address, and those that TLS clients ask for."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from ipaddress import ip_address
from typing import NamedTuple

_UDP, _TCP = 17, 6
_A, _AAAA, _INTERNET = 1, 28, 1
_MOST_ANSWERS, _MOST_QUESTIONS, _MOST_LABELS, _MOST_JUMPS = 64, 4, 128, 16
_NAME = re.compile(r"[a-z0-9_*](?:[a-z0-9_.*-]{0,251}[a-z0-9_])?")
# A TLS record of any version with the beginning of a ClientHello.
_HELLO = re.compile(rb"\x16\x03[\x00-\x04]..\x01\x00", re.DOTALL)
_SERVER_NAME = 0
GREETING = 256  # octets of a packet among which a greeting begins


class Ends(NamedTuple):
    """A packet's own: IP version, packed source and destination, protocol."""

    version: int
    source: bytes
    destination: bytes
    protocol: int


def payload(packet: bytes, ends: Ends) -> bytes:
    """What a packet of UDP or TCP carries, also inside a tunnel; nothing where that is not found at once."""
    at = packet.find(ends.source + ends.destination)
    start = at - (12 if ends.version == 4 else 8)
    if at < 0 or start < 0:
        return b""
    if ends.version == 4:
        transport = start + (packet[start] & 15) * 4
    elif packet[start + 6] == ends.protocol:
        transport = start + 40
    else:
        return b""  # behind extension headers
    if ends.protocol == _UDP:
        return packet[transport + 8 :]
    if transport + 13 > len(packet):
        return b""
    return packet[transport + (packet[transport + 12] >> 4) * 4 :]


def may_greet(packet: bytes) -> bool:
    """Whether a ClientHello may be in it."""
    return _HELLO.search(packet, 0, GREETING) is not None


def answered(message: bytes) -> Iterator[tuple[str, str]]:
    """The name that was asked for and each address that a DNS message answers it with; nothing of what is damaged."""
    try:
        yield from _answered(message)
    except (struct.error, IndexError, ValueError):
        return


def _answered(message: bytes) -> Iterator[tuple[str, str]]:
    _, flags, questions, answers = struct.unpack_from(">HHHH", message)
    if not flags & 0x8000 or flags & 0x000F or not 0 < questions <= _MOST_QUESTIONS:
        return
    at, asked = 12, ""
    for _ in range(questions):
        asked, at = _name(message, at)
        at += 4
    if not _NAME.fullmatch(asked):
        return
    for _ in range(min(answers, _MOST_ANSWERS)):
        _, at = _name(message, at)
        kind, family, _, size = struct.unpack_from(">HHIH", message, at)
        at += 10
        data = message[at : at + size]
        at += size
        if family == _INTERNET and (kind, len(data)) in ((_A, 4), (_AAAA, 16)):
            yield asked, str(ip_address(data))


def _name(message: bytes, at: int) -> tuple[str, int]:
    """A name in lower case, and where what follows it begins. ValueError when it has no end."""
    labels: list[str] = []
    after, jumps = -1, 0
    while size := message[at]:
        if size >= 0xC0:
            after = at + 2 if after < 0 else after
            at, jumps = (size & 0x3F) << 8 | message[at + 1], jumps + 1
        elif size < 0x40:
            labels.append(message[at + 1 : at + 1 + size].decode("ascii").lower())
            at += 1 + size
        else:
            raise ValueError("a label of a kind that there is not")
        if jumps > _MOST_JUMPS or len(labels) > _MOST_LABELS:
            raise ValueError("a name without end")
    return ".".join(labels), at + 1 if after < 0 else after


def greeted(stream: bytes) -> str:
    """The server name in a ClientHello that begins here; empty where there is none, or it was cut before it."""
    if not _HELLO.match(stream):
        return ""
    try:
        at = 43  # past the record's header, the handshake's, the version and the random number
        at += 1 + stream[at]
        at += 2 + struct.unpack_from(">H", stream, at)[0]
        at += 1 + stream[at]
        end = at + 2 + struct.unpack_from(">H", stream, at)[0]
        at += 2
        while at + 4 <= end:
            kind, size = struct.unpack_from(">HH", stream, at)
            if kind == _SERVER_NAME:
                length = struct.unpack_from(">H", stream, at + 7)[0]
                name = stream[at + 9 : at + 9 + length].decode("ascii").lower()
                return name if len(name) == length and _NAME.fullmatch(name) else ""
            at += 4 + size
    except (struct.error, IndexError, ValueError):
        return ""
    return ""
