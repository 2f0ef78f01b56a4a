"""Records that could not be counted: what was wrong, and where their bytes are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("dead_letters")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record by its name, the digest of its bytes, and the key of the copy."""

    source: UUID
    epoch: int
    record: int
    digest: bytes
    reason: str
    location: str


def keep(conn: Connection, tenant: UUID, letter: DeadLetter) -> bool:
    """Writes it down once, however often it comes back. False when the header names a tenant that does not exist."""
    (known,) = conn.execute(_SQL.belongs, {"tenant": tenant}).fetchone() or (False,)
    if known:
        conn.execute(
            _SQL.keep,
            {
                "tenant": tenant,
                "digest": letter.digest,
                "source": letter.source,
                "epoch": letter.epoch,
                "record": letter.record,
                "reason": letter.reason,
                "location": letter.location,
            },
        )
    return bool(known)


def forget(conn: Connection, tenant: UUID, names: Iterable[tuple[UUID, int, int]]) -> None:
    """Those that are counted after all: a record is never both."""
    rows = list(names)
    sources, epochs, records = ([name[at] for name in rows] for at in range(3))
    conn.execute(_SQL.forget, {"tenant": tenant, "sources": sources, "epochs": epochs, "records": records})
