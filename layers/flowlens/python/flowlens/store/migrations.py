"""Migrations: forward only, numbered without gaps, checksummed, each in one transaction, never two runners at once."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import LiteralString

from psycopg import errors

from flowlens.model.errors import Conflict
from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("migrations")
_FILE = re.compile(r"^(\d{4})_(\w+)\.sql$")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of sql/migrations."""

    version: int
    name: str
    text: LiteralString

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def available() -> tuple[Migration, ...]:
    """The migrations that this version of FlowLens brings, in order."""
    folder = files("flowlens.store") / "sql" / "migrations"
    found = []
    for file in folder.iterdir():
        if match := _FILE.match(file.name):
            text = file.read_text("utf-8")
            found.append(Migration(int(match[1]), match[2], text))
    return tuple(sorted(found, key=lambda m: m.version))


def create_log(conn: Connection) -> None:
    """The table that says what was applied; two runners may come here at once."""
    try:
        conn.execute(_SQL.create)
    except (errors.UniqueViolation, errors.DuplicateTable, errors.DuplicateObject):
        conn.execute(_SQL.create)  # the other runner has made it: now it exists


def apply(conn: Connection, migration: Migration) -> bool:
    """Applies it inside the caller's transaction unless it is; Conflict when what was applied had another text."""
    conn.execute(_SQL.lock)
    applied = {int(version): str(checksum) for version, checksum in conn.execute(_SQL.applied)}
    if migration.version in applied:
        if applied[migration.version] != migration.checksum:
            raise Conflict(f"migration {migration.version:04} was changed after it was applied")
        return False
    if migration.version != len(applied) + 1:
        raise Conflict(f"migration {migration.version:04} comes after {len(applied)} applied ones")
    conn.execute(migration.text)
    parameters = {"version": migration.version, "name": migration.name, "checksum": migration.checksum}
    conn.execute(_SQL.record, parameters)
    return True
