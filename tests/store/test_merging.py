"""What is counted is merged once, by one process at a time, and nothing that is refused stops the rest."""

from __future__ import annotations

import time
from collections.abc import Mapping
from uuid import UUID

import pytest
from flowlens.flows import deltas as packed
from flowlens.flows.batch import Identity
from flowlens.flows.body import FlowBody
from flowlens.flows.conversations import Rows
from flowlens.services import flows as service
from flowlens.services import merging
from flowlens.services.flows import Delivery
from flowlens.store import deltas
from flowlens.store.connection import Connection, connect, tenant_transaction
from flowlens.store.ledger import Name
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.postgres import APP, TENANT, Server
from tests.traffic import SPOOL, flows

NOW = int(time.time() * 1000)
LINE = "10.1.0.1:40000 > 10.200.0.1:443 tcp octets=100"
REFUSED = "10.6.6.6"


def count(conn: Connection, *numbers: int, line: str = LINE) -> None:
    body = FlowBody(flows(line, now=NOW), ["192.0.2.1"])
    service.count(conn, TENANT, [Delivery(Identity(TENANT, SPOOL, 1, n), body, n.to_bytes(16)) for n in numbers])


def one(conn: Connection, query: str) -> tuple[object, ...]:
    with tenant_transaction(conn, TENANT):
        return conn.execute(query.encode()).fetchone() or ()


FLOWS = "SELECT coalesce(sum(flows), 0)::int FROM dependencies"
WAITING = "SELECT count(*) FILTER (WHERE refused IS NULL), count(*) FILTER (WHERE refused IS NOT NULL) FROM deltas"


@given(
    columns=st.integers(1, 30).flatmap(
        lambda rows: st.tuples(*[arrays.arrays("int64", rows, elements=st.integers(-(2**63), 2**63 - 1))] * 3)
    )
)
def test_a_delta_comes_out_as_it_went_in(columns: tuple[object, ...]) -> None:
    rows: Rows = dict(zip(("minute", "octets_sent", "port"), columns, strict=True))  # type: ignore[arg-type]
    found, exporters = packed.decode(packed.encode(rows, {7: "192.0.2.1"}))
    assert exporters == {7: "192.0.2.1"}
    assert {name: values.tolist() for name, values in found.items()} == {n: v.tolist() for n, v in rows.items()}


def test_what_is_counted_waits_until_it_is_merged_once(app: Connection) -> None:
    count(app, 1, 2)
    assert (one(app, FLOWS), one(app, WAITING)) == ((0,), (2, 0))
    assert merging.merge_due(app, TENANT).deltas == 2
    assert (one(app, FLOWS), one(app, WAITING)) == ((2,), (0, 0))
    assert merging.merge_all(app, TENANT).deltas == 0


def test_after_a_merge_there_is_a_rest_unless_much_waits(app: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    count(app, 1)
    merging.merge_due(app, TENANT)
    one(app, "UPDATE merges SET took = interval '1 hour' RETURNING 1")
    count(app, 2, 3)
    assert merging.merge_due(app, TENANT).deltas == 0
    monkeypatch.setattr(merging, "MOST_ROWS", 2)
    assert merging.merge_due(app, TENANT).deltas == 2
    one(app, "UPDATE merges SET took = interval '1 hour', merged_at = now() - interval '21 seconds' RETURNING 1")
    count(app, 4)
    assert merging.merge_due(app, TENANT).deltas == 1


def test_while_one_merges_the_others_go_on(app: Connection, postgres: Server) -> None:
    count(app, 1)
    with connect(postgres.secret(APP, app.info.dbname)) as other, tenant_transaction(other, TENANT):
        assert deltas.turn(other, TENANT)
        count(app, 2)
        assert merging.merge_due(app, TENANT).deltas == 0
        assert merging.merge_all(app, TENANT).deltas == 0
    assert merging.merge_all(app, TENANT).deltas == 2


def test_a_merge_of_what_another_took_meanwhile_adds_nothing(app: Connection) -> None:
    count(app, 1)
    with tenant_transaction(app, TENANT):
        found = deltas.oldest(app, TENANT, 10)
    merging.merge_all(app, TENANT)
    outcome = merging.Outcome()
    merging._merge(app, TENANT, found, outcome)
    assert (outcome.deltas, one(app, FLOWS)) == (0, (1,))


def test_what_the_database_refuses_is_put_aside_by_name_and_stops_nothing(app: Connection, owner: Connection) -> None:
    owner.execute(f"ALTER TABLE assets ADD CHECK (host(address) <> '{REFUSED}')".encode())
    count(app, 1, 2, 3)
    count(app, 4, line=LINE.replace("10.1.0.1", REFUSED))
    count(app, 5)
    found = merging.merge_all(app, TENANT)
    assert (found.deltas, [why.partition(":")[0] for why in found.refused]) == (4, ["database_23514"])
    assert (one(app, FLOWS), one(app, WAITING)) == ((4,), (0, 1))
    assert one(app, "SELECT refused, record FROM deltas") == ("database_23514", 4)
    owner.execute(b"ALTER TABLE assets DROP CONSTRAINT assets_address_check")
    one(app, "UPDATE deltas SET refused = NULL RETURNING 1")
    assert merging.merge_all(app, TENANT).deltas == 1
    assert one(app, FLOWS) == (5,)


def test_a_tenant_of_whom_nothing_was_counted_has_no_turn(app: Connection) -> None:
    assert merging.merge_due(app, UUID(int=77)).deltas == 0


def test_large_batches_are_merged_in_parts(app: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "_LITTLE_ROWS", 2)
    count(app, *range(1, 8))
    assert merging.merge_all(app, TENANT).deltas == 7
    assert one(app, FLOWS) == (7,)


def test_what_takes_too_long_is_merged_in_halves(app: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    here = merging._merge_here

    def slow(conn: Connection, tenant: UUID, found: Mapping[Name, bytes]) -> tuple[int, int]:
        merged = here(conn, tenant, found)
        conn.execute(b"SELECT set_config('statement_timeout', '1ms', true)")
        conn.execute(b"SELECT pg_sleep(%s)", [(len(found) - 1) * 0.05])
        return merged

    monkeypatch.setattr(merging, "_merge_here", slow)
    count(app, *range(1, 6))
    assert merging.merge_all(app, TENANT).deltas == 5
    assert (one(app, FLOWS), one(app, WAITING)) == ((5,), (0, 0))


def test_minutes_lie_in_the_table_a_quarter_of_an_hour_after_the_other(app: Connection) -> None:
    quarter = 900_000
    start = (NOW // quarter - 4) * quarter
    sent = [(minute, host) for minute in (50, 3, 31, 17, 4, 45) for host in (2, 1)]
    lines = [
        f"10.1.0.{host}:40000 > 10.200.0.1:443 tcp octets=100 sent={start + minute * 60_000 - NOW}"
        for minute, host in sent
    ]
    body = FlowBody(flows(*lines, now=NOW), ["192.0.2.1"])
    service.count(app, TENANT, [Delivery(Identity(TENANT, SPOOL, 1, 1), body, bytes(16))])
    merging.merge_all(app, TENANT)
    with tenant_transaction(app, TENANT):
        found = app.execute("SELECT minute, dependency_id FROM conversation_minutes ORDER BY tableoid, ctid").fetchall()
    lie = [(int(minute.timestamp() * 1000) // quarter, dependency) for minute, dependency in found]
    assert len(lie) == len(sent)
    assert lie == sorted(lie)
