"""A Postgres of the test session's own: thrown away at its end, one migrated database per test that asks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from flowlens.services.migrations import migrate
from flowlens.services.operations import establish, prepare
from flowlens.store.connection import Connection, connect
from flowlens.store.roles import set_password

from cdk.local.postgres import OWNER as OWNER
from cdk.local.postgres import SUPERUSER, Postgres

APP = "flowlens_app"
Secret = dict[str, str | int]
TENANT = UUID("00000000-0000-7000-8000-000000000001")
OTHER = UUID("00000000-0000-7000-8000-000000000002")
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `template` is a migrated database that others are copied from."""

    postgres: Postgres
    template: str = "flowlens_template"

    def secret(self, user: str, database: str) -> Secret:
        address: Secret = {"host": "127.0.0.1", "port": self.postgres.port, "dbname": database}
        return address | {"username": user, "password": self.postgres.password}

    def admin(self, database: str = "postgres") -> Connection:
        """A superuser, whom row security does not bind."""
        return connect(self.secret(SUPERUSER, database))

    def empty(self) -> str:
        """The name of a new database that nobody migrated."""
        return self._create("template0")

    def migrated(self) -> str:
        """The name of a new database with the schema, partitions, the default tenant and another one."""
        return self._create(self.template)

    def _create(self, template: str) -> str:
        name = f"flowlens_{next(_NUMBERS)}"
        with self.admin() as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
        return name


@contextmanager
def running(*, durable: bool = False) -> Generator[Server]:
    """A server on a free port, in a directory of its own, with a migrated template."""
    home = Path(tempfile.mkdtemp(prefix="flowlens-pg-"))
    postgres = Postgres(home / "data", durable=durable)
    postgres.start()
    try:
        server = Server(postgres)
        _prepare(server)
        yield server
    finally:
        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)


def _prepare(server: Server) -> None:
    with server.admin() as conn:
        conn.execute(f"CREATE DATABASE {server.template} OWNER {OWNER} TEMPLATE template0")
    with connect(server.secret(OWNER, server.template)) as conn:
        migrate(conn)
        set_password(conn, APP, server.postgres.password)
        for tenant, name in ((TENANT, "Default"), (OTHER, "Other")):
            establish(conn, tenant, name)
        prepare(conn, datetime.now(UTC))


@pytest.fixture(scope="session")
def postgres() -> Generator[Server]:
    """One server for the whole session."""
    with running() as server:
        yield server


@pytest.fixture
def owner(postgres: Server) -> Generator[Connection]:
    """The owner's connection to a fresh, migrated database."""
    with connect(postgres.secret(OWNER, postgres.migrated())) as conn:
        yield conn


@pytest.fixture
def app(owner: Connection, postgres: Server) -> Generator[Connection]:
    """The application role's connection to the same database as `owner`."""
    with connect(postgres.secret(APP, owner.info.dbname)) as conn:
        yield conn
