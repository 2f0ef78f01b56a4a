"""A sampling rate that comes after its flows: what was counted meanwhile is corrected once, whatever is killed when."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import psycopg
import pytest
from flowlens.flows.batch import Identity
from flowlens.flows.body import FlowBody
from flowlens.services import flows, merging, operations, rates
from flowlens.services.flows import Delivery
from flowlens.services.operations import establish
from flowlens.store.connection import Connection, tenant_transaction

from tests import traffic
from tests.traffic import SPOOL

NOW = int(time.time() * 1000)
LATER = datetime.now(UTC) + timedelta(minutes=10)
NUMBERS = itertools.count(9000)
EXPORTER, OTHER = "192.0.2.1", "192.0.2.2"
ASKED = "10.1.0.1:40000 > 10.200.0.1:443 tcp octets=100 packets=2"
ANSWERED = "10.200.0.1:443 > 10.1.0.1:40000 tcp octets=900 packets=3"
ELSEWHERE = "10.1.0.7:40000 > 10.200.0.1:22 tcp octets=50 packets=1"
KNOWN = "sampling_rate=100 rate_source=3"
TOTALS = """
SELECT s.port, d.octets_sent, d.octets_received, d.packets_sent, d.packets_received, d.octets_seen, d.flows
  FROM dependencies d JOIN LATERAL (SELECT d.port) s ON true ORDER BY d.port
"""
MINUTES = """
SELECT source_id - min(source_id) OVER (), sum(octets_sent), sum(octets_received), sum(packets_sent), sum(octets_seen)
  FROM conversation_minutes GROUP BY source_id ORDER BY source_id
