"""Records that could not be counted: what was wrong, and where their bytes are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
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


def belongs(conn: Connection, tenant: UUID) -> bool:
    """Whether the tenant that a header names exists."""
    (known,) = conn.execute(_SQL.belongs, {"tenant": tenant}).fetchone() or (False,)
    return bool(known)


def keep(conn: Connection, tenant: UUID, letter: DeadLetter) -> None:
    """Writes it down once, however often it comes back."""
    conn.execute(_SQL.keep, {"tenant": tenant, **asdict(letter)})


def forget(conn: Connection, tenant: UUID, names: Iterable[tuple[UUID, int, int]]) -> None:
    """Those that are counted after all: a record is never both."""
    rows = list(names)
    sources, epochs, records = ([name[at] for name in rows] for at in range(3))
    conn.execute(_SQL.forget, {"tenant": tenant, "sources": sources, "epochs": epochs, "records": records})
