"""A seeded estate stands in the database as if its flows had come one by one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flowlens.model.errors import Invalid
from flowlens.store.connection import Connection, tenant_transaction

from cdk.local.demo.large import LargeEstate
from cdk.local.seed import seed
from tests.postgres import TENANT

SMALL = LargeEstate(400, 3_000)


def counts(conn: Connection) -> tuple[int, ...]:
    query = (
        "SELECT (SELECT count(*) FROM assets), (SELECT count(*) FROM dependencies),"
        " (SELECT sum(flows)::bigint FROM dependencies), (SELECT sum(flows)::bigint FROM conversation_hours),"
        " (SELECT count(*) FROM deltas), (SELECT count(*) FROM stale_hours),"
        " (SELECT count(*) FROM classification_rules)"
    )
    with tenant_transaction(conn, TENANT):
        return conn.execute(query.encode()).fetchone() or ()


def test_a_seeded_estate_is_counted_merged_folded_and_classified(app: Connection) -> None:
    said = seed(app, TENANT, SMALL, hours=4, now=datetime.now(UTC))
    assets, dependencies, flows, folded, waiting, stale, rules = counts(app)
    assert (assets, dependencies) == (400, 3_000)
    assert flows == folded > 3_000, "every flow is in the totals and in an hour"
    assert (waiting, stale) == (0, 0)
    assert rules == len(SMALL.blocks())
    assert f"{flows:,} flows" in said


def test_seeding_again_adds_flows_to_the_same_estate(app: Connection) -> None:
    for _ in range(2):
        said = seed(app, TENANT, SMALL, hours=1, now=datetime.now(UTC))
    assert counts(app)[:2] == (400, 3_000)
    assert "0 new CIDR rules" in said


def test_hours_that_minutes_are_not_kept_for_are_refused(app: Connection) -> None:
    with pytest.raises(Invalid, match="1 to 72"):
        seed(app, TENANT, SMALL, hours=73, now=datetime.now(UTC))
