"""The operations workflow: partitions ahead, hours exact, old things gone, collectors told."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flowlens.aws.archive import Archive
from flowlens.flows.batch import Identity
from flowlens.flows.body import FlowBody
from flowlens.model.errors import FlowLensError
from flowlens.services import operations
from flowlens.services.flows import Delivery
from flowlens.store import classification, deltas, hours, partitions
from flowlens.store.classification import DescriptionText
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.store.partitions import existing
from flowlens.tables import flow_sources as register

from cdk.manifest import FUNCTIONS, WORKFLOWS
from functions.operations import fold, prepare, publish, retain
from tests import counting
from tests.functions.operations.conftest import TABLE
from tests.lambdas import context
from tests.postgres import OTHER, TENANT
from tests.traffic import SPOOL, flows

NOW = int(time.time() * 1000)
LINE = "10.1.0.1:40000 > 10.200.0.1:443 tcp octets=100"
WORKFLOW = json.loads((Path(__file__).parents[3] / "functions/operations/workflow.asl.json").read_text())


def count(app: Connection, number: int, *lines: str, tenant: UUID = TENANT) -> None:
    body = FlowBody(flows(*lines, now=NOW), ["192.0.2.1"])
    counting.count(app, tenant, [Delivery(Identity(tenant, SPOOL, 1, number), body, number.to_bytes(16))])


def rows(conn: Connection, query: str, tenant: UUID = TENANT) -> list[tuple[object, ...]]:
    with tenant_transaction(conn, tenant):
        return conn.execute(query.encode()).fetchall()


HOURS = "SELECT sum(flows), sum(octets_sent) FROM conversation_hours"


@pytest.mark.usefixtures("cloud")
def test_partitions_are_made_ahead_and_only_those_that_lack(owner: Connection) -> None:
    assert prepare.handler({}, context()) == {"made": 0}
    newest = existing(owner, partitions.MINUTES)[-1]
    owner.execute(f"DROP TABLE {newest}".encode())
    assert prepare.handler({}, context()) == {"made": 1}
    assert existing(owner, partitions.MINUTES)[-1] == newest


def test_partitions_follow_the_clock_over_the_end_of_a_year(owner: Connection) -> None:
    operations.prepare(owner, datetime(2030, 12, 31, 23, 59, tzinfo=UTC))
    names = existing(owner, partitions.MINUTES)
    assert "conversation_minutes_20301228" in names
    assert "conversation_minutes_20310103" in names
    assert "conversation_hours_203101" in existing(owner, partitions.HOURS)
    assert "conversation_hours_203102" in existing(owner, partitions.HOURS)


@pytest.mark.usefixtures("cloud")
def test_hours_are_folded_once_and_again_when_minutes_come_late(app: Connection) -> None:
    count(app, 1, LINE, LINE + " sent=-60000")
    count(app, 2, LINE, tenant=OTHER)
    stale = len(rows(app, "SELECT FROM stale_hours"))
    assert fold.handler({}, context()) == {"merged": 0, "folded": stale + 1, "left": 0}
    assert rows(app, HOURS) == [(2, 200)]
    assert fold.handler({}, context()) == {"merged": 0, "folded": 0, "left": 0}
    count(app, 3, LINE)
    fold.handler({}, context())
    assert rows(app, HOURS) == [(3, 300)]
    assert rows(app, HOURS, OTHER) == [(1, 100)]


@pytest.mark.usefixtures("cloud")
def test_folding_stops_while_there_is_time_to_stop(app: Connection) -> None:
    count(app, 1, LINE)
    assert fold.handler({}, context(left_ms=1000)) == {"merged": 0, "folded": 0, "left": 1}
    assert rows(app, HOURS) == [(None, None)]


def test_nothing_is_merged_while_an_hour_is_folded(app: Connection, owner: Connection) -> None:
    count(app, 1, LINE)
    ((hour,),) = rows(app, "SELECT hour FROM stale_hours")
    assert isinstance(hour, datetime)
    with tenant_transaction(owner, TENANT):
        deltas.await_turn(owner, TENANT)
        hours.fold(owner, TENANT, hour)
        count(app, 2, LINE)
        assert len(rows(app, "SELECT FROM deltas")) == 1
    count(app, 3, LINE)
    assert rows(app, "SELECT hour FROM stale_hours") == [(hour,)]
    assert operations.fold(app, lambda: True) == (1, 0)
    assert rows(app, HOURS) == [(3, 300)]


@pytest.mark.usefixtures("cloud")
def test_an_hour_whose_minutes_are_gone_stays_as_it_was_folded_last(app: Connection, owner: Connection) -> None:
    count(app, 1, LINE)
    fold.handler({}, context())
    count(app, 2, LINE)
    for name in existing(owner, partitions.MINUTES):
        owner.execute(f"DROP TABLE {name}".encode())
    assert fold.handler({}, context()) == {"merged": 0, "folded": 1, "left": 0}
    assert rows(app, HOURS) == [(1, 100)]


@pytest.fixture
def old(app: Connection, owner: Connection) -> datetime:
    """A day past every retention, from which nothing was heard."""
    then = datetime.now(UTC) - timedelta(days=500)
    operations.prepare(owner, then)
    count(app, 1, LINE)
    for table, column in (("dependencies", "last_seen"), ("assets", "last_seen"), ("ledger", "updated_at")):
        with tenant_transaction(app, TENANT):
            app.execute(f"UPDATE {table} SET {column} = %s".encode(), [then])  # noqa: S608
    return then


@pytest.mark.usefixtures("cloud")
def test_what_is_past_its_days_goes_and_the_rest_stays(app: Connection, owner: Connection, old: datetime) -> None:
    count(app, 2, LINE.replace("10.200.0.1", "10.200.0.2"))
    removed = retain.handler({}, context())
    assert removed["dependencies"] == 1
    assert removed["assets"] == 1
    assert rows(app, "SELECT host(address) FROM assets ORDER BY address") == [("10.1.0.1",), ("10.200.0.2",)]
    assert partitions.MINUTES.name(old.date()) not in existing(owner, partitions.MINUTES)
    assert partitions.MINUTES.name(datetime.now(UTC).date()) in existing(owner, partitions.MINUTES)
    assert partitions.HOURS.name(datetime.now(UTC).date().replace(day=1)) in existing(owner, partitions.HOURS)
    assert retain.handler({}, context()) == {"partitions": 0, "archived": 0}


@pytest.mark.usefixtures("cloud", "old")
@pytest.mark.parametrize("said", ["billing", ""])
def test_an_asset_of_which_something_is_said_stays_and_one_of_which_something_was_said_goes(
    app: Connection, said: str
) -> None:
    with tenant_transaction(app, TENANT):
        (found,) = app.execute("SELECT asset_id FROM assets WHERE address = '10.200.0.1'").fetchone() or (0,)
        for version, name in enumerate(("invoices", said), start=1):
            patch = DescriptionText(version=version, attributes={}, name=name, note="", actor="ann")
            classification.describe(app, TENANT, found, patch)
    count(app, 2, LINE.replace("10.200.0.1", "10.200.0.2"))
    retain.handler({}, context())
    kept = ["10.1.0.1", "10.200.0.1", "10.200.0.2"] if said else ["10.1.0.1", "10.200.0.2"]
    assert rows(app, "SELECT host(address) FROM assets ORDER BY address") == [(address,) for address in kept]
    assert rows(app, "SELECT count(*) FROM asset_descriptions") == [(2 if said else 0,)]


@pytest.mark.usefixtures("cloud")
def test_archived_records_go_after_their_days(kept: Archive) -> None:
    today, past = datetime.now(UTC).date(), datetime.now(UTC).date() - timedelta(days=31)
    kept.put({f"{TENANT}/{today}/a": b"new", f"{TENANT}/{past}/a": b"old", "dead/new": b"", "dead/old": b""})
    os.utime(Path(kept.url.removeprefix("file://")) / "dead/old", (0, 0))
    assert retain.handler({}, context())["archived"] == 2
    assert kept.get(f"{TENANT}/{today}/a") == b"new"
    for key in (f"{TENANT}/{past}/a", "dead/old"):
        with pytest.raises(FlowLensError):
            kept.get(key)


@pytest.mark.usefixtures("cloud")
def test_collectors_are_told_what_is_decided_and_forget_what_is_gone(app: Connection) -> None:
    count(app, 1, LINE)
    model = register.flow_sources(TABLE)
    model(str(TENANT), "198.51.100.1", state="accepted").save()
    assert publish.handler({}, context()) == {"changed": 2}
    assert register.states(TABLE, TENANT) == {"192.0.2.1": "accepted"}
    with tenant_transaction(app, TENANT):
        app.execute("UPDATE flow_sources SET state = 'refused'")
    assert publish.handler({}, context()) == {"changed": 1}
    assert register.states(TABLE, TENANT) == {"192.0.2.1": "refused"}
    assert publish.handler({}, context()) == {"changed": 0}


def test_the_workflow_runs_the_tasks_of_the_manifest_in_order() -> None:
    (workflow,) = (w for w in WORKFLOWS if w.name == "operations")
    order, at = [], WORKFLOW["States"][WORKFLOW["StartAt"]]
    while at["Type"] == "Task":
        order.append(at["Resource"])
        at = WORKFLOW["States"][at["Next"]]
    assert order == [f"${{{task}}}" for task in workflow.tasks]


def test_a_task_that_fails_does_not_keep_the_others_and_fails_the_execution() -> None:
    tasks = [state for state in WORKFLOW["States"].values() if state["Type"] == "Task"]
    for state in tasks:
        assert state["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": state["Next"]}]
        assert state["Retry"][0]["MaxAttempts"] <= 5
    judge = WORKFLOW["States"]["Judge"]["Choices"]
    assert judge == [{"Variable": "$.failure", "IsPresent": True, "Next": "Failed"}]


def test_no_task_waits_for_longer_than_its_function_may_run() -> None:
    timeouts = {function.name: function.timeout for function in FUNCTIONS}
    for state in WORKFLOW["States"].values():
        if state["Type"] == "Task":
            name = state["Resource"].strip("${}")
            assert state["TimeoutSeconds"] > timeouts[f"operations.{name}"]
