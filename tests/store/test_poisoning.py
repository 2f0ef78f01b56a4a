"""Counters, sums and times that lie: they spoil nobody else's totals, and their own stay numbers."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import numpy as np
import pytest
from flowlens.flows.batch import Identity
from flowlens.flows.body import FlowBody
from flowlens.flows.columns import Columns, join
from flowlens.services import flows, merging, operations
from flowlens.services.flows import Delivery
from flowlens.services.operations import establish
from flowlens.store.connection import Connection, tenant_transaction

from tests import traffic
from tests.traffic import SPOOL

NOW = int(time.time() * 1000)
NUMBERS = itertools.count(25_000)
HONEST, HOSTILE = "192.0.2.1", "192.0.2.66"
TRUE = (
    "10.1.0.1:40000 > 10.200.0.1:443 tcp octets=100 packets=2",
    "10.200.0.1:443 > 10.1.0.1:40000 tcp octets=900 packets=3",
    "10.1.0.7:40000 > 10.200.0.1:22 tcp octets=50 packets=1 sent=-120000",
)
WORST = (0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
TIMES = (0, 1, -1, -(2**63), 2**63 - 1, 4_294_967_295, 4_294_967_295_000, NOW - 49 * 86_400_000, NOW + 366 * 86_400_000)
COUNTED = """
SELECT m.minute, d.port, m.flows, m.octets_sent, m.octets_received, m.packets_sent, m.packets_received, m.octets_seen
  FROM conversation_minutes m JOIN dependencies d USING (dependency_id) JOIN flow_sources f USING (source_id)
 WHERE f.exporter = %s AND d.port IN (22, 443) ORDER BY 1, 2, 4, 5
"""
BOUNDS = """
SELECT least(min(octets_sent), min(octets_received), min(packets_sent), min(packets_received), min(octets_seen),
             min(flows)),
       greatest(max(octets_sent), max(octets_received), max(packets_sent), max(packets_received), max(octets_seen))
  FROM {table}
"""
PARTITIONS = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'conversation_minutes'::regclass"


def poison(random: Random, rows: int) -> Columns:
    """Flows of the same conversations with the worst of numbers."""
    lines = [random.choice(TRUE).split(" octets")[0] for _ in range(rows)]
    made = traffic.flows(*lines, now=NOW)
    for name in ("octets", "packets"):
        made.values[name] = np.array([random.choice(WORST) for _ in range(rows)], np.uint64)
    for name in ("start", "end"):
        made.values[name] = np.array([random.choice(TIMES) for _ in range(rows)], np.int64)
    made.values["sampling_rate"] = np.array([random.choice((0, 1, 1000, 2**32 - 1)) for _ in range(rows)], np.uint32)
    made.values["rate_source"] = np.array([random.choice((0, 3)) for _ in range(rows)], np.uint8)
    return made


def counted(owner: Connection, app: Connection, hostile: Columns | None, *, together: bool) -> list[tuple[object, ...]]:
    """What the honest exporter comes to, beside the hostile one: in one record with it, or each in its own."""
    tenant = UUID(int=next(NUMBERS))
    establish(owner, tenant, str(tenant))
    true = traffic.flows(*TRUE, now=NOW)
    bodies = [FlowBody(true, [HONEST])]
    if hostile is not None and together:
        hostile.values["exporter"] = np.ones(hostile.rows, np.uint16)
        true.values["exporter"] = np.zeros(true.rows, np.uint16)
        bodies = [FlowBody(join([true, hostile]), [HONEST, HOSTILE])]
    elif hostile is not None:
        bodies.append(FlowBody(hostile, [HOSTILE]))
    for body in bodies:
        number = next(NUMBERS)
        flows.count(app, tenant, [Delivery(Identity(tenant, SPOOL, 1, number), body, number.to_bytes(16))])
        merging.merge_all(app, tenant)
    operations.fold(app, lambda: True)
    with tenant_transaction(app, tenant):
        for table in ("dependencies", "conversation_minutes", "conversation_hours"):
            least, most = app.execute(BOUNDS.format(table=table).encode()).fetchone() or (0, 0)
            assert 0 <= int(least) <= int(most) <= 2**62 - 1, table
        (last,) = app.execute(b"SELECT max(last_seen) FROM dependencies").fetchone() or (None,)
        assert last < datetime.now(UTC) + timedelta(hours=1), "nobody's clock is believed about the future"
        return app.execute(COUNTED.encode(), (HONEST,)).fetchall()


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_no_flow_of_one_exporter_changes_what_another_counted(
    owner: Connection, app: Connection, seed: int, *, together: bool
) -> None:
    (partitions,) = app.execute(PARTITIONS.encode()).fetchone() or (0,)
    alone = counted(owner, app, None, together=False)
    assert alone == counted(owner, app, poison(Random(seed), 200), together=together)
    assert app.execute(PARTITIONS.encode()).fetchone() == (partitions,), "the wire makes no partition"