"""
HOURS = """
SELECT sum(octets_sent), sum(octets_received), sum(packets_sent), sum(octets_seen) FROM conversation_hours
"""

Saw = tuple[str, str]  # an exporter and the line of its flow


@pytest.fixture
def tenant(owner: Connection) -> UUID:
    return made(owner)


def made(owner: Connection) -> UUID:
    tenant = UUID(int=next(NUMBERS))
    establish(owner, tenant, str(tenant))
    return tenant


def records(tenant: UUID, seen: Sequence[Saw]) -> list[Delivery]:
    found = []
    for exporter, line in seen:
        number = next(NUMBERS)
        body = FlowBody(traffic.flows(line, now=NOW), [exporter])
        found.append(Delivery(Identity(tenant, SPOOL, 1, number), body, number.to_bytes(16)))
    return found


def count(conn: Connection, tenant: UUID, *deliveries: Delivery) -> None:
    for one in deliveries:
        flows.count(conn, tenant, [one])
        merging.merge_all(conn, tenant)


def all_of(conn: Connection, tenant: UUID) -> list[list[tuple[object, ...]]]:
    """Totals, minutes and hours."""
    operations.fold(conn, lambda: True)
    with tenant_transaction(conn, tenant):
        return [conn.execute(query.encode()).fetchall() for query in (TOTALS, MINUTES, HOURS)]


def outcomes(conn: Connection, tenant: UUID) -> list[tuple[object, ...]]:
    with tenant_transaction(conn, tenant):
        query = "SELECT rate, outcome, flows FROM source_rates ORDER BY learned, rate"
        return conn.execute(query.encode()).fetchall()


UNRATED = [
    (EXPORTER, f"{ASKED} sent=-120000"),
    (EXPORTER, f"{ANSWERED} sent=-90000"),
    (EXPORTER, f"{ELSEWHERE} sent=-60000"),
]
RATED = [(EXPORTER, f"{ASKED} {KNOWN}")]
FOREIGN = [(OTHER, ELSEWHERE)]


@pytest.mark.parametrize("seed", range(4))
def test_totals_minutes_and_hours_are_as_if_the_rate_had_been_known_from_the_start(
    owner: Connection, app: Connection, seed: int
) -> None:
    """Whatever came before, after or again; whether the rate was settled before the last flows came or after."""
    random, tenant, model = Random(seed), made(owner), made(owner)
    arriving = records(tenant, [*UNRATED, *RATED, *FOREIGN])
    random.shuffle(arriving)
    middle = random.randrange(1, len(arriving))
    count(app, tenant, *arriving[:middle], *arriving[:1])
    rates.correct(app, tenant, LATER)
    count(app, tenant, *arriving[middle:], *arriving[:2])
    for _ in range(2):
        rates.correct(app, tenant, LATER)
    as_known = [(exporter, f"{line} {KNOWN}") for exporter, line in UNRATED]
    count(app, model, *records(model, [*as_known, *RATED, *FOREIGN]))
    found, expected = all_of(app, tenant), all_of(app, model)
    assert found[0] == expected[0]
    assert sorted(row[1:] for row in found[1]) == sorted(row[1:] for row in expected[1])
    assert found[2] == expected[2]
    assert outcomes(app, tenant) == [(100, "corrected", 3)]


def test_what_is_known_within_one_record_is_kept_apart_from_what_is_not(app: Connection, tenant: UUID) -> None:
    number, now = next(NUMBERS), int(time.time() * 1000)  # of now, however long the tests before it took
    both = FlowBody(traffic.flows(ASKED, f"{ASKED} {KNOWN}", now=now), [EXPORTER])
    count(app, tenant, Delivery(Identity(tenant, SPOOL, 1, number), both, number.to_bytes(16)))
    assert all_of(app, tenant)[0][0][1] == 100 + 10_000
    rates.correct(app, tenant, datetime.now(UTC) + timedelta(minutes=10))
    assert all_of(app, tenant)[0][0][1] == 10_000 + 10_000


def test_two_rates_at_about_one_time_correct_nothing_and_it_is_said(app: Connection, tenant: UUID) -> None:
    other = (EXPORTER, f"{ELSEWHERE} sampling_rate=10 rate_source=3")
    count(app, tenant, *records(tenant, [*UNRATED, *RATED, other]))
    before = all_of(app, tenant)
    rates.correct(app, tenant, LATER)
    assert all_of(app, tenant) == before
    assert {outcome for _, outcome, _ in outcomes(app, tenant)} == {"ambiguous", None}


def test_an_exporter_that_was_unsampled_for_long_began_to_sample_then(app: Connection, tenant: UUID) -> None:
    long_ago = (EXPORTER, f"{ASKED} sent=-7500000")
    count(app, tenant, *records(tenant, [long_ago, *UNRATED, *RATED]))
    before = all_of(app, tenant)
    rates.correct(app, tenant, LATER)
    assert all_of(app, tenant) == before
    assert outcomes(app, tenant) == [(100, "unsampled_before", 0)]


def test_it_is_too_early_to_say_until_a_second_rate_would_have_come(app: Connection, tenant: UUID) -> None:
    count(app, tenant, *records(tenant, [*UNRATED, *RATED]))
    assert rates.correct(app, tenant, datetime.fromtimestamp(NOW / 1000, UTC) + timedelta(minutes=4)) == {}
    assert rates.correct(app, tenant, LATER) == {"corrected": 1}
    assert rates.correct(app, tenant, LATER) == {}


class Dying:
    """A connection that is killed at the n-th statement of what is done with it."""

    def __init__(self, conn: Connection, at: int) -> None:
        self._conn, self._left = conn, at

    def __getattr__(self, name: str) -> object:
        return getattr(self._conn, name)

    def _live(self) -> None:
        self._left -= 1
        if self._left < 0:
            self._conn.pgconn.finish()  # no ROLLBACK is sent: the socket is gone, as after kill -9
            raise ConnectionError("killed")

    def execute(self, *args: object, **kwargs: object) -> object:
        self._live()
        return self._conn.execute(*args, **kwargs)  # type: ignore[call-overload]

    def cursor(self, *args: object, **kwargs: object) -> object:
        self._live()
        return self._conn.cursor(*args, **kwargs)  # type: ignore[call-overload]


def test_a_correction_that_is_killed_anywhere_is_done_once(app: Connection, tenant: UUID) -> None:
    count(app, tenant, *records(tenant, [*UNRATED, *RATED]))
    killed = 0
    while True:
        with psycopg.connect(app.info.dsn, password=app.info.password, autocommit=True) as conn:
            try:
                rates.correct(Dying(conn, killed), tenant, LATER)  # type: ignore[arg-type]
            except (ConnectionError, psycopg.OperationalError):
                killed += 1
                continue
        break
    assert killed > 10
    assert outcomes(app, tenant) == [(100, "corrected", 3)]
    assert [row[1:3] for row in all_of(app, tenant)[0]] == [(5_000, 0), (20_000, 90_000)]
