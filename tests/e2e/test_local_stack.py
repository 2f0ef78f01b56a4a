"""The whole of FlowLens on one machine: flows in, map out, through kills and restarts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cdk.local import aws
from tests.recordings import payloads
from tests.stack import RunningStack, start, until
from tests.traffic import flows, record

TENANT = UUID("00000000-0000-7000-8000-000000000001")
EXPORTER = "127.0.3.1"


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[RunningStack]:
    """One of the test's own, to be killed."""
    running = start(tmp_path / "home")
    yield running
    if running.process.poll() is None:
        running.stop()


def _v5(stack: RunningStack, source: str, *, datagrams: int = 20) -> int:
    """Flows of a recorded NetFlow v5 exporter, sent from a loopback address of their own."""
    recorded = [payload for _, payload in payloads("softflowd_v5")[:datagrams]]
    stack.send("netflow", recorded, source=source)
    return sum(int.from_bytes(payload[2:4], "big") for payload in recorded)


def _counted(stack: RunningStack, exporter: str) -> int:
    sources = {one["exporter"]: one for one in stack.read("/sources?limit=200")["items"]}
    counters: dict[str, int] = sources.get(exporter, {}).get("counters", {})
    return counters.get("flows_acknowledged", 0)


def _total(stack: RunningStack) -> int:
    return int(stack.read("/topology")["totals"]["flows"])


def test_recorded_flows_become_edges_that_the_api_shows(stack: RunningStack) -> None:
    sent = _v5(stack, EXPORTER)
    until(lambda: _counted(stack, EXPORTER) == sent, "the collector ships what it was sent")
    until(lambda: _total(stack) >= sent, "every flow is counted")
    page = stack.read("/dependencies?limit=5")
    assert page["items"]
    assert stack.read(f"/dependencies/{page['items'][0]['id']}")["evidence"]


def test_without_a_token_the_api_says_what_to_do(stack: RunningStack) -> None:
    status, headers, body = stack.get("/api/v1/assets", token="")
    assert (status, headers["content-type"]) == (401, "application/problem+json")
    assert json.loads(body)["detail"]


def test_poison_is_put_aside_once_with_its_bytes_and_the_others_count(stack: RunningStack) -> None:
    kinesis = aws.client("kinesis", stack.told["aws_endpoint"])
    before, now = _total(stack), int(time.time() * 1000)
    lines = [f"10.77.0.{host}:40000 > 10.77.1.1:8443 tcp flags=S" for host in range(1, 41)]
    good = [record(100 + n, flows(line, now=now), tenant=TENANT) for n, line in enumerate(lines)]
    poison = good[7][:-1] + bytes([good[7][-1] ^ 1])
    batch = [*good[:20], poison, *good[20:]]
    kinesis.put_records(StreamName="flows", Records=[{"Data": one, "PartitionKey": "one"} for one in batch])

    until(lambda: _total(stack) == before + len(good), "the others are counted")
    until(lambda: _dead(stack), "the poison is a dead letter")
    until(lambda: stack.read("/health")["status"] == "ok", "the stack is well")
    (letter,) = _dead(stack)
    assert (letter["kind"], letter["state"], letter["record"]) == ("record", "open", 107)
    kept = [file.read_bytes() for file in (stack.home.archive / "flows" / "dead").rglob("*") if file.is_file()]
    assert kept == [poison]
    assert _total(stack) == before + len(good)


def _dead(stack: RunningStack) -> list[dict[str, Any]]:
    return list(stack.read("/dead-letters")["items"])


def test_what_cannot_be_counted_is_tried_again_and_then_ignored(stack: RunningStack) -> None:
    """After the poison of the test before."""
    before = _total(stack)
    again = _flowlens("redrive", "--home", str(stack.home.path))
    assert (again.returncode, again.stderr) == (1, "")
    assert "1 to be tried again" in again.stdout
    (letter,) = _dead(stack)
    assert letter["state"] == "open"
    assert letter["version"] > 2
    assert _flowlens("redrive", "--ignore", "--home", str(stack.home.path)).stdout == "1 ignored\n"
    assert [one["state"] for one in _dead(stack)] == ["ignored"]
    assert _flowlens("redrive", "--home", str(stack.home.path)).returncode == 0
    assert _total(stack) == before


def test_a_second_stack_with_the_same_home_is_refused_and_told_the_url(stack: RunningStack) -> None:
    again = _flowlens("up", "--home", str(stack.home.path), "--port", "0")
    assert again.returncode == 2
    assert stack.url in again.stderr
    assert len(again.stderr.splitlines()) == 1


def test_the_doctor_finds_a_running_stack_well(stack: RunningStack) -> None:
    seen = _flowlens("doctor", "--home", str(stack.home.path))
    assert seen.returncode == 0, seen.stdout
    assert f"FlowLens runs at {stack.url}" in seen.stdout


def _flowlens(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "cdk.local.cli", *arguments],
        capture_output=True, text=True, timeout=120, check=False, env=environment,
    )  # fmt: skip


def _family(pid: int) -> set[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = set(), [pid]
    while waiting:
        found.add(one := waiting.pop())
        waiting += children.get(one, [])
    return found


def _alive(pids: set[int]) -> dict[int, str]:
    """Those that still run, with their command lines; a zombie does not."""
    found = {}
    for pid in pids:
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if line:
            found[pid] = line
    return found


def test_killed_or_stopped_it_leaves_no_process_and_loses_nothing(own_stack: RunningStack, tmp_path: Path) -> None:
    token, family = own_stack.token, _family(own_stack.process.pid)
    sent = _v5(own_stack, "127.0.3.2")
    until(lambda: _counted(own_stack, "127.0.3.2") == sent, "the collector ships what it was sent")
    _v5(own_stack, "127.0.3.3")
    family |= _family(own_stack.process.pid)
    own_stack.process.kill()
    own_stack.process.wait()
    until(lambda: not _alive(family), f"everything ends with its parent: {_alive(family)}", seconds=120)

    second = start(tmp_path / "home")
    assert second.token == token
    until(lambda: _total(second) >= sent, "what was acknowledged before the kill is counted after it")
    family = _family(second.process.pid)
    assert second.stop() == 0
    until(lambda: not _alive(family), f"nothing is left after a clean stop: {_alive(family)}", seconds=10)
    assert not second.home.run_file.exists()


def test_parts_that_crash_come_back_and_what_was_sent_is_counted(own_stack: RunningStack) -> None:
    for part in ("emulation", "collector", "postgres"):
        pid = own_stack.told["pids"][part]
        os.kill(pid, signal.SIGKILL)
        until(lambda part=part, pid=pid: own_stack.told["pids"].get(part) not in (None, pid), f"{part} comes back")  # type: ignore[misc]
    until(lambda: own_stack.get("/api/v1/health")[0] == 200, "the API finds the database again")
    until(lambda: own_stack.listens("netflow"), "the new collector listens")
    sent = _v5(own_stack, "127.0.3.4")
    until(lambda: _counted(own_stack, "127.0.3.4") == sent, "the new collector ships what it was sent")
    until(lambda: _total(own_stack) == sent, "every flow is counted")
