"""Records that could not be counted and logs that could not be read: what was wrong, and where their bytes are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("dead_letters")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record by its name, the digest of its bytes, and the key of the copy."""

    source: UUID | None
    epoch: int | None
    record: int | None
    digest: bytes
    reason: str
    location: str


@dataclass(frozen=True, slots=True)
class Group:
    """All of one kind, reason and state, and when the first and the last of them failed."""

    kind: str
    reason: str
    state: str
    letters: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class LogLetter:
    """A log by the digest of the message that told of it; the message is told again when a person wants it."""

    digest: bytes
    kind: str
    name: str
    reason: str
    detail: str
    location: str
    message: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A dead letter as people see it; logs have a name, records of the stream have an identity."""

    id: int
    kind: str
    name: str
    source: UUID | None
    epoch: int | None
    record: int | None
    reason: str
    detail: str
    location: str
    at: datetime
    state: str
    version: int


def keep_log(conn: Connection, tenant: UUID, letter: LogLetter) -> None:
    """Writes it down once, however often it comes back; what was ignored stays so. A hundred thousand at most."""
    conn.execute(_SQL.keep_log, {"tenant": tenant, **asdict(letter)})


def forget_log(conn: Connection, tenant: UUID, digest: bytes) -> None:
    """One that was read after all."""
    conn.execute(_SQL.forget_log, {"tenant": tenant, "digest": digest})


def is_retried(conn: Connection, tenant: UUID, digest: bytes) -> bool:
    """Whether a person wants this log tried again."""
    (wanted,) = conn.execute(_SQL.is_retried, {"tenant": tenant, "digest": digest}).fetchone() or (False,)
    return bool(wanted)


def page(
    conn: Connection, tenant: UUID, *, limit: int, state: str | None = None, before: int | None = None
) -> list[Listed]:
    """The newest first."""
    parameters = {"tenant": tenant, "id": None, "state": state, "before": before, "limit": limit}
    with conn.cursor(row_factory=class_row(Listed)) as cursor:
        return cursor.execute(_SQL.page, parameters).fetchall()


def one(conn: Connection, tenant: UUID, letter: int) -> Listed | None:
    parameters = {"tenant": tenant, "id": letter, "state": None, "before": None, "limit": 1}
    with conn.cursor(row_factory=class_row(Listed)) as cursor:
        return cursor.execute(_SQL.page, parameters).fetchone()


def held(conn: Connection, tenant: UUID, letter: int) -> tuple[int, str, str] | None:
    """Version, kind and message, which no one else changes until this transaction ends."""
    found: tuple[int, str, str] | None = conn.execute(_SQL.held, {"tenant": tenant, "id": letter}).fetchone()
    return found


def decide(conn: Connection, tenant: UUID, letter: int, state: str) -> None:
    conn.execute(_SQL.decide, {"tenant": tenant, "id": letter, "state": state})


def belongs(conn: Connection, tenant: UUID) -> bool:
    """Whether the tenant that a header names exists."""
    (known,) = conn.execute(_SQL.belongs, {"tenant": tenant}).fetchone() or (False,)
    return bool(known)


def keep(conn: Connection, tenant: UUID, letter: DeadLetter) -> None:
    """Writes it down once, however often it comes back. What was ignored stays so."""
    conn.execute(_SQL.keep, {"tenant": tenant, **asdict(letter)})


def forget(conn: Connection, tenant: UUID, names: Iterable[tuple[UUID, int, int]]) -> None:
    """Those that are counted after all: a record is never both."""
    rows = list(names)
    sources, epochs, records = ([name[at] for name in rows] for at in range(3))
    conn.execute(_SQL.forget, {"tenant": tenant, "sources": sources, "epochs": epochs, "records": records})


def groups(conn: Connection, tenant: UUID) -> list[Group]:
    """By kind, reason and state, the newest first."""
    with conn.cursor(row_factory=class_row(Group)) as cursor:
        return cursor.execute(_SQL.groups, {"tenant": tenant}).fetchall()


def decide_all(conn: Connection, tenant: UUID, kind: str, reason: str | None, state: str) -> int:
    """Those of a kind, and of one reason if one is named; what was ignored stays so. Says how many."""
    parameters = {"tenant": tenant, "kind": kind, "reason": reason, "state": state}
    return conn.execute(_SQL.decide_all, parameters).rowcount


def retrying(conn: Connection, tenant: UUID, *, limit: int) -> list[tuple[bytes, str]]:
    """Digest and place of records that somebody wants tried again, the oldest first."""
    rows = conn.execute(_SQL.retrying, {"tenant": tenant, "limit": limit})
    return [(bytes(digest), location) for digest, location in rows]


def forget_copy(conn: Connection, tenant: UUID, digest: bytes) -> None:
    """One whose bytes are dealt with."""
    conn.execute(_SQL.forget_copy, {"tenant": tenant, "digest": digest})


def reopen(conn: Connection, tenant: UUID, digest: bytes, *, reason: str | None = None) -> None:
    """Another try came to nothing, unless that is written down already."""
    conn.execute(_SQL.reopen, {"tenant": tenant, "digest": digest, "reason": reason})
