"""A document written over and over: whoever reads it sees one that was written, whole, whatever was cut short."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from collector_vm import slate
from collector_vm.slate import Slate

MOST = 1 << 20


def test_the_last_of_many_is_read_whatever_their_sizes(tmp_path: Path) -> None:
    written = Slate(tmp_path / "said")
    for number, size in enumerate((0, 10, 9, 5_000, 4_999, 40_000, 3)):
        written.write(bytes([number]) * size)
        assert slate.read(tmp_path / "said", MOST) == bytes([number]) * size
    assert stat.S_IMODE((tmp_path / "said").stat().st_mode) == 0o600


@pytest.mark.parametrize("writings", [4, 5])
def test_where_the_newest_copy_is_torn_the_one_before_stands(tmp_path: Path, writings: int) -> None:
    path, written = tmp_path / "said", Slate(tmp_path / "said")
    for number in range(1, writings + 1):
        written.write(b"document %d" % number)
    whole = path.read_bytes()
    newest = whole.index(b"document %d" % writings)
    for at in range(newest - 16, newest + 10):  # its head and all that it says
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :])
        assert slate.read(path, MOST) == b"document %d" % (writings - 1)


@pytest.mark.parametrize("content", [b"", b"\0" * 8_192, b"[[[", b"\xff" * 100, b"\xff" * 9_000])
def test_what_is_no_slate_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "said").write_bytes(content)
    assert slate.read(tmp_path / "said", MOST) is None


def test_a_file_larger_than_any_that_is_allowed_is_not_read(tmp_path: Path) -> None:
    written = Slate(tmp_path / "said")
    written.write(b"x" * 100_000)
    assert slate.read(tmp_path / "said", 100_000) is not None
    assert slate.read(tmp_path / "said", 10_000) is None


def test_a_file_that_somebody_removed_or_replaced_comes_again(tmp_path: Path) -> None:
    path, victim = tmp_path / "said", tmp_path / "victim"
    victim.write_text("precious")
    written = Slate(path)
    written.write(b"one")
    path.unlink()
    written.write(b"two")
    assert slate.read(path, MOST) == b"two"
    path.unlink()
    path.symlink_to(victim)
    written.write(b"three")
    assert slate.read(path, MOST) == b"three"
    assert victim.read_text() == "precious"


_WRITING = """
import sys
from pathlib import Path
from collector_vm.slate import Slate
said = Slate(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    said.write(number.to_bytes(8, "big") * (number * 37 % 900 + 1))
"""


def test_a_kill_leaves_a_whole_document(tmp_path: Path) -> None:
    path = tmp_path / "said"
    for nth in range(12):
        writer = subprocess.Popen([sys.executable, "-c", _WRITING, str(path)])
        try:
            while not path.exists() and writer.poll() is None:
                time.sleep(0.005)
            time.sleep(0.003 * nth)
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        found = slate.read(path, MOST)
        assert found
        assert found == found[:8] * (int.from_bytes(found[:8], "big") * 37 % 900 + 1)
        path.unlink()
