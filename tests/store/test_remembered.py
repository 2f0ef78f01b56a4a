"""What is remembered of dependencies is always what the database says, though only what changed is read again."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from flowlens.access.actor import Actor
from flowlens.flows.batch import Identity
from flowlens.flows.body import FlowBody
from flowlens.services import flows as service
from flowlens.services import merging, operations, remembered
from flowlens.services.flows import Delivery
from flowlens.services.remembered import Known
from flowlens.store import topology as store
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.store.topology import Span

from tests.postgres import TENANT
from tests.traffic import SPOOL, flows

NOW = int(time.time() * 1000)
HOUR = 3_600_000
ACTOR = Actor(TENANT, "tester", frozenset())


def count(conn: Connection, number: int, *lines: str, now: int = NOW) -> None:
    body = FlowBody(flows(*lines, now=now), ["192.0.2.1"])
    service.count(conn, TENANT, [Delivery(Identity(TENANT, SPOOL, 1, number), body, number.to_bytes(16))])
    merging.merge_all(conn, TENANT)


def known(conn: Connection) -> Known:
    with tenant_transaction(conn, TENANT):
        return remembered.everything(conn, ACTOR)[0]


def assert_true(conn: Connection) -> None:
    """What is remembered is what is read afresh."""
    found = known(conn)
    with tenant_transaction(conn, TENANT):
        rows, intervals = store.dependencies(conn, TENANT)
    for name, values in rows.columns.items():
        assert np.array_equal(found.rows[name], values), name
    order, other = (np.lexsort((i.since, i.id)) for i in (found.intervals, intervals))
    for name in ("id", "since", "until"):
        assert np.array_equal(getattr(found.intervals, name)[order], getattr(intervals, name)[other]), name
    assert np.array_equal(found.assets.id[found.edges.client], found.rows["client"])


def test_what_was_merged_since_is_read_and_the_rest_is_not(app: Connection) -> None:
    count(app, 1, "10.1.0.1:40000 > 10.2.0.1:443 tcp octets=100", "10.1.0.2:40000 > 10.2.0.1:443 tcp octets=100")
    first = known(app)
    with tenant_transaction(app, TENANT):
        before = store.state(app, TENANT)
    count(app, 2, "10.1.0.1:40000 > 10.2.0.1:443 tcp octets=7", "10.1.0.3:40000 > 10.2.0.1:443 tcp octets=9")
    with tenant_transaction(app, TENANT):
        changed = store.changes(app, TENANT, before, store.state(app, TENANT)).dependencies
    assert changed is not None
    assert len(changed) == 2
    assert first.rows["id"][1] not in changed
    assert_true(app)
    assert len(known(app).rows) == 3


def test_a_dependency_that_comes_back_has_two_intervals_and_none_between(app: Connection) -> None:
    line = "10.1.0.1:40000 > 10.2.0.1:443 tcp octets=100"
    count(app, 1, line, now=NOW - 6 * HOUR)
    known(app)
    count(app, 2, line)
    assert_true(app)
    valid = [
        bool(known(app).valid(Span(at, at))[0])
        for hours in (6, 3, 0)
        for at in [datetime.fromtimestamp(NOW / 1000, UTC) - timedelta(hours=hours)]
    ]
    assert valid == [True, False, True]


def test_a_window_is_kept_until_something_is_counted_in_it(app: Connection) -> None:
    line = "10.1.0.1:40000 > 10.2.0.1:443 tcp octets=100"
    count(app, 1, line, now=NOW - 6 * HOUR)
    start = datetime.fromtimestamp(NOW / 1000, UTC) - timedelta(hours=7)
    span = Span(start, start + timedelta(hours=2), "minutes")

    def octets() -> int:
        with tenant_transaction(app, TENANT):
            return int(remembered.of_span(app, ACTOR, span).edges.octets.sum())

    assert octets() == 100
    count(app, 2, line)
    assert octets() == 100, "what came after the window is no part of it"
    count(app, 3, line, now=NOW - 6 * HOUR)
    assert octets() == 200
    operations.fold(app, lambda: True)
    assert octets() == 200
    assert_true(app)


def test_what_is_too_much_to_keep_is_still_told_whole(app: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    count(app, 1, "10.1.0.1:40000 > 10.2.0.1:443 tcp octets=100", now=NOW - 40 * 24 * HOUR)
    count(app, 2, "10.1.0.2:40000 > 10.2.0.1:443 tcp octets=100")
    monkeypatch.setattr(remembered, "MOST", 1)
    assert len(known(app).rows) == 2
    start = datetime.fromtimestamp(NOW / 1000, UTC) - timedelta(hours=1)
    with tenant_transaction(app, TENANT):
        recent = remembered.of_span(app, ACTOR, Span(start, start + timedelta(hours=2)))
    assert len(recent.edges) == int(recent.there.sum()) == 1, "what is kept is of the last days"
    assert_true(app)


def test_what_nobody_named_is_read_all_again(app: Connection) -> None:
    count(app, 1, "10.1.0.1:40000 > 10.2.0.1:443 tcp octets=100", "10.1.0.2:40000 > 10.2.0.1:443 tcp octets=100")
    gone = int(known(app).rows["id"][0])
    with tenant_transaction(app, TENANT):
        app.execute("DELETE FROM dependencies WHERE dependency_id = %s", (gone,))
    operations.retain(app, datetime.now(UTC), minutes_days=8, hours_days=400)
    with tenant_transaction(app, TENANT):
        app.execute("UPDATE merges SET changes = changes + 1")  # a change that left no note
    assert_true(app)
    assert len(known(app).rows) == 1


@pytest.mark.parametrize("changes", [1, 3])
def test_changes_that_were_forgotten_are_not_guessed(app: Connection, changes: int) -> None:
    for number in range(1, changes + 2):
        count(app, number, f"10.1.0.{number}:40000 > 10.2.0.1:443 tcp octets=100")
        if number == 1:
            known(app)
    with tenant_transaction(app, TENANT):
        app.execute("DELETE FROM dependency_changes WHERE change = 2")
    assert_true(app)
    assert len(known(app).rows) == changes + 1
