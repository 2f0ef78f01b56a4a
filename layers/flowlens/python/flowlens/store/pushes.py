"""Gates that clouds push through, and what was refused at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("pushes")


@dataclass(frozen=True, slots=True)
class Named:
    """A gate as it is known by its name, and the digests of the secrets that are good at it."""

    tenant: UUID
    feed: int
    gate: UUID
    digest: bytes | None
    former: bytes | None


@dataclass(frozen=True, slots=True)
class Gate:
    """A feed's gate."""

    gate: UUID
    has_secret: bool
    made_at: datetime
    heard_at: datetime | None  # when somebody was last let in
    former_until: datetime | None  # until then the secret before is good as well


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused within a day, by reason; `detail` is of the last."""

    reason: str
    times: int
    last_at: datetime
    detail: str


def named(conn: Connection, gate: UUID) -> Named | None:
    """Inside `gate_transaction`, for nobody is known yet."""
    with conn.cursor(row_factory=class_row(Named)) as cursor:
        return cursor.execute(_SQL.named, {"gate": gate}).fetchone()


def of_feed(conn: Connection, tenant: UUID, feed: int) -> Gate | None:
    with conn.cursor(row_factory=class_row(Gate)) as cursor:
        return cursor.execute(_SQL.of_feed, {"tenant": tenant, "feed": feed}).fetchone()


def open(conn: Connection, tenant: UUID, feed: int, digest: bytes | None, *, overlap: timedelta) -> None:
    """A gate where there is none. Else another secret, beside which the one before is good for `overlap`.

    Without a secret it becomes another gate, and the one before is gone.
    """
    conn.execute(_SQL.open, {"tenant": tenant, "feed": feed, "digest": digest, "overlap": overlap})


def shut(conn: Connection, tenant: UUID, feed: int) -> bool:
    """Whether there was one."""
    return conn.execute(_SQL.shut, {"tenant": tenant, "feed": feed}).rowcount == 1


def heard(conn: Connection, tenant: UUID, feed: int) -> None:
    """Somebody was let in; written down once a minute."""
    conn.execute(_SQL.heard, {"tenant": tenant, "feed": feed})


def refuse(conn: Connection, tenant: UUID, feed: int, reason: str, detail: str) -> None:
    said = detail.replace("\0", "\ufffd")[:500]
    conn.execute(_SQL.refuse, {"tenant": tenant, "feed": feed, "reason": reason, "detail": said})


def refusals(conn: Connection, tenant: UUID, feed: int) -> list[Refusal]:
    with conn.cursor(row_factory=class_row(Refusal)) as cursor:
        return cursor.execute(_SQL.refusals, {"tenant": tenant, "feed": feed}).fetchall()
