"""The embedded Postgres starts anywhere, keeps its data, wants the password, and leaves with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cdk.local.postgres import DATABASE, OWNER, SUPERUSER, Postgres, PostgresUnavailable, binaries


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    postgres = Postgres(tmp_path / "pg", durable=False)
    postgres.start()
    yield postgres
    postgres.stop()


def _alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]


def _wait_gone(pid: int) -> None:
    for _ in range(400):
        if not _alive(pid):
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} is still there")


def test_the_owner_has_a_database_and_is_no_superuser(server: Postgres) -> None:
    with psycopg.connect(server.dsn()) as conn:
        row = conn.execute(
            "SELECT current_user, current_database(), usesuper FROM pg_user WHERE usename = current_user"
        )
        assert row.fetchone() == (OWNER, DATABASE, False)


@pytest.mark.parametrize("user", [SUPERUSER, OWNER])
def test_nobody_logs_in_without_the_password(server: Postgres, user: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.dsn(user=user, password="guess"))  # noqa: S106


def test_only_the_owner_of_the_home_reads_the_password(server: Postgres) -> None:
    assert (server.data_dir.parent / "postgres-password").stat().st_mode & 0o077 == 0


def test_data_survives_a_stop_and_a_start(server: Postgres) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    server.start()
    with psycopg.connect(server.dsn()) as conn:
        assert conn.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_killed_server_leaves_a_pid_file_that_hinders_nobody(server: Postgres) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    _wait_gone(server.pid)
    pid_file = server.data_dir / "postmaster.pid"
    words = pid_file.read_text().split("\n")
    pid_file.write_text("\n".join([str(os.getpid()), *words[1:]]))  # the pid is another living process's by now
    server.start()
    with psycopg.connect(server.dsn()) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_an_interrupted_initdb_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "pg.unfinished").mkdir()
    (tmp_path / "pg.unfinished" / "PG_VERSION").write_text("17\n")
    postgres = Postgres(tmp_path / "pg", durable=False)
    postgres.start()
    postgres.stop()
    assert not (tmp_path / "pg.unfinished").exists()


def test_a_second_server_on_the_same_data_is_refused(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdk.local.postgres._STOP_SECONDS", 0.1)
    with pytest.raises(PostgresUnavailable, match="another Postgres"):
        Postgres(server.data_dir, durable=False).start()


def test_the_server_leaves_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib\n"
        "from cdk.local.postgres import Postgres\n"
        "server = Postgres(pathlib.Path(sys.argv[1]) / 'pg', durable=False)\n"
        "server.start()\n"
        "print(server.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    _wait_gone(pid)


def test_a_chosen_bin_directory_without_postgres_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWLENS_PG_BIN", str(tmp_path))
    with pytest.raises(PostgresUnavailable, match="FLOWLENS_PG_BIN"):
        binaries()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give root up")
def test_root_falls_back_to_nobody_where_user_namespaces_are_barred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdk.local.postgres.user_namespaces", lambda: False)
    home = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    home.chmod(0o755)
    try:
        postgres = Postgres(home / "pg", durable=False)
        postgres.start()
        assert (home / "pg").stat().st_uid != 0
        postgres.stop()
    finally:
        subprocess.run(["rm", "-rf", str(home)], check=True)
