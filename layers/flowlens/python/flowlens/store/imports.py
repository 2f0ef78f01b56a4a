"""Imports: files in parts until they are applied, and what each wrote, all of its rows in a few statements."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("imports")
_UNAPPLIED = timedelta(days=1)  # for which the parts of a file are kept


@dataclass(frozen=True, slots=True)
class Import:
    """A file that somebody imports, or a selection that somebody changed at once."""

    id: int
    kind: str
    name: str
    state: str  # uploading, applied, undone
    actor: str
    changed: int
    kept: int
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDescription:
    """The next version of what is said of an asset."""

    asset: int
    version: int
    attributes: Mapping[str, str]
    name: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """The next version of a rule; `rule` None is a new one."""

    rule: int | None
    version: int
    space: int
    network: str
    attributes: Mapping[str, str]
    note: str


@dataclass(frozen=True, slots=True)
class Since:
    """How many of an import's subjects were changed since, and some of them."""

    count: int
    examples: list[str]


def create(conn: Connection, tenant: UUID, *, kind: str, name: str, actor: str) -> int:
    conn.execute(_SQL.forget_parts, {"tenant": tenant, "kept": _UNAPPLIED})
    with conn.cursor(row_factory=scalar_row) as cursor:
        found = cursor.execute(_SQL.create, {"tenant": tenant, "kind": kind, "name": name, "actor": actor}).fetchone()
    return int(found or 0)


def every(conn: Connection, tenant: UUID, *, id: int | None = None) -> list[Import]:
    """The last hundred, the newest first; or the one of an id."""
    with conn.cursor(row_factory=class_row(Import)) as cursor:
        return cursor.execute(_SQL.every, {"tenant": tenant, "id": id}).fetchall()


def hold(conn: Connection, tenant: UUID, id: int) -> str | None:
    """Its state, which no one else changes until the transaction ends; None when there is no such import."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        found: str | None = cursor.execute(_SQL.hold, {"tenant": tenant, "id": id}).fetchone()
    return found


def put_part(conn: Connection, tenant: UUID, id: int, part: int, content: bytes) -> int:
    """Writes the part, or writes it again; says how many octets all parts have."""
    conn.execute(_SQL.put_part, {"tenant": tenant, "id": id, "part": part, "content": content})
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(_SQL.sizes, {"tenant": tenant, "id": id}).fetchone() or 0)


def parts(conn: Connection, tenant: UUID, id: int) -> dict[int, bytes]:
    """In their order."""
    return dict(conn.cursor(binary=True).execute(_SQL.parts, {"tenant": tenant, "id": id}).fetchall())


def applied(conn: Connection, tenant: UUID, id: int, changed: int) -> None:
    """The parts are needed no more."""
    conn.execute(_SQL.applied, {"tenant": tenant, "id": id, "changed": changed})
    conn.execute(_SQL.drop_parts, {"tenant": tenant, "id": id})


def undone(conn: Connection, tenant: UUID, id: int, kept: int) -> None:
    conn.execute(_SQL.undone, {"tenant": tenant, "id": id, "kept": kept})


def assets_at(conn: Connection, tenant: UUID, places: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """The assets at these (address space, address)."""
    parameters = {"tenant": tenant, "spaces": [s for s, _ in places], "addresses": [a for _, a in places]}
    return {(space, address): asset for asset, space, address in conn.execute(_SQL.assets_at, parameters)}


def hold_assets(conn: Connection, tenant: UUID, assets: Sequence[int]) -> int:
    """How many of them there are; nobody else says anything of them until the transaction ends."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(_SQL.hold_assets, {"tenant": tenant, "assets": list(assets)}).fetchone() or 0)


def describe(conn: Connection, tenant: UUID, id: int, actor: str, new: Sequence[NewDescription]) -> None:
    """Ends the versions that held, and writes the next ones."""
    assets = [one.asset for one in new]
    conn.execute(_SQL.end_descriptions, {"tenant": tenant, "assets": assets})
    parameters = {
        "tenant": tenant,
        "id": id,
        "actor": actor,
        "assets": assets,
        "versions": [one.version for one in new],
        "attributes": [json.dumps(dict(one.attributes)) for one in new],
        "names": [one.name for one in new],
        "notes": [one.note for one in new],
    }
    conn.execute(_SQL.describe, parameters)


def write_rules(conn: Connection, tenant: UUID, id: int, actor: str, new: Sequence[NewRule]) -> None:
    """Ends the versions that held, writes the next ones, and makes those that are new."""
    changed, made = [one for one in new if one.rule is not None], [one for one in new if one.rule is None]
    told = {"tenant": tenant, "id": id, "actor": actor}
    if changed:
        rules = [one.rule for one in changed]
        conn.execute(_SQL.end_rules, {"tenant": tenant, "rules": rules})
        versions = [one.version for one in changed]
        conn.execute(_SQL.change_rules, told | _columns(changed) | {"rules": rules, "versions": versions})
    if made:
        conn.execute(_SQL.create_rules, told | _columns(made))


def _columns(rules: Sequence[NewRule]) -> dict[str, object]:
    return {
        "spaces": [one.space for one in rules],
        "networks": [one.network for one in rules],
        "attributes": [json.dumps(dict(one.attributes)) for one in rules],
        "notes": [one.note for one in rules],
    }


def changed_since(conn: Connection, tenant: UUID, id: int, kind: str) -> Since:
    query = _SQL.descriptions_changed_since if kind == "assets" else _SQL.rules_changed_since
    found = conn.execute(query, {"tenant": tenant, "id": id}).fetchall()
    return Since(int(found[0][0]) if found else 0, [str(subject) for _, subject in found])


def undo(conn: Connection, tenant: UUID, id: int, kind: str, actor: str) -> None:
    """What it wrote and still holds says again what was said before."""
    query = _SQL.undo_descriptions if kind == "assets" else _SQL.undo_rules
    conn.execute(query, {"tenant": tenant, "id": id, "actor": actor})
