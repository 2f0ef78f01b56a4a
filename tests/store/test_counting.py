"""Counting is exact: any repetition, order and split of the records leaves the same rows."""

from __future__ import annotations

import itertools
import time
from uuid import UUID

import numpy as np
import pytest
from flowlens.flows.batch import Identity
from flowlens.flows.body import FlowBody
from flowlens.flows.columns import Columns
from flowlens.services.flows import Delivery
from flowlens.services.operations import establish
from flowlens.store.connection import Connection, tenant_transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.counting import count
from tests.traffic import flows

NOW = int(time.time() * 1000)
SPOOLS = [UUID(int=1), UUID(int=2)]
NUMBERS = itertools.count(100)
STATE = {
    "dependencies": """
        SELECT host(c.address), host(s.address), d.port, d.protocol, d.first_seen, d.last_seen, d.during::text, d.flows,
               d.octets_sent, d.octets_received, d.packets_sent, d.packets_received, d.octets_seen, d.packets_seen,
               d.by_initiator, d.by_flags, d.by_service, d.by_port_order, d.first_evidence::text
          FROM dependencies d
          JOIN assets c ON c.asset_id = d.client_id
          JOIN assets s ON s.asset_id = d.server_id
         ORDER BY 1, 2, 3, 4""",
    "assets": "SELECT host(address), first_seen, last_seen FROM assets ORDER BY address",
    "minutes": """
        SELECT host(c.address), d.port, m.minute, sum(m.flows), sum(m.octets_seen)
          FROM conversation_minutes m
          JOIN dependencies d USING (dependency_id)
          JOIN assets c ON c.asset_id = d.client_id
         GROUP BY 1, 2, 3
         ORDER BY 1, 2, 3""",
    "hours": "SELECT hour FROM stale_hours ORDER BY hour",
    "ledger": "SELECT source, epoch, seen::text FROM ledger ORDER BY source, epoch",
}


def generated(seed: int) -> Columns:
    """Some flows of a small estate, within a day, some of them at one instant."""
    random = np.random.default_rng(seed)
    lines = []
    for _ in range(int(random.integers(1, 6))):
        client, server, port = random.integers(1, 4), random.integers(1, 3), random.choice([443, 5432, 61001])
        back = random.random() < 0.4
        ends = [f"10.1.0.{client}:{random.integers(40000, 40003)}", f"10.200.0.{server}:{port}"]
        sent = -int(random.choice([0, 0, 1000, 7_200_000, 80_000_000]))
        lines.append(
            f"{ends[back]} > {ends[not back]} tcp octets={random.integers(1, 9999)} packets={random.integers(1, 9)} "
            f"sent={sent} lasting={random.integers(0, 90_000)} flags={random.choice(['S', 'A', 'SA'])}"
        )
    return flows(*lines, now=NOW)


def delivery(tenant: UUID, number: int) -> Delivery:
    identity = Identity(tenant, SPOOLS[number % 2], 5, number)
    return Delivery(identity, FlowBody(generated(number), ["192.0.2.1"]), number.to_bytes(16))


def state(conn: Connection, tenant: UUID) -> dict[str, list[tuple[object, ...]]]:
    with tenant_transaction(conn, tenant):
        return {name: conn.execute(query.encode()).fetchall() for name, query in STATE.items()}


def tenant_of(owner: Connection) -> UUID:
    tenant = UUID(int=next(NUMBERS))
    establish(owner, tenant, str(tenant))
    return tenant


RECORDS = 6
# Each record at least once, some again, in any order, cut into batches anywhere.
PLANS = st.lists(st.integers(0, RECORDS - 1), max_size=6).flatmap(
    lambda again: st.tuples(
        st.permutations([*range(RECORDS), *again]), st.sets(st.integers(1, RECORDS + len(again) - 1), max_size=6)
    )
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=PLANS)
def test_any_repetition_order_and_split_leaves_the_same_rows(
    owner: Connection, app: Connection, plan: tuple[list[int], set[int]]
) -> None:
    plain, shuffled = tenant_of(owner), tenant_of(owner)
    count(app, plain, [delivery(plain, number) for number in range(RECORDS)])
    order, cuts = plan
    at = 0
    for cut in [*sorted(cuts), len(order)]:
        batch = [delivery(shuffled, number) for number in order[at:cut]]
        count(app, shuffled, batch)
        at = cut
    assert state(app, shuffled) == state(app, plain)


def test_what_is_counted_is_what_was_sent(owner: Connection, app: Connection) -> None:
    tenant = tenant_of(owner)
    sent = [generated(number) for number in range(RECORDS)]
    count(app, tenant, [delivery(tenant, number) for number in range(RECORDS)])
    with tenant_transaction(app, tenant):
        for table in (b"dependencies", b"conversation_minutes"):
            found = app.execute(b"SELECT sum(flows), sum(octets_seen), sum(packets_seen) FROM " + table).fetchone()
            assert found == (
                sum(columns.rows for columns in sent),
                sum(int(columns["octets"].sum()) for columns in sent),
                sum(int(columns["packets"].sum()) for columns in sent),
            )


def test_a_batch_that_fails_halfway_leaves_nothing(
    owner: Connection, app: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = tenant_of(owner)
    before = state(app, tenant)

    def fail(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("flowlens.store.ledger.enter", fail)
    with pytest.raises(ConnectionError):
        count(app, tenant, [delivery(tenant, 0)])
    assert state(app, tenant) == before
