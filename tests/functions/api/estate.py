"""A tiny estate in the database: what the aggregate would have written, in a few words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from flowlens.access import tokens
from flowlens.access.permissions import ALL
from flowlens.store import tokens as store
from flowlens.store.connection import Connection, tenant_transaction

from tests.postgres import TENANT

LIFETIME = timedelta(hours=1)
NOW = datetime.now(UTC).replace(microsecond=0)  # when the tests began; `now()` is for what is judged by the clock
_RUNGS = ("initiator", "flags", "service", "port_order")


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a dependency, a minute or an hour carried."""

    flows: int = 1
    octets_sent: int = 100
    octets_received: int = 1000
    packets_sent: int = 1
    packets_received: int = 2

    def values(self) -> tuple[int, ...]:
        sent, received = self.octets_sent, self.octets_received
        packets = (self.packets_sent, self.packets_received)
        return (self.flows, sent, received, *packets, sent + received, sum(packets))


LITTLE = Carried()


@dataclass(slots=True)
class Estate:
    """One tenant's estate."""

    conn: Connection
    tenant: UUID = TENANT
    assets: dict[tuple[str, int], int] = field(default_factory=dict)
    ledger: UUID = field(default_factory=uuid4)

    def _one(self, query: str, *values: object) -> int:
        with tenant_transaction(self.conn, self.tenant) as conn:
            row = conn.execute(query.encode(), values).fetchone()
        assert row is not None
        return int(row[0])

    def token(self, *permissions: str, name: str = "tester") -> str:
        token = tokens.make()
        with tenant_transaction(self.conn, self.tenant) as conn:
            store.record(conn, self.tenant, name=name, digest=tokens.digest(token), permissions=permissions)
        return token

    def administrator(self) -> str:
        return self.token(*ALL, name="administrator")

    def default_space(self) -> int:
        return self._one("SELECT address_space_id FROM address_spaces WHERE tenant_id = %s AND is_default", self.tenant)

    def space(self, name: str) -> int:
        query = "INSERT INTO address_spaces (tenant_id, name) VALUES (%s, %s) RETURNING address_space_id"
        return self._one(query, self.tenant, name)

    def asset(self, address: str, space: int | None = None, *, seen: datetime = NOW) -> int:
        space = space or self.default_space()
        known = self.assets.get((address, space))
        if known is not None:
            return known
        query = (
            "INSERT INTO assets (tenant_id, address_space_id, address, first_seen, last_seen)"
            " VALUES (%s, %s, %s, %s, %s) RETURNING asset_id"
        )
        made = self._one(query, self.tenant, space, address, seen - timedelta(days=1), seen)
        self.assets[address, space] = made
        return made

    def depends(
        self,
        arrow: str,
        port: int = 443,
        carried: Carried = LITTLE,
        *,
        protocol: int = 6,
        space: int | None = None,
        rung: str = "flags",
        first: datetime = NOW - timedelta(minutes=30),
        last: datetime = NOW - timedelta(minutes=1),
    ) -> int:
        """`10.0.0.1 > 10.0.0.2` is a client that depends on a server."""
        space = space or self.default_space()
        client, server = (self.asset(end.strip(), space) for end in arrow.split(">"))
        rungs = [carried.flows if rung == name else 0 for name in _RUNGS]
        query = (
            "INSERT INTO dependencies (tenant_id, address_space_id, client_id, server_id, protocol, port, first_seen,"
            " last_seen, during, flows, octets_sent, octets_received, packets_sent, packets_received, octets_seen,"
            " packets_seen, by_initiator, by_flags, by_service, by_port_order, first_evidence)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, tstzmultirange(tstzrange(%s, %s)),"
            " %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING dependency_id"
        )
        head = (self.tenant, space, client, server, protocol, port, first, last, first, last + LIFETIME)
        evidence = json.dumps({"exporter": "192.0.2.1", "evidence": rung})
        made = self._one(query, *head, *carried.values(), *rungs, evidence)
        self.count()
        return made

    def minute(self, dependency: int, minute: datetime, carried: Carried, *, source: int = 1) -> None:
        self._volume("conversation_minutes", "minute", dependency, minute, carried, source)

    def hour(self, dependency: int, hour: datetime, carried: Carried, *, source: int = 1) -> None:
        self._volume("conversation_hours", "hour", dependency, hour, carried, source)

    def _volume(self, table: str, step: str, dependency: int, at: datetime, carried: Carried, source: int) -> None:
        query = (
            f"INSERT INTO {table} (tenant_id, dependency_id, source_id, {step}, flows, octets_sent, octets_received,"  # noqa: S608
            " packets_sent, packets_received, octets_seen, packets_seen)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING dependency_id"
        )
        self._one(query, self.tenant, dependency, source, at, *carried.values())
        self.count()

    def stale(self, hour: datetime) -> None:
        query = "INSERT INTO stale_marks (tenant_id, hour) VALUES (%s, %s) RETURNING 1"
        self._one(query, self.tenant, hour)

    def source(self, exporter: str, *, last_seen: datetime | None = None, state: str = "accepted") -> int:
        query = (
            "INSERT INTO flow_sources (tenant_id, exporter, address_space_id, state, first_seen, last_seen, formats)"
            " VALUES (%s, %s, %s, %s, %s, %s, '{9}') RETURNING source_id"
        )
        return self._one(query, self.tenant, exporter, self.default_space(), state, last_seen, last_seen)

    def counted(self, source: int, counters: dict[str, int], *, started: datetime = NOW) -> None:
        query = (
            "INSERT INTO source_counters (tenant_id, source_id, collector, started, at, counters)"
            " VALUES (%s, %s, %s, %s, now(), %s) RETURNING 1"
        )
        self._one(query, self.tenant, source, uuid4(), started, json.dumps(counters))

    def count(self) -> None:
        """As the aggregate does with every record: the ledger moves, and what it adds is merged."""
        query = (
            "INSERT INTO ledger (tenant_id, source, epoch, seen) VALUES (%s, %s, 1, '{[1,2)}')"
            " ON CONFLICT (tenant_id, source, epoch) DO UPDATE"
            " SET updated_at = now(),"
            " seen = ledger.seen + int8multirange(int8range(upper(ledger.seen), upper(ledger.seen) + 1))"
            " RETURNING 1"
        )
        self._one(query, self.tenant, self.ledger)
        query = (
            "INSERT INTO merges (tenant_id, merged, changes) VALUES (%s, 1, 1)"
            " ON CONFLICT (tenant_id) DO UPDATE"
            " SET merged = merges.merged + 1, changes = merges.changes + 1 RETURNING 1"
        )
        self._one(query, self.tenant)
