"""What real exporters sent, counted to the unit, with every client and server where they were planted."""

from __future__ import annotations

import time
from uuid import UUID

import numpy as np
import pytest
from flowlens.flows import body
from flowlens.flows.batch import Identity
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.services.flows import Delivery
from flowlens.store.connection import Connection, tenant_transaction

from tests import counting
from tests.postgres import TENANT
from tests.recordings import TOTALS, Totals, payloads

NOW = int(time.time() * 1000)
FLOWS_PER_RECORD = 20_000
CLIENTS, SERVERS = ("10.1.0.0/16", "2001:db8:1::/48"), ("10.200.0.0/15", "2001:db8:ff::/48")
PORTS = {6: {443, 80, 5432, 6379, 9092, 3306, 8080, 22, 389, 27017, 50051, 9200}, 17: {53, 123, 11211, 514}}


def count(conn: Connection, name: str) -> None:
    """The recording through the body of the stream's records, in two transactions, the later records first."""
    recorded = payloads(name)
    columns = decode(Datagrams.of([data for _, data in recorded], received=NOW), DecoderState())
    deliveries = []
    for number, at in enumerate(range(0, columns.rows, FLOWS_PER_RECORD)):
        part = columns.take(np.arange(at, min(at + FLOWS_PER_RECORD, columns.rows)))
        decoded = body.decode(body.encode(part, ["192.0.2.1"]))
        deliveries.append(Delivery(Identity(TENANT, UUID(int=1), 1, number), decoded, number.to_bytes(16)))
    for batch in (deliveries[1:], deliveries):
        if batch:
            counting.count(conn, TENANT, batch)


@pytest.mark.parametrize("name", TOTALS)
def test_a_recording_is_counted_to_the_unit_and_turned_the_right_way(app: Connection, name: str) -> None:
    count(app, name)
    with tenant_transaction(app, TENANT):
        totals = app.execute(
            """SELECT sum(flows), sum(octets_seen), sum(packets_seen),
                      coalesce(sum(flows) FILTER (WHERE family(c.address) = 4), 0),
                      coalesce(sum(flows) FILTER (WHERE family(c.address) = 6), 0)
                 FROM dependencies d JOIN assets c ON c.asset_id = d.client_id"""
        ).fetchone()
        minutes = app.execute(
            "SELECT sum(flows), sum(octets_seen), sum(packets_seen) FROM conversation_minutes"
        ).fetchone()
        astray = app.execute(
            """SELECT c.address, s.address, protocol, port
                 FROM dependencies d
                 JOIN assets c ON c.asset_id = d.client_id
                 JOIN assets s ON s.asset_id = d.server_id
                WHERE protocol IN (6, 17)
                  AND NOT (c.address <<= ANY (%(clients)s::inet[]) AND s.address <<= ANY (%(servers)s::inet[]))""",
            {"clients": list(CLIENTS), "servers": list(SERVERS)},
        ).fetchall()
        served = app.execute("SELECT DISTINCT protocol, port FROM dependencies WHERE protocol IN (6, 17)").fetchall()
    assert Totals(*(int(value) for value in totals or ())) == TOTALS[name]
    assert minutes == (totals or ())[:3]
    assert astray == []
    assert all(port in PORTS[protocol] for protocol, port in served)
