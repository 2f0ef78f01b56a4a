"""The ledger: which records of each spool are counted, kept in the transaction that counts them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from psycopg.types.multirange import Multirange

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("ledger")
Name = tuple[UUID, int, int]  # source, epoch, record


def unseen(conn: Connection, tenant: UUID, names: Sequence[Name]) -> set[Name]:
    """Those that were never counted. Until the transaction ends, nobody else can count records of these spools."""
    parameters = {"tenant": tenant} | named(names)
    conn.execute(_SQL.open, parameters)
    seen = {(source, epoch): ranges for source, epoch, ranges in conn.execute(_SQL.lock, parameters)}
    return {name for name in names if not _holds(seen[name[0], name[1]], name[2])}


def held(conn: Connection, tenant: UUID, names: Iterable[Name]) -> dict[Name, bytes]:
    """The digests of what was counted under these names, as far as they are still kept."""
    parameters = {"tenant": tenant} | named(names)
    if not parameters["records"]:
        return {}
    rows = conn.execute(_SQL.held, parameters)
    return {(source, epoch, record): digest.bytes for source, epoch, record, digest in rows}


def enter(conn: Connection, tenant: UUID, digests: Mapping[Name, bytes]) -> None:
    """Writes down that these are counted now, and what they held."""
    parameters = {"tenant": tenant} | named(digests)
    conn.execute(_SQL.enter, parameters)
    conn.execute(_SQL.hold, parameters | {"digests": [UUID(bytes=digests[name]) for name in sorted(digests)]})


def _holds(ranges: Multirange[int], record: int) -> bool:
    return any(record in part for part in ranges)


def named(names: Iterable[Name]) -> dict[str, object]:
    """The names in order, as the three arrays that queries take."""
    rows = sorted(names)
    return {"sources": [n[0] for n in rows], "epochs": [n[1] for n in rows], "records": [n[2] for n in rows]}
