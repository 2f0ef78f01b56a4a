"""`flowlens import`: logs of files on the map, once however often they are given."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cdk import manifest
from cdk.local.cli import main
from tests.bench import files
from tests.stack import RunningStack, start, until


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[RunningStack]:
    """One of the test's own: logs bring an exporter per interface, which other tests need not wade through."""
    running = start(tmp_path / "home")
    yield running
    running.stop()


def test_logs_become_dependencies_once(
    own_stack: RunningStack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = own_stack
    made = files.columns(2_000, begins=int(time.time()) - 120)
    log, again, other = tmp_path / "one.log.gz", tmp_path / "again.log", tmp_path / "other.parquet"
    log.write_bytes(gzip.compress(files.text(made)))
    again.write_bytes(log.read_bytes())
    other.write_bytes(files.parquet(files.columns(500, seed=2, begins=int(time.time()) - 120)))
    bad = tmp_path / "notes.txt"
    bad.write_text("hello\n")
    home = str(stack.home.path)
    assert main(["import", "--home", home, str(log), str(again), str(other)]) == 0
    assert main(["import", "--home", home, str(bad), str(log)]) == 2
    told = capsys.readouterr().err
    assert "left out  450 rejected" in told
    assert "file_format" in told
    assert f"{stack.url}/#token=" in told
    until(lambda: counted(stack) == 1_800 + 450, "every flow is counted, and once", seconds=30)


def counted(stack: RunningStack) -> int:
    """Flows of the logs' interfaces, of which nobody else sends."""
    query = """SELECT coalesce(sum(m.flows), 0)::bigint
                 FROM conversation_minutes m JOIN flow_sources f USING (source_id)
                WHERE f.exporter << 'fd1c:be99:1a14::/48'"""
    with psycopg.connect(stack.database_url) as conn:
        conn.execute("SELECT set_config('app.tenant', %s, true)", [manifest.COLLECTOR["COLLECTOR_TENANT"]])
        row = conn.execute(query).fetchone()
    return int(row[0]) if row else 0


def test_without_a_stack_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "--home", str(tmp_path), str(tmp_path / "a.log")]) == 3
    assert "flowlens up" in capsys.readouterr().err
