"""What was given up is counted after all: batches of the failure queue, and dead letters to be retried."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flowlens.aws.archive import Archive
from flowlens.aws.shard import Shards, Span
from flowlens.flows.batch import digest
from flowlens.model.errors import Malformed, NotFound
from flowlens.services.operations import each_tenant
from flowlens.services.records import Desk
from flowlens.store import dead_letters
from flowlens.store.connection import Connection, tenant_transaction

_AT_ONCE = 20  # letters, each up to 1 MiB
_GONE = "expired"  # neither the stream nor the archive has it any more


@dataclass(frozen=True, slots=True)
class Redelivered:
    """Records of a batch that were dealt with, and whether some of them were gone."""

    records: int
    expired: bool


def redeliver(conn: Connection, archive: Archive, shards: Shards, obituary: str) -> Redelivered:
    """Deals with a batch that a mapping gave up, however often it comes; what stood beside it in its shard, too."""
    span = span_of(obituary)
    ends, records = {span.first, span.last}, 0  # both are records of the batch
    for found in shards.read(span):
        Desk(conn, archive, [data for _, data in found]).settle()
        records += len(found)
        ends -= {sequence for sequence, _ in found}
    if ends:
        _name(conn, span)
    return Redelivered(records, bool(ends))


def span_of(obituary: str) -> Span:
    """What an on-failure document names."""
    try:
        info = json.loads(obituary)["KinesisBatchInfo"]
        stream = str(info["streamArn"]).rpartition("/")[2]
        return Span(stream, str(info["shardId"]), int(info["startSequenceNumber"]), int(info["endSequenceNumber"]))
    except (ValueError, TypeError, KeyError) as error:
        raise Malformed("obituary", obituary[:200]) from error


def _name(conn: Connection, span: Span) -> None:
    """A loss has a name too. Nobody knows whose records they were: the letter goes to the first tenant."""
    where = f"{span.stream}/{span.shard}/{span.first}-{span.last}"
    letter = dead_letters.DeadLetter(None, None, None, digest(where.encode()), _GONE, where)
    for tenant in each_tenant(conn)[:1]:
        with tenant_transaction(conn, tenant):
            dead_letters.keep(conn, tenant, letter)


def retry(conn: Connection, archive: Archive, more: Callable[[], bool]) -> tuple[int, int]:
    """Tries every letter again that somebody wants tried again; says how many, and how many of them count now."""
    tried, settled = 0, 0
    for tenant in each_tenant(conn):
        while more() and (letters := _wanted(conn, tenant)):
            for letter, location in letters:
                tried += 1
                settled += _try(conn, archive, tenant, letter, location)
    return tried, settled


def _wanted(conn: Connection, tenant: UUID) -> list[tuple[bytes, str]]:
    with tenant_transaction(conn, tenant):
        return dead_letters.retrying(conn, tenant, limit=_AT_ONCE)


def _try(conn: Connection, archive: Archive, tenant: UUID, letter: bytes, location: str) -> bool:
    """Whether it counts now. If not, the Desk has written down why, and it is open again."""
    try:
        payload = archive.get(location.removeprefix(f"{archive.url}/"))
    except NotFound:
        with tenant_transaction(conn, tenant):
            dead_letters.reopen(conn, tenant, letter, reason=_GONE)
        return False
    counted = Desk(conn, archive, [payload]).settle().errors == [None]
    with tenant_transaction(conn, tenant):
        if counted:
            dead_letters.forget_copy(conn, tenant, letter)
        else:
            dead_letters.reopen(conn, tenant, letter)
    return counted
