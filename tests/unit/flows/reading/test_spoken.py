"""Names in captures: DNS answers and TLS greetings, within tunnels too; damaged ones say nothing and hang nobody."""

from __future__ import annotations

import io
import struct
from ipaddress import ip_address
from random import Random

import pytest
from flowlens.flows.reading import About, reader, spoken
from flowlens.flows.reading.tally import Tally

from tests import captures
from tests.captures import framed, ip, tcp, udp


def name(text: str) -> bytes:
    return b"".join(bytes((len(label),)) + label.encode() for label in text.split(".")) + b"\0"


def dns(asked: str, *addresses: str, flags: int = 0x8180) -> bytes:
    """An answer by way of a CNAME, as servers give it, with compressed names."""
    records = [struct.pack(">HHHIH", 0xC00C, 5, 1, 60, 6) + b"\x03cdn\xc0\x0c"]
    for address in map(ip_address, addresses):
        kind, owner = (1, 0xC00C) if address.version == 4 else (28, 0xC00C)
        records.append(struct.pack(">HHHIH", owner, kind, 1, 60, len(address.packed)) + address.packed)
    head = struct.pack(">HHHHHH", 7, flags, 1, len(records), 0, 0)
    return head + name(asked) + struct.pack(">HH", 1, 1) + b"".join(records)


def hello(server: str) -> bytes:
    """A ClientHello with another extension before the server's name."""
    entry = struct.pack(">BH", 0, len(server)) + server.encode()
    listed = struct.pack(">H", len(entry)) + entry
    extensions = struct.pack(">HH", 10, 2) + b"\0\0" + struct.pack(">HH", 0, len(listed)) + listed
    body = b"\x03\x03" + bytes(32) + b"\x20" + bytes(32) + struct.pack(">H", 4) + b"\x13\x01\x13\x02" + b"\x01\x00"
    body += struct.pack(">H", len(extensions)) + extensions
    shake = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack(">H", len(shake)) + shake


def said(*packets: bytes) -> list[tuple[str, str | None, int | None, str, str]]:
    data = captures.pcap([(float(at), packet) for at, packet in enumerate(packets)])
    stream = io.BytesIO(data)
    found = [one for body in reader(stream, About()).read(stream, About(), Tally()) for one in body.sightings]
    return [(one.subject.address, one.subject.server, one.subject.port, one.kind.value, one.value) for one in found]


ANSWER = udp((53, 40_000), dns("Shop.Example.com", "192.0.2.7", "2001:db8::7"))
GREETING = tcp((40_000, 8443), 0x18, hello("api.example.com"))


def test_a_dns_answer_names_its_addresses_with_what_was_asked() -> None:
    expected = [(at, None, None, "dns_name", "shop.example.com") for at in ("192.0.2.7", "2001:db8::7")]
    assert said(framed(ip("10.0.0.53", "10.0.0.1", 17, ANSWER), tags=(7,))) == expected
    assert said(framed(ip("2001:db8::53", "2001:db8::1", 17, ANSWER))) == expected


def test_a_tls_greeting_names_the_server_and_the_edge_at_any_port_and_within_a_tunnel() -> None:
    plain = framed(ip("10.0.0.1", "10.0.0.2", 6, GREETING))
    tunnelled = framed(
        ip("10.9.0.1", "10.9.0.2", 17, udp((4789, 4789), struct.pack(">II", 0x0800_0000, 7 << 8) + plain))
    )
    expected = [
        ("10.0.0.2", None, None, "tls_name", "api.example.com"),
        ("10.0.0.1", "10.0.0.2", 8443, "tls_name", "api.example.com"),
    ]
    assert said(plain) == expected
    assert said(tunnelled) == expected


@pytest.mark.parametrize(
    "packet",
    [
        udp((53, 40_000), dns("shop.example.com", "192.0.2.7", flags=0x8183)),  # there is no such name
        udp((53, 40_000), dns("shop.example.com", "192.0.2.7", flags=0x0100)),  # a question
        udp((53, 40_000), dns("sh op.example.com", "192.0.2.7")),
        udp((53, 40_000), dns("a", "192.0.2.7").replace(b"\x01a\0", b"\xc0\x0c\0")),  # a name that is its own end
        udp((5300, 40_000), dns("shop.example.com", "192.0.2.7")),
    ],
)
def test_what_is_no_answer_names_nobody(packet: bytes) -> None:
    assert said(framed(ip("10.0.0.53", "10.0.0.1", 17, packet))) == []


def test_what_is_cut_or_bent_anywhere_says_nothing_wrong() -> None:
    random = Random(3)
    for whole in (dns("shop.example.com", "192.0.2.7"), hello("api.example.com")):
        for at in range(len(whole)):
            assert spoken.greeted(whole[:at]) in ("", "api.example.com")
            assert {pair[0] for pair in spoken.answered(whole[:at])} <= {"shop.example.com"}
        for _ in range(3000):
            bent = bytearray(whole)
            for _ in range(random.randrange(1, 5)):
                bent[random.randrange(len(bent))] = random.randrange(256)
            list(spoken.answered(bytes(bent)))
            assert len(spoken.greeted(bytes(bent))) <= 253
