"""Migrations: what one run leaves, another finds done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flowlens.model.errors import Conflict
from flowlens.services.migrations import migrate
from flowlens.store import migrations
from flowlens.store.connection import Connection, connect

from tests.postgres import OWNER, Server


def test_migrations_are_numbered_from_one_without_gaps() -> None:
    assert [m.version for m in migrations.available()] == list(range(1, len(migrations.available()) + 1))


def test_each_migration_opens_with_a_sentence() -> None:
    for migration in migrations.available():
        first = migration.text.splitlines()[0]
        assert first.startswith("-- ")
        assert first.endswith(".")


def test_a_second_run_applies_nothing(owner: Connection) -> None:
    assert migrate(owner) == 0


def test_two_runners_at_once_apply_each_migration_once(postgres: Server) -> None:
    secret = postgres.secret(OWNER, postgres.empty())

    def run(_: int) -> int:
        with connect(secret) as conn:
            return migrate(conn)

    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(run, range(4)))
    assert sum(applied) == len(migrations.available())


def test_a_migration_that_was_edited_after_it_was_applied_is_refused(owner: Connection) -> None:
    edited = migrations.Migration(1, "house", "-- Another text.")
    with pytest.raises(Conflict, match="0001 was changed"), owner.transaction():
        migrations.apply(owner, edited)


def test_a_migration_that_skips_a_number_is_refused(owner: Connection) -> None:
    beyond = migrations.Migration(len(migrations.available()) + 2, "beyond", "SELECT 1")
    with pytest.raises(Conflict, match="comes after"), owner.transaction():
        migrations.apply(owner, beyond)


def test_a_migration_that_fails_leaves_no_trace(owner: Connection) -> None:
    broken = migrations.Migration(len(migrations.available()) + 1, "broken", "CREATE TABLE half (); SELECT 1 / 0")
    with pytest.raises(Exception, match="division by zero"), owner.transaction():
        migrations.apply(owner, broken)
    assert owner.execute("SELECT to_regclass('half')").fetchone() == (None,)
