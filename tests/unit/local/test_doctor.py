"""The doctor says what is wrong in plain words, and what to do about it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cdk.local import checkup_machine, checkup_stack, doctor
from cdk.local.finding import Finding, Level
from cdk.local.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def _of(findings: Any, level: Level) -> list[Finding]:
    return [one for one in findings if one.level is level]


def test_a_port_that_is_taken_is_named_with_who_has_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setattr(checkup_machine, "_CUSTOMARY", ((socket.SOCK_DGRAM, port, "NetFlow", "--netflow-port"),))
        found = _of(checkup_machine.customary_ports(home), Level.WARN)
    assert f"process {os.getpid()}" in found[0].what
    assert "--netflow-port" in found[0].todo


def test_a_missing_postgres_is_a_failure(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWLENS_PG_BIN", str(tmp_path))
    assert len(_of(checkup_machine.postgres(home), Level.FAIL)) == 1


def test_a_postgres_that_does_not_run_is_a_failure(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text("not a program")
    monkeypatch.setenv("FLOWLENS_PG_BIN", str(tmp_path))
    assert "does not run" in _of(checkup_machine.postgres(home), Level.FAIL)[0].what


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give root up")
def test_root_without_namespaces_is_told_which_directory_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkup_machine, "user_namespaces", lambda: False)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    found = _of(checkup_machine.postgres(Home(closed / "home")), Level.FAIL)
    assert str(tmp_path.parents[-2]) in found[0].what


def test_little_space_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup_machine, "_LITTLE", 2**60)
    assert len(_of(checkup_machine.disk(home), Level.WARN)) == 1
    monkeypatch.setattr(checkup_machine, "_NOTHING", 2**60)
    assert len(_of(checkup_machine.disk(home), Level.FAIL)) == 1


def test_a_small_receive_buffer_is_told_to_whom_may_not_exceed_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup_machine, "_RECEIVE_BUFFER", 2**60)
    monkeypatch.setattr(checkup_machine, "_privileged", lambda: False)
    assert "net.core.rmem_max" in _of(checkup_machine.receive_buffer(home), Level.WARN)[0].todo
    monkeypatch.setattr(checkup_machine, "_privileged", lambda: True)
    assert _of(checkup_machine.receive_buffer(home), Level.WARN) == []


def test_unbuilt_pages_without_node_are_a_failure(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup_machine, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "node is not installed" in _of(checkup_machine.pages(home), Level.FAIL)[0].what


def test_the_exit_code_says_whether_something_must_be_mended(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLOWLENS_PG_BIN", str(tmp_path))
    assert doctor.run(home) == 1
    assert "FAIL  no Postgres found" in capsys.readouterr().out
    monkeypatch.delenv("FLOWLENS_PG_BIN")
    monkeypatch.setattr(checkup_machine, "CHECKS", (checkup_machine.disk,))
    assert doctor.run(home) == 0


def _answers(monkeypatch: pytest.MonkeyPatch, **paths: Mapping[str, Any] | None) -> None:
    def get(_: Home, path: str) -> Mapping[str, Any] | None:
        return next((answer for name, answer in paths.items() if name in path), None)

    monkeypatch.setattr(checkup_stack, "_get", get)


def _look(check: Callable[[Home], Any], home: Home, level: Level) -> str:
    return "\n".join(one.what for one in _of(check(home), level))


def test_a_stack_that_does_not_answer_is_a_failure(home: Home) -> None:
    assert "does not answer" in _look(checkup_stack.processes, home, Level.FAIL)


def test_a_part_that_is_away_or_was_restarted_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, status={"running": ["postgres", "emulation"], "restarts": {"the collector": 3}})
    assert _look(checkup_stack.processes, home, Level.FAIL) == "collector is not running"
    assert _look(checkup_stack.processes, home, Level.WARN) == "the collector had to be started again 3 times"


def test_a_stream_that_is_behind_or_lost_records_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, status={"streams": {"flows": {"behind_seconds": 90.0, "buried": 2}}})
    assert "90 s behind" in _look(checkup_stack.stream, home, Level.WARN)
    assert "2 records" in _look(checkup_stack.stream, home, Level.WARN)


def test_what_was_lost_since_the_beginning_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"# HELP flowlens_dead_letters x\nflowlens_dead_letters 3\nflowlens_datagrams_dropped_total 1200\n"
    monkeypatch.setattr(checkup_stack, "_ask", lambda _home, _path: text)
    seen = _look(checkup_stack.totals, home, Level.WARN)
    assert "3 records could not be counted" in seen
    assert "dropped 1,200 datagrams" in seen
    monkeypatch.setattr(checkup_stack, "_ask", lambda _home, _path: b"flowlens_dead_letters 0\n")
    assert _look(checkup_stack.totals, home, Level.WARN) == ""


def test_an_empty_stack_says_where_to_point_an_exporter(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.make()
    home.write_run({"ports": {"netflow": 2055, "sflow": 6343}})
    _answers(monkeypatch, sources={"items": []})
    assert "udp 2055" in next(iter(checkup_stack.exporters(home))).todo


def test_silent_held_and_lossy_exporters_are_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def source(name: str, status: str, **losses: int) -> dict[str, Any]:
        return {"name": name, "exporter": "192.0.2.1", "status": status, "losses": losses}

    many = [source(f"edge-{n}", "silent") for n in range(8)]
    items = [source("core-1", "held"), source("", "active", template_missing=1234), *many]
    _answers(monkeypatch, sources={"items": items})
    seen = _look(checkup_stack.exporters, home, Level.WARN).splitlines()
    assert "exporter core-1 is held" in seen
    assert "of exporter 192.0.2.1 was lost: template_missing 1,234" in seen
    assert "3 more exporters are silent" in seen
