"""Bringing a database to the version of this package."""

from __future__ import annotations

from flowlens.store import migrations
from flowlens.store.connection import Connection


def migrate(conn: Connection) -> int:
    """Applies what is missing, each migration in its own transaction; says how many."""
    migrations.create_log(conn)
    count = 0
    for migration in migrations.available():
        with conn.transaction():
            count += migrations.apply(conn, migration)
    return count
