"""Identity providers of a tenant, whom they know here, and sign-ins that are on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("providers")


@dataclass(frozen=True, slots=True)
class Door:
    """A provider as somebody sees it who is nobody yet."""

    id: UUID
    name: str
    tenant: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What is set of a provider; `secret` is sealed. `algorithm` is of OpenID's, `saml` of SAML's."""

    name: str
    client_id: str
    secret: bytes | None
    algorithm: str | None
    saml: Mapping[str, Any] | None
    enabled: bool
    shown: bool
    role: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider(Fields):
    """A provider as it is kept; `people` are those who are linked with it."""

    id: UUID
    kind: str
    issuer: str
    version: int
    changed_at: datetime
    people: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider knows somebody as."""

    id: UUID
    provider: UUID
    name: str  # the provider's
    known_as: str
    linked_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A browser that was sent to a provider, and what for."""

    tenant: UUID
    provider: UUID
    purpose: str
    user: UUID | None
    secret: bytes | None
    redirect: str
    state: str
    nonce: str
    verifier: str
    endpoints: Mapping[str, str]
    relay: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Begun):
    """A browser that came back."""

    begun_at: datetime
    lives: bool
    vouched: Mapping[str, Any] | None


def at_the_door(conn: Connection) -> list[Door]:
    """Inside a door_transaction."""
    with conn.cursor(row_factory=class_row(Door)) as cursor:
        return cursor.execute(_SQL.at_the_door).fetchall()


def every(conn: Connection, tenant: UUID, *, id: UUID | None = None) -> list[Provider]:
    with conn.cursor(row_factory=class_row(Provider)) as cursor:
        return cursor.execute(_SQL.every, {"tenant": tenant, "id": id}).fetchall()


def create(conn: Connection, tenant: UUID, id: UUID, what: tuple[str, str], fields: Fields) -> bool:
    """`what` is its kind and issuer. False when there is one of this name."""
    values = {"tenant": tenant, "id": id, "kind": what[0], "issuer": what[1], **_values(fields)}
    return conn.execute(_SQL.create, values).fetchone() is not None


def hold(conn: Connection, tenant: UUID, id: UUID) -> int | None:
    """Its version; nobody else changes it until the transaction ends."""
    row = conn.execute(_SQL.hold, {"tenant": tenant, "id": id}).fetchone()
    return row[0] if row else None


def name_taken(conn: Connection, tenant: UUID, id: UUID, name: str) -> bool:
    row = conn.execute(_SQL.name_taken, {"tenant": tenant, "id": id, "name": name}).fetchone()
    return bool(row and row[0])


def update(conn: Connection, tenant: UUID, id: UUID, fields: Fields) -> None:
    conn.execute(_SQL.update, {"tenant": tenant, "id": id, **_values(fields)})


def delete(conn: Connection, tenant: UUID, id: UUID) -> None:
    """With it go its identities, and the sessions that it vouched for."""
    conn.execute(_SQL.delete, {"tenant": tenant, "id": id})


def end_sessions(conn: Connection, tenant: UUID, id: UUID) -> int:
    """How many sessions it vouched for; they end."""
    return conn.execute(_SQL.end_sessions, {"tenant": tenant, "id": id}).rowcount


def known(conn: Connection, begun: Begun, *, subject: str, known_as: str) -> UUID | None:
    """Who the provider's subject is here."""
    values = {"tenant": begun.tenant, "provider": begun.provider, "subject": subject, "known_as": known_as}
    row = conn.execute(_SQL.known, values).fetchone()
    return row[0] if row else None


def link(conn: Connection, begun: Begun, user: UUID, *, subject: str, known_as: str) -> UUID | None:
    """None when the subject is somebody already."""
    values = {
        "tenant": begun.tenant, "provider": begun.provider, "subject": subject, "user": user, "known_as": known_as,
    }  # fmt: skip
    row = conn.execute(_SQL.link, values).fetchone()
    return row[0] if row else None


def of_user(conn: Connection, tenant: UUID, user: UUID) -> list[Identity]:
    with conn.cursor(row_factory=class_row(Identity)) as cursor:
        return cursor.execute(_SQL.of_user, {"tenant": tenant, "user": user}).fetchall()


def unlink(conn: Connection, tenant: UUID, user: UUID, identity: UUID) -> UUID | None:
    """Its provider; None when the identity is not theirs."""
    row = conn.execute(_SQL.unlink, {"tenant": tenant, "user": user, "id": identity}).fetchone()
    return row[0] if row else None


def begin(conn: Connection, digest: bytes, begun: Begun, *, life: timedelta) -> None:
    """Inside a transaction of the provider's tenant; forgets those that ended, too."""
    conn.execute(_SQL.sweep, {"tenant": begun.tenant})
    conn.execute(
        _SQL.begin, {"digest": digest, "life": life, **asdict(begun), "endpoints": Jsonb(dict(begun.endpoints))}
    )


def of_relay(conn: Connection, relay: bytes) -> Waiting | None:
    """Inside a secret_transaction of the digest: what was begun, of which an answer is posted."""
    with conn.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(_SQL.of_relay, {"relay": relay}).fetchone()


def vouch(conn: Connection, tenant: UUID, relay: bytes, vouched: Mapping[str, Any]) -> bool:
    """False when there is an answer already."""
    values = {"tenant": tenant, "relay": relay, "vouched": Jsonb(dict(vouched))}
    return conn.execute(_SQL.vouch, values).fetchone() is not None


def finish(conn: Connection, digest: bytes) -> Waiting | None:
    """Inside a secret_transaction of the digest: what was begun, which from now on nobody finds."""
    with conn.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(_SQL.finish, {"digest": digest}).fetchone()


def _values(fields: Fields) -> dict[str, Any]:
    return asdict(fields) | {"saml": Jsonb(dict(fields.saml)) if fields.saml is not None else None}
