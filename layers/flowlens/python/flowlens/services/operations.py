"""What keeps the store in shape: partitions ahead of time, folding, retention, telling the collectors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flowlens.aws.archive import Archive
from flowlens.services import members, merging, rates
from flowlens.store import deltas, flow_sources, hours, partitions, retention, tenants
from flowlens.store.connection import Connection, listing_transaction, tenant_transaction
from flowlens.tables import flow_sources as register


def establish(conn: Connection, tenant: UUID, name: str) -> None:
    """The tenant with its default address space and the roles of the house; what is there already stays."""
    with tenant_transaction(conn, tenant):
        tenants.create(conn, tenant, name)
        members.seed(conn, tenant)


def prepare(conn: Connection, now: datetime) -> int:
    """Makes the partitions that the coming days will need; says how many."""
    with conn.transaction():
        return sum(partitions.ensure(conn, kind, now.date()) for kind in (partitions.MINUTES, partitions.HOURS))


def merge(conn: Connection, more: Callable[[], bool]) -> int:
    """Merges what waits, for streams on which nothing came since; says how many deltas were merged."""
    return sum(merging.merge_all(conn, tenant, more).deltas for tenant in each_tenant(conn))


def fold(conn: Connection, more: Callable[[], bool]) -> tuple[int, int]:
    """Corrects for late rates, then folds stale hours while there is time for `more`; says how many, and left.

    Each has a transaction of its own.
    """
    for tenant in each_tenant(conn):
        rates.correct(conn, tenant, datetime.now(UTC))
    todo = [(tenant, hour) for tenant in each_tenant(conn) for hour in _stale(conn, tenant)]
    done = 0
    for tenant, hour in todo:
        if not more():
            break
        with tenant_transaction(conn, tenant):
            deltas.await_turn(conn, tenant)
            corrected = hours.fold(conn, tenant, hour)
            if len(corrected):
                deltas.say_changed(conn, tenant, deltas.Touched(corrected, [hour]))
        done += 1
    return done, len(todo) - done


def each_tenant(conn: Connection) -> list[UUID]:
    with listing_transaction(conn):
        return tenants.every(conn)


def _stale(conn: Connection, tenant: UUID) -> list[datetime]:
    with tenant_transaction(conn, tenant):
        return hours.stale(conn, tenant)


def retain(conn: Connection, now: datetime, *, minutes_days: int, hours_days: int) -> dict[str, int]:
    """Drops partitions past their days. With the first of a day go rows that were not touched for `hours_days`."""
    dropped = 0
    for kind, days in ((partitions.MINUTES, minutes_days), (partitions.HOURS, hours_days)):
        with conn.transaction():
            retention.wait_briefly(conn)
            dropped += len(partitions.drop_before(conn, kind, now.date() - timedelta(days=days)))
    removed = {"partitions": dropped}
    for tenant in each_tenant(conn) if dropped else ():
        with tenant_transaction(conn, tenant):
            removed["counted_digests"] = removed.get("counted_digests", 0) + retention.forget_digests(conn, tenant, now)
            for table, rows in retention.remove(conn, tenant, now - timedelta(days=hours_days)).items():
                removed[table] = removed.get(table, 0) + rows
            deltas.say_changed(conn, tenant, deltas.Touched())
    return removed


def expire(archive: Archive, now: datetime, *, days: int) -> int:
    """Removes what the archive keeps for longer than its days."""
    return archive.expire(now.date() - timedelta(days=days))


def publish(conn: Connection, table: str) -> int:
    """Makes the collectors' table say what the database says; says how many entries differed.

    The table is read first: a decision that is made meanwhile is then either in both or in the database only.
    """
    changed = 0
    for tenant in each_tenant(conn):
        told = register.states(table, tenant)
        with tenant_transaction(conn, tenant):
            decided = flow_sources.states(conn, tenant)
        changed += register.correct(table, tenant, told, decided)
    return changed
