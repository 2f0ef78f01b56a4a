"""One estate told by exporters, by three clouds and by a capture: the same edges, and counted once when all tell it."""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from uuid import UUID

import numpy as np
import pytest
from flowlens.flows.batch import Identity
from flowlens.flows.body import FlowBody
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.flows.reading import FILES, About
from flowlens.flows.reading.tally import Tally
from flowlens.services import flows, merging, operations
from flowlens.services.flows import Delivery
from flowlens.services.operations import establish
from flowlens.store.connection import Connection, tenant_transaction

from tests import captures
from tests.estates import BACK, EDGES, ESTATE, NOW, THERE, aws_log, azure_log, google_log

NUMBERS = itertools.count(7000)


Bodies = Iterator[FlowBody]


def netflow() -> Bodies:
    """NetFlow v5 of a router that sees all of it."""
    records = [
        ip_address(src).packed
        + ip_address(dst).packed
        + bytes(8)
        + struct.pack(
            ">IIIIHHBBBBHHBBH", packets, octets, 0, 500, sport, dport, 0, 0x1B, t.protocol, 0, 0, 0, 24, 24, 0
        )
        for t in ESTATE
        for src, dst, sport, dport, (packets, octets), _ in t.ways
    ]
    head = struct.pack(">HHIIIIHH", 5, len(records), 1_000, NOW, 0, 0, 0, 0)
    columns = decode(Datagrams.of([head + b"".join(records)], received=NOW * 1000), DecoderState())
    columns.values["exporter"] = np.zeros(columns.rows, np.uint16)
    yield FlowBody(columns, ["192.0.2.1"])


def capture() -> Bodies:
    """A tap that saw every packet, as many as the others count."""
    packets: list[captures.Packet] = []
    for t in ESTATE:
        for src, dst, sport, dport, (number, octets), asks in t.ways:
            for nth in range(number):
                flags = (0x02 if asks else 0x12) if nth == 0 else 0x10
                head = captures.tcp((sport, dport), flags) if t.protocol == 6 else captures.udp((sport, dport))
                size = octets // number + (octets % number if nth == 0 else 0) - len(head) - 34
                frame = captures.framed(captures.ip(src, dst, t.protocol, head + bytes(max(size, 0))))
                packets.append((NOW + 5 - captures.BEGIN + (not asks) * 0.1, frame))
    return read("pcap", captures.pcap(packets))


def read(name: str, data: bytes) -> Bodies:
    tally = Tally()
    yield from FILES.load(name).read(io.BytesIO(data), About(), tally)
    assert not tally.unreadable


TELLERS: dict[str, Callable[[], Bodies]] = {
    "NetFlow": netflow,
    "AWS": lambda: read("aws_vpc", aws_log()),
    "Azure": lambda: read("azure_vnet", azure_log()),
    "Google": lambda: read("gcp_vpc", google_log()),
    "capture": capture,
}


@pytest.fixture
def tenant(owner: Connection) -> UUID:
    made = UUID(int=next(NUMBERS))
    establish(owner, made, str(made))
    return made


def tell(conn: Connection, tenant: UUID, teller: str) -> None:
    for body in TELLERS[teller]():
        number = next(NUMBERS)
        delivery = Delivery(Identity(tenant, UUID(int=9), 1, number), body, number.to_bytes(16))
        flows.count(conn, tenant, [delivery])
    merging.merge_all(conn, tenant)


def edges(conn: Connection, tenant: UUID) -> set[tuple[str, str, int, int]]:
    query = b"""SELECT host(c.address), host(s.address), d.protocol, d.port FROM dependencies d
                  JOIN assets c ON c.asset_id = d.client_id JOIN assets s ON s.asset_id = d.server_id"""
    with tenant_transaction(conn, tenant):
        return {(str(a), str(b), int(c), int(d)) for a, b, c, d in conn.execute(query).fetchall()}


def octets(conn: Connection, tenant: UUID) -> tuple[int, int]:
    operations.fold(conn, lambda: True)
    with tenant_transaction(conn, tenant):
        row = conn.execute(
            b"SELECT sum(octets_sent)::bigint, sum(octets_received)::bigint FROM dependencies"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


@pytest.mark.parametrize("teller", TELLERS)
def test_whoever_tells_the_estate_tells_the_same_edges_and_octets(app: Connection, tenant: UUID, teller: str) -> None:
    tell(app, tenant, teller)
    assert edges(app, tenant) == EDGES
    assert octets(app, tenant) == (THERE, BACK)


def test_when_all_tell_it_the_edges_are_the_same_and_each_octet_counts_once(app: Connection, tenant: UUID) -> None:
    for teller in TELLERS:
        tell(app, tenant, teller)
    assert edges(app, tenant) == EDGES
    assert octets(app, tenant) == (THERE, BACK)
