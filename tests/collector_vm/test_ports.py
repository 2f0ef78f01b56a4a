"""A collector listens where it was told to, and nowhere else; told nothing, it does not begin."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.rooms import ROOT
from tests.collector_vm.kinesis import Sink
from tests.collector_vm.running import Running, collector

_LISTENING, _BOUND = "0A", "07"  # of TCP, and of a UDP socket that no peer was given


def listening(processes: list[int]) -> set[tuple[str, int]]:
    """Every port on which one of them accepts what a stranger sends, from the kernel's own tables."""
    inodes = set()
    for process in processes:
        for link in Path(f"/proc/{process}/fd").iterdir():
            if match := re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()) if link.is_symlink() else ""):
                inodes.add(match[1])
    found = set()
    for kind, state in (("tcp", _LISTENING), ("udp", _BOUND)):
        for table in (Path(f"/proc/net/{kind}"), Path(f"/proc/net/{kind}6")):
            for line in table.read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == state and fields[9] in inodes:
                    found.add((kind, int(fields[1].rpartition(":")[2], 16)))
    return found


def declared(running: Running) -> set[tuple[str, int]]:
    return {("udp", running.netflow), ("udp", running.sflow), ("tcp", running.health)}


def test_every_process_of_a_collector_listens_on_what_is_declared_and_no_more(tmp_path: Path) -> None:
    with Sink().serving() as endpoint, collector(endpoint, tmp_path / "spool", workers=2) as started:
        workers = started.workers()
        assert len(workers) == 2
        assert listening([started.process.pid, *workers]) == declared(started)
        assert listening([started.process.pid]) == {("tcp", started.health)}
        assert started.stop() == 0


def test_without_settings_it_refuses_to_begin_and_opens_nothing(tmp_path: Path) -> None:
    """There is no tenant, stream or table that it would take for granted, so no default that somebody could use."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("COLLECTOR_", "AWS_"))}
    refused = subprocess.run(
        ["strace", "-f", "-e", "trace=socket,bind,listen", sys.executable, "-m", "collector_vm"],
        env=clean | {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode != 0
    assert "listen(" not in refused.stderr
    assert set(re.findall(r"bind\(.*?sin6?_port=htons\((\d+)\)", refused.stderr)) <= {"0"}  # a library asks for IPv6
    assert all(name in refused.stderr for name in ("tenant", "stream", "sources_table"))
    assert not list(tmp_path.rglob("*.seg"))
