"""What a collector keeps is nobody else's, and no link leads it astray."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from collector_vm import private
from collector_vm.spool import Limits, Spool
from tests.collector_vm.kinesis import Sink
from tests.collector_vm.running import collector, eventually, send
from tests.recordings import payloads


def modes(root: Path) -> dict[str, int]:
    return {str(path.relative_to(root)): stat.S_IMODE(path.lstat().st_mode) for path in root.rglob("*")}


def test_what_it_keeps_is_readable_by_nobody_else(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    before = os.umask(0)
    try:
        with Sink().serving() as endpoint, collector(endpoint, spool) as started:
            send([payload for _, payload in payloads("softflowd_v9")][:50], started.netflow)
            assert eventually(lambda: started.counter("flows") > 0)
            kept = ("status", "templates", "sequences")
            assert eventually(lambda: all((spool / "worker-0" / name).exists() for name in kept))
            found = modes(spool)
            assert started.stop() == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(spool.stat().st_mode) == 0o700
    wrong = {name: oct(mode) for name, mode in found.items() if mode & 0o077}
    assert not wrong
    assert {f"worker-0/{name}" for name in kept} <= found.keys()


@pytest.mark.parametrize("planted", ["templates", ".templates"])
def test_a_planted_link_is_replaced_and_never_followed(tmp_path: Path, planted: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / planted).symlink_to(victim)
    private.replace(tmp_path / "templates", b"ours")
    assert victim.read_text() == "precious"
    assert not (tmp_path / "templates").is_symlink()
    assert (tmp_path / "templates").read_bytes() == b"ours"


def test_a_collector_writes_through_none_of_the_links_that_were_planted(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    worker = tmp_path / "spool" / "worker-0"
    worker.mkdir(parents=True, mode=0o755)
    for name in ("status", ".status", "templates", ".templates", "sequences", ".sequences"):
        (worker / name).symlink_to(victim)
    with Sink().serving() as endpoint, collector(endpoint, tmp_path / "spool") as started:
        send([payload for _, payload in payloads("softflowd_v9")][:50], started.netflow)
        assert eventually(lambda: started.counter("flows") > 0)
        assert eventually(lambda: not any((worker / name).is_symlink() for name in ("status", "templates")))
        assert started.stop() == 0
    assert victim.read_text() == "precious"
    assert stat.S_IMODE(worker.stat().st_mode) == 0o700


@pytest.mark.parametrize("planted", ["lane-0", "lane-0/marks"])
def test_a_spool_does_not_open_what_a_link_stands_for(tmp_path: Path, planted: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / planted).parent.mkdir(exist_ok=True)
    (tmp_path / planted).symlink_to(elsewhere / "victim" if planted.endswith("marks") else elsewhere)
    with pytest.raises(OSError, match=r"directory|symbolic links"):
        Spool(tmp_path / "lane-0", Limits(1 << 20, 0))
    assert not list(elsewhere.iterdir())


def test_somebody_elses_directory_is_refused(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 65_534, 65_534)
    with pytest.raises(PermissionError, match="another user"):
        private.directory(theirs)
