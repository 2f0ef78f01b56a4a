"""What a window says is what its minutes and hours add up to, however much of it is remembered."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flowlens.access.actor import Actor
from flowlens.services import carried, operations, topology
from flowlens.services.operations import establish
from flowlens.services.steps import floor
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.store.topology import Span

from tests.store.test_observers import HOUR, NOW, count

NUMBERS = itertools.count(9000)
AT = datetime.fromtimestamp(NOW / 1000, UTC)
A, B = "192.0.2.1", "192.0.2.2"
ENDS = "10.1.0.{client}:40000 > 10.200.0.1:443 tcp"
STRAIGHT = """
SELECT coalesce(sum(CASE WHEN counts_sent THEN octets_sent ELSE 0 END
                    + CASE WHEN counts_received THEN octets_received ELSE 0 END), 0)::bigint,
       coalesce(sum(flows) FILTER (WHERE counts_flows), 0)::bigint
  FROM observed(%(tenant)s, %(start)s, %(end)s, NULL)
"""


@pytest.fixture
def tenant(owner: Connection, app: Connection) -> UUID:
    """With five hours of traffic of two sources."""
    made = UUID(int=next(NUMBERS))
    establish(owner, made, str(made))
    for hour, client in itertools.product(range(1, 6), range(1, 5)):
        sent = f"sent={-hour * HOUR - client * 400_000}"
        octets = 100 * hour + client
        count(app, made, (A, f"{ENDS.format(client=client)} octets={octets} packets={client} {sent}"))
        if client % 2:
            count(
                app, made, (B, f"{ENDS.format(client=client)} octets={octets + 7} packets={client + hour % 2} {sent}")
            )
    return made


def straight(conn: Connection, tenant: UUID, span: Span) -> tuple[int, int]:
    """Octets and flows, asked of the minutes."""
    with tenant_transaction(conn, tenant):
        found = conn.execute(STRAIGHT, {"tenant": tenant, "start": span.start, "end": span.end}).fetchone()
    assert found
    return int(found[0]), int(found[1])


def told(conn: Connection, tenant: UUID, start: datetime, end: datetime) -> tuple[int, int]:
    view = topology.View(now=AT, start=start, end=end, group="none")
    edges = topology.read(conn, Actor(tenant, "tester", frozenset()), view).shown.edges
    return int(edges.octets.sum()), int(edges.flows.sum())


def assert_windows_agree(conn: Connection, tenant: UUID) -> None:
    for minutes in range(0, 330, 35):
        end = AT - timedelta(minutes=minutes)
        for length in (timedelta(minutes=7), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4)):
            span = topology.View(now=AT, start=end - length, end=end).span()
            assert told(conn, tenant, end - length, end) == straight(conn, tenant, span), (minutes, length)


def packed(conn: Connection, tenant: UUID) -> set[datetime]:
    with tenant_transaction(conn, tenant):
        return {hour for (hour,) in conn.execute("SELECT hour FROM hour_totals")}


def test_windows_are_what_minutes_add_up_to_before_and_after_hours_are_folded(app: Connection, tenant: UUID) -> None:
    assert_windows_agree(app, tenant)
    operations.fold(app, lambda: True)
    hours = packed(app, tenant)
    assert hours
    assert max(hours) < floor(datetime.now(UTC), timedelta(hours=1)), "the hour that is not over is folded again soon"
    assert_windows_agree(app, tenant)


def test_what_comes_late_is_in_the_window_before_its_hour_is_folded_again_and_after(
    app: Connection, tenant: UUID
) -> None:
    operations.fold(app, lambda: True)
    before = told(app, tenant, AT - timedelta(hours=8), AT)
    count(app, tenant, (A, f"{ENDS.format(client=9)} octets=5000 packets=9 sent={-4 * HOUR}"))
    assert told(app, tenant, AT - timedelta(hours=8), AT)[0] == before[0] + 5000
    assert_windows_agree(app, tenant)
    operations.fold(app, lambda: True)
    assert told(app, tenant, AT - timedelta(hours=8), AT)[0] == before[0] + 5000
    assert_windows_agree(app, tenant)


def test_a_step_reads_only_what_is_new_in_it(app: Connection, tenant: UUID) -> None:
    kept = carried.Parts()
    start = floor(AT - timedelta(hours=3), timedelta(minutes=1))
    span = Span(start, start + timedelta(hours=1), "minutes")
    with tenant_transaction(app, tenant):
        (first,) = carried.read(app, tenant, span, kept)
        parts = set(kept.found)
        later = Span(start + timedelta(minutes=15), start + timedelta(minutes=75), "minutes")
        list(carried.read(app, tenant, later, kept))
        assert len(set(kept.found) - parts) == 1
        (again,) = carried.read(app, tenant, span, carried.Parts())
    assert {name: values.tolist() for name, values in first.columns.items()} == {
        name: values.tolist() for name, values in again.columns.items()
    }


def test_of_what_was_asked_for_only_so_much_is_kept(
    app: Connection, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carried, "_KEPT_OCTETS", 0)
    monkeypatch.setattr(carried, "_MANY_ROWS", 2)
    assert_windows_agree(app, tenant)


def test_totals_go_when_their_time_is_over(app: Connection, owner: Connection, tenant: UUID) -> None:
    operations.fold(app, lambda: True)
    assert packed(app, tenant)
    operations.retain(owner, AT + timedelta(days=40), minutes_days=8, hours_days=1)
    assert not packed(app, tenant)
