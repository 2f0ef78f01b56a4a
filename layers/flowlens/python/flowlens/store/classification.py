"""CIDR rules and what people say of assets, with every earlier version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("classification")


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a rule; `until` None is the one that holds."""

    id: int
    version: int
    space: int
    network: str
    attributes: dict[str, str]
    note: str
    actor: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Description:
    """One version of what people said of an asset."""

    asset: int
    version: int
    attributes: dict[str, str]
    name: str
    note: str
    actor: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """What a person writes in a rule."""

    space: int
    network: str
    attributes: Mapping[str, str]
    note: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescriptionText:
    """What a person writes of an asset."""

    version: int
    attributes: Mapping[str, str]
    name: str
    note: str
    actor: str


@dataclass(frozen=True, slots=True)
class Change:
    """Differs after every change: how often a rule changed, and what is said of an asset."""

    rules: int = 0
    said: int = 0

    def __str__(self) -> str:
        return f"{self.rules}.{self.said}"


def change(conn: Connection, tenant: UUID) -> Change:
    with conn.cursor(row_factory=class_row(Change)) as cursor:
        return cursor.execute(_SQL.change, {"tenant": tenant}).fetchone() or Change()


def rules(conn: Connection, tenant: UUID, *, at: datetime | None = None, id: int | None = None) -> list[Rule]:
    """Those that hold, or held at an instant, in the order they were first made."""
    with conn.cursor(row_factory=class_row(Rule)) as cursor:
        return cursor.execute(_SQL.rules, {"tenant": tenant, "at": at, "id": id}).fetchall()


def count(conn: Connection, tenant: UUID) -> int:
    found = _scalar(conn, "count", {"tenant": tenant})
    return found or 0


def history(conn: Connection, tenant: UUID, rule: int) -> list[Rule]:
    """Every version, the newest first."""
    with conn.cursor(row_factory=class_row(Rule)) as cursor:
        return cursor.execute(_SQL.history, {"tenant": tenant, "id": rule}).fetchall()


def create(conn: Connection, tenant: UUID, text: RuleText) -> int | None:
    """The new rule's id; None when the network has one already. The address space must exist."""
    return _scalar(conn, "create", {"tenant": tenant, **_written(text)})


def hold_version(conn: Connection, tenant: UUID, rule: int) -> int | None:
    """The version that holds, which no one else changes until this transaction ends."""
    return _scalar(conn, "held_version", {"tenant": tenant, "id": rule})


def end(conn: Connection, tenant: UUID, rule: int) -> None:
    conn.execute(_SQL.end_rule, {"tenant": tenant, "id": rule})


def replace(conn: Connection, tenant: UUID, rule: int, version: int, text: RuleText) -> bool:
    """Writes the next version after the one before was ended; False when another rule has the network."""
    parameters = {"tenant": tenant, "id": rule, "version": version, **_written(text)}
    return _scalar(conn, "next_version", parameters) is not None


def _written(text: RuleText) -> dict[str, object]:
    return {
        "space": text.space,
        "network": text.network,
        "attributes": Jsonb(dict(text.attributes)),
        "note": text.note,
        "actor": text.actor,
    }


def descriptions(
    conn: Connection, tenant: UUID, *, at: datetime | None = None, asset: int | None = None
) -> list[Description]:
    """Those that hold, or held at an instant."""
    with conn.cursor(row_factory=class_row(Description)) as cursor:
        return cursor.execute(_SQL.descriptions, {"tenant": tenant, "at": at, "asset": asset}).fetchall()


def description_history(conn: Connection, tenant: UUID, asset: int) -> list[Description]:
    """Every version, the newest first."""
    with conn.cursor(row_factory=class_row(Description)) as cursor:
        return cursor.execute(_SQL.description_history, {"tenant": tenant, "asset": asset}).fetchall()


def hold_asset(conn: Connection, tenant: UUID, asset: int) -> bool:
    """Whether there is such an asset, of which no one else says anything until this transaction ends."""
    return _scalar(conn, "hold_asset", {"tenant": tenant, "asset": asset}) is not None


def describe(conn: Connection, tenant: UUID, asset: int, text: DescriptionText) -> None:
    """Ends the version that held, and writes the next one."""
    conn.execute(_SQL.end_description, {"tenant": tenant, "asset": asset})
    parameters = {
        "tenant": tenant,
        "asset": asset,
        "version": text.version,
        "attributes": Jsonb(dict(text.attributes)),
        "name": text.name,
        "note": text.note,
        "actor": text.actor,
    }
    conn.execute(_SQL.describe, parameters)


def _scalar(conn: Connection, query: str, parameters: Mapping[str, object]) -> int | None:
    with conn.cursor(row_factory=scalar_row) as cursor:
        found: int | None = cursor.execute(getattr(_SQL, query), parameters).fetchone()
    return found
