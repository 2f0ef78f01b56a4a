"""What is deliberately absent: inert imports, SQL in its room, no pickle, no shell, no environment on the sly."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.rooms import PACKAGE, ROOT, dotted, label, modules

_SQL = re.compile(
    r"^\s*(SELECT|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE|COPY\s+\w+)\b", re.IGNORECASE
)
_INERT = """
import os, socket, sys, importlib
class Touched(Exception): pass
def refuse(*_a, **_k): raise Touched("opened a connection")
socket.socket.connect = refuse
os.environ.clear()
os.environ.update(POWERTOOLS_TRACE_DISABLED="true", PATH="/usr/bin:/bin")
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def nodes(*rooms: Path) -> Iterator[tuple[Path, ast.AST]]:
    for path in modules(*rooms):
        for node in ast.walk(ast.parse(path.read_text())):
            yield path, node


def test_importing_a_module_reads_no_setting_and_opens_no_connection() -> None:
    names = [dotted(p) for p in modules(PACKAGE, ROOT / "functions", ROOT / "collector_vm") if p.name != "__main__.py"]
    run = subprocess.run(
        [sys.executable, "-c", _INERT, *names], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr


def test_only_the_store_holds_sql() -> None:
    elsewhere = [
        f"{label(path)}:{node.lineno}"
        for path, node in nodes(PACKAGE, ROOT / "functions", ROOT / "collector_vm")
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _SQL.match(node.value)
        and not path.is_relative_to(PACKAGE / "store")
    ]
    assert not elsewhere


def test_nothing_is_pickled_evaluated_or_run_in_a_shell() -> None:
    found = []
    for path, node in nodes():
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] + [getattr(node, "module", None) or ""]
            if {"pickle", "marshal", "shelve"} & set(names):
                found.append(f"{label(path)}:{node.lineno} imports {names}")
        if isinstance(node, ast.keyword) and node.arg == "shell" and getattr(node.value, "value", None) is True:
            found.append(f"{label(path)}:{node.value.lineno} runs a shell")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}:
            found.append(f"{label(path)}:{node.lineno} evaluates text")
    assert not found


def test_nothing_depends_on_assert() -> None:
    found = [f"{label(path)}:{node.lineno}" for path, node in nodes() if isinstance(node, ast.Assert)]
    assert not found, "python -O removes it: raise instead"


def test_handlers_do_not_know_where_they_run() -> None:
    rooms = (PACKAGE, ROOT / "functions", ROOT / "collector_vm")
    words = re.compile(r"\b(is_local|local_mode|LOCALSTACK|moto|AWS_SAM_LOCAL)\b")
    found = [label(p) for p in modules(*rooms) if words.search(p.read_text())]
    assert not found


def test_a_service_that_knows_who_asks_sees_no_more_than_they_may() -> None:
    wide = re.compile(r"tenant_transaction\([^)]*actor\.tenant")
    found = [label(p) for p in modules(PACKAGE / "services") if wide.search(p.read_text())]
    assert not found, "open an actor_transaction: it tells the database the limits of their grants"


def test_migrations_are_numbered_without_gaps_or_doubles() -> None:
    """Two that were written at once bear the same number until somebody looks."""
    names = sorted(path.name for path in (PACKAGE / "store" / "sql" / "migrations").glob("*.sql"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1)), names


def test_only_the_outbound_client_asks_others_by_http() -> None:
    clients = {"httpcore2", "httpx2", "httpx", "requests", "urllib3", "aiohttp", "urllib.request", "http.client"}
    found = []
    for path, node in nodes(PACKAGE, ROOT / "functions"):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or ""
            names = {module, *(a.name for a in node.names), *(f"{module}.{a.name}" for a in node.names)}
            if clients & names and not path.is_relative_to(PACKAGE / "outbound"):
                found.append(f"{label(path)}:{node.lineno}")
    assert not found, "a URL that a user sets is asked through flowlens.outbound.client"
