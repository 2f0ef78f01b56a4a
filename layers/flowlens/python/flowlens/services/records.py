"""Stream records as they come: decoded, archived, counted; those that cannot be are set aside with their bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

import numpy as np
import orjson
import psycopg

from flowlens.aws import parquet
from flowlens.aws.archive import Archive
from flowlens.flows import batch, body, report, sightings
from flowlens.flows.batch import Identity
from flowlens.flows.columns import BY_NAME
from flowlens.flows.report import Report
from flowlens.flows.sightings import Sighting
from flowlens.model.errors import FlowLensError, Malformed
from flowlens.services import flows, sources_ingest
from flowlens.services import sightings as sightings_service
from flowlens.services.flows import Counted, Delivery
from flowlens.store import dead_letters, ledger
from flowlens.store.connection import Connection, tenant_transaction

# What a record's own content can cause. Anything else is the state of the database: the caller tries again.
_CONTENT = (psycopg.DataError, psycopg.IntegrityError, Malformed)


_READ: Mapping[int, Callable[[bytes], body.FlowBody | Report | list[Sighting]]] = {
    batch.FLOWS: body.decode,
    batch.REPORT: report.decode,
    batch.SIGHTINGS: sightings.decode,
}


class Uncounted(FlowLensError):
    """A record that was set aside; its bytes are kept in the archive."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Per record, what was wrong with it (None: it counts); and what was counted."""

    errors: list[Uncounted | None]
    counted: list[Counted] = field(default_factory=list)
    tenants: set[UUID] = field(default_factory=set)  # whose records came

    def total(self, name: str) -> int:
        return sum(getattr(counted, name) for counted in self.counted)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A decoded record and where it stood among the payloads."""

    position: int
    identity: Identity
    content: body.FlowBody | Report | list[Sighting]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Desk:
    """Settles payloads: after `settle`, each is counted, or set aside and named as failed."""

    conn: Connection
    archive: Archive
    payloads: Sequence[bytes]

    def settle(self) -> Settled:
        """Raises when the database or the archive is out of reach: then nothing is lost by trying again."""
        settled = Settled([None] * len(self.payloads))
        opened = [found for position in range(len(self.payloads)) if (found := self._open(settled, position))]
        opened.sort(key=lambda found: found.identity.tenant)
        for tenant, together in groupby(opened, key=lambda found: found.identity.tenant):
            self._settle_tenant(settled, tenant, list(together))
            settled.tenants.add(tenant)
        return settled

    def _open(self, settled: Settled, position: int) -> _Opened | None:
        try:
            record = batch.unpack(self.payloads[position])
            return _Opened(position, record.identity, _READ[record.kind](record.body), record.digest)
        except Malformed as error:
            self._set_aside(settled, position, error.reason)
            return None

    def _settle_tenant(self, settled: Settled, tenant: UUID, opened: Sequence[_Opened]) -> None:
        deliveries = {
            found.position: Delivery(found.identity, found.content, found.digest)
            for found in opened
            if isinstance(found.content, body.FlowBody)
        }
        self.archive.put({key(d): as_parquet(d) for d in deliveries.values() if d.body.columns.rows})
        if deliveries:
            self._count(settled, tenant, deliveries)
        for found in opened:
            if not isinstance(found.content, body.FlowBody):
                self._take_in(settled, found, found.content)

    def _count(self, settled: Settled, tenant: UUID, deliveries: dict[int, Delivery]) -> None:
        """All in one transaction; where one record's content spoils it, halves find which."""
        try:
            settled.counted.append(flows.count(self.conn, tenant, list(deliveries.values())))
        except _CONTENT as error:
            positions = list(deliveries)
            if len(positions) == 1:
                self._set_aside(settled, positions[0], _reason(error))
                return
            for half in (positions[: len(positions) // 2], positions[len(positions) // 2 :]):
                self._count(settled, tenant, {position: deliveries[position] for position in half})

    def _take_in(self, settled: Settled, found: _Opened, told: Report | list[Sighting]) -> None:
        try:
            if isinstance(told, Report):
                sources_ingest.count(self.conn, found.identity, told, digest=found.digest)
            else:
                sightings_service.take_in(self.conn, found.identity.tenant, told)
        except _CONTENT as error:
            self._set_aside(settled, found.position, _reason(error))

    def _set_aside(self, settled: Settled, position: int, reason: str) -> None:
        """First the bytes, then the note that says where they are."""
        payload = self.payloads[position]
        digest = batch.digest(payload)
        location = f"dead/{digest.hex()}"
        self.archive.put({location: payload})
        identity = batch.identity_of(payload)
        if identity:
            letter = dead_letters.DeadLetter(
                identity.source, identity.epoch, identity.record, digest, reason, f"{self.archive.url}/{location}"
            )
            keep(self.conn, identity.tenant, (identity.source, identity.epoch, identity.record), letter)
        settled.errors[position] = Uncounted(f"{reason}: kept at {self.archive.url}/{location}")


def keep(conn: Connection, tenant: UUID, name: ledger.Name, letter: dead_letters.DeadLetter) -> None:
    """The note of it. A copy that is damaged of what was counted is not missing: it conflicts."""
    with tenant_transaction(conn, tenant):
        if not dead_letters.belongs(conn, tenant):
            return
        if not ledger.unseen(conn, tenant, [name]):
            letter = replace(letter, reason=flows.CONFLICT)
        dead_letters.keep(conn, tenant, letter)


def _reason(error: psycopg.Error | Malformed) -> str:
    return error.reason if isinstance(error, Malformed) else f"database_{error.sqlstate}"


def key(delivery: Delivery) -> str:
    """The same for each delivery of a record, so that another one overwrites the file with itself and nothing else."""
    identity = delivery.identity
    received = int(np.clip(delivery.body.columns["received"][0].astype(np.int64), 0, 2**42))
    day = datetime.fromtimestamp(received / 1000, UTC).date()
    name = f"{identity.record}-{delivery.digest.hex()[:8]}"
    return f"{identity.tenant}/{day}/{identity.source}/{identity.epoch}/{name}.parquet"


def as_parquet(delivery: Delivery) -> bytes:
    """All columns that the record has, with the exporters' addresses in the metadata."""
    columns = delivery.body.columns
    named = {name: columns[name] for name in BY_NAME if name in columns.values}
    return parquet.encode(named, {"exporters": orjson.dumps(delivery.body.exporters).decode()})
