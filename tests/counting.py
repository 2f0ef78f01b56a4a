"""Records counted and merged at once, for tests that look at what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flowlens.services import flows, merging
from flowlens.services.flows import Counted, Delivery
from flowlens.store.connection import Connection


def count(conn: Connection, tenant: UUID, deliveries: Sequence[Delivery]) -> Counted:
    counted = flows.count(conn, tenant, deliveries)
    merging.merge_all(conn, tenant)
    return counted
