from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from collector_vm.segments import FRAME_SIZE, Frame, Origin
from collector_vm.spool import Full, Limits, Spool
from tests.architecture.rooms import ROOT

LIMITS = Limits(most=64 << 20, segment=4096)


def opened(directory: Path, limits: Limits = LIMITS) -> Spool:
    return Spool(directory, limits)


def filled(directory: Path, count: int, size: int = 200) -> Spool:
    spool = opened(directory)
    for number in range(1, count + 1):
        spool.append(1, str(number).encode().ljust(size, b"."), b"label")
    spool.sync()
    return spool


def read(spool: Spool) -> list[tuple[Origin, Frame]]:
    return list(spool.read(10_000, 1 << 30))


def numbers(spool: Spool) -> list[int]:
    return [int(frame.body.strip(b".")) for _, frame in read(spool)]


def records(spool: Spool) -> list[tuple[int, int, bytes]]:
    return [(origin.epoch, frame.sequence - origin.base, frame.body) for origin, frame in read(spool)]


def test_what_was_appended_is_read_in_order_once(tmp_path: Path) -> None:
    spool = filled(tmp_path, 100)
    assert numbers(spool) == list(range(1, 101))
    assert numbers(spool) == []


def test_nothing_is_read_before_it_is_durable(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(1, b"1")
    assert read(spool) == []
    spool.sync()
    assert numbers(spool) == [1]


def test_what_was_not_acknowledged_comes_again_with_the_same_name(tmp_path: Path) -> None:
    spool = filled(tmp_path, 50)
    first = records(spool)
    spool.acknowledge(20)
    spool.close()
    again = opened(tmp_path)
    assert again.recovery.frames == 30
    assert not again.recovery.lost
    assert records(again) == first[20:]


def test_a_spool_that_was_opened_again_goes_on_counting(tmp_path: Path) -> None:
    spool = filled(tmp_path, 3)
    spool.acknowledge(3)
    names = records(spool)
    spool.close()
    again = opened(tmp_path)
    assert again.append(1, b"4") == 4
    again.sync()
    assert records(again) == [(names[0][0], 4, b"4")]


def test_acknowledged_files_are_deleted_after_the_mark_is_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = filled(tmp_path, 100)
    did: list[str] = []
    noted(monkeypatch, did, os, "fdatasync")
    noted(monkeypatch, did, os, "fsync")
    noted(monkeypatch, did, Path, "unlink")
    before = len(list(tmp_path.glob("*.seg")))
    spool.acknowledge(100)
    assert before > 3
    assert len(list(tmp_path.glob("*.seg"))) == 1
    assert did == ["fdatasync", *["unlink"] * (before - 1), "fsync"]


def noted(monkeypatch: pytest.MonkeyPatch, did: list[str], owner: object, name: str) -> None:
    real: Callable[..., None] = getattr(owner, name)

    def noting(*args: object, **kwargs: object) -> None:
        did.append(name)
        real(*args, **kwargs)

    monkeypatch.setattr(owner, name, noting)


@pytest.mark.parametrize("cut", [1, 5, 22, 100, 199])
def test_a_torn_end_is_cut_off_and_counted_and_no_name_is_used_twice(tmp_path: Path, cut: int) -> None:
    spool = filled(tmp_path, 5)
    before = records(spool)
    spool.close()
    newest = max(tmp_path.glob("*.seg"))
    os.truncate(newest, newest.stat().st_size - cut)
    again = opened(tmp_path)
    assert again.recovery.torn_bytes == FRAME_SIZE + len("label") + 200 - cut
    assert again.recovery.frames == 4
    again.append(1, b"5")
    again.sync()
    after = records(again)
    assert after[:4] == before[:4]
    assert after[4][0] != before[4][0], "another epoch"
    assert after[4][1:] == (1, b"5")


def test_a_flipped_bit_ends_a_file_but_not_the_files_after_it(tmp_path: Path) -> None:
    filled(tmp_path, 100).close()
    files = sorted(tmp_path.glob("*.seg"))
    middle = files[1]
    data = bytearray(middle.read_bytes())
    data[len(data) // 2] ^= 1
    middle.write_bytes(data)
    again = opened(tmp_path)
    got = numbers(again)
    second, third = int(middle.stem), int(files[2].stem)
    assert got[: second - 1] == list(range(1, second))
    assert got[-(101 - third) :] == list(range(third, 101))
    assert again.recovery.torn_bytes > 0


def test_a_newest_file_that_is_gone_begins_a_new_epoch(tmp_path: Path) -> None:
    spool = filled(tmp_path, 100)
    epoch = records(spool)[0][0]
    spool.close()
    max(tmp_path.glob("*.seg")).unlink()
    again = opened(tmp_path)
    assert again.recovery.lost
    last = again.append(1, b"x")
    again.sync()
    assert next(r for r in records(again) if r[2] == b"x")[0] != epoch
    assert last < 101, "the sequence goes on where the files end; the epoch keeps names apart"


@pytest.mark.parametrize("left", [(), ("marks",), ("source",), ("marks", "source")])
def test_a_spool_whose_files_are_gone_begins_a_new_epoch(tmp_path: Path, left: tuple[str, ...]) -> None:
    spool = filled(tmp_path, 5)
    (epoch, _, _), source = records(spool)[0], spool.source
    spool.acknowledge(5)
    spool.close()
    for path in tmp_path.iterdir():
        if path.name not in left:
            path.unlink()
    again = opened(tmp_path)
    again.append(1, b"1")
    again.sync()
    ((fresh, record, _),) = records(again)
    assert fresh != epoch
    assert 0 < fresh < 2**63
    assert record == 1
    assert (again.source == source) == ("source" in left)


def test_a_spool_has_one_owner(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    with pytest.raises(BlockingIOError):
        opened(tmp_path)
    spool.close()
    opened(tmp_path).close()


def test_the_newest_is_refused_when_the_cap_is_reached_and_taken_again_when_there_is_room(tmp_path: Path) -> None:
    spool = opened(tmp_path, Limits(most=20_000))
    accepted = 0
    while not spool.full and accepted < 1_000:
        with suppress(Full):
            accepted = spool.append(1, bytes(500))
    assert 30 < accepted < 40
    assert sum(path.stat().st_size for path in tmp_path.glob("*.seg")) <= 20_000
    spool.sync()
    assert len(read(spool)) == accepted
    spool.acknowledge(accepted)
    spool.append(1, bytes(500))
    assert not spool.full


def test_space_is_left_for_others(tmp_path: Path) -> None:
    spool = opened(tmp_path, Limits(most=1 << 20, reserve=1 << 60))
    with pytest.raises(Full, match="reserve"):
        spool.append(1, b"1")


@pytest.mark.parametrize("written", [0, 7, 150])
def test_a_full_disk_in_the_middle_of_a_frame_leaves_a_whole_spool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    spool = filled(tmp_path, 3)
    real = os.write
    calls: list[int] = []

    def full(descriptor: int, data: bytes) -> int:
        calls.append(descriptor)
        if len(calls) == 1 and written:
            return real(descriptor, data[:written])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(Full):
        spool.append(1, b"4" * 200)
    monkeypatch.setattr(os, "write", real)
    assert spool.append(1, b"5") == 4
    spool.sync()
    assert numbers(spool) == [1, 2, 3, 5]
    spool.close()
    assert opened(tmp_path).recovery.torn_bytes == 0


def test_after_a_failed_fsync_the_frames_go_to_another_file_and_keep_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = filled(tmp_path, 3)
    for number in (4, 5):
        spool.append(1, str(number).encode())
    real, failed = os.fdatasync, list[int]()

    def fails_once(descriptor: int) -> None:
        if not failed:
            failed.append(descriptor)
            raise OSError(errno.EIO, "Input/output error")
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", fails_once)
    assert spool.sync() == 5
    assert failed
    spool.append(1, b"6")
    spool.sync()
    names = records(spool)
    assert [body.strip(b".") for _, _, body in names] == [b"1", b"2", b"3", b"4", b"5", b"6"]
    spool.close()
    again = opened(tmp_path)
    assert records(again) == names


def test_a_frame_that_cannot_be_read_back_is_skipped_and_counted(tmp_path: Path) -> None:
    spool = filled(tmp_path, 100)
    first = min(tmp_path.glob("*.seg"))
    first.write_bytes(first.read_bytes()[:60])
    got = numbers(spool)
    assert got == list(range(101 - len(got), 101))
    assert spool.skipped == 100 - len(got)


def test_a_file_that_somebody_removed_is_skipped_and_counted(tmp_path: Path) -> None:
    spool = filled(tmp_path, 100)
    first, second = sorted(tmp_path.glob("*.seg"))[:2]
    first.unlink()
    assert numbers(spool) == list(range(int(second.stem), 101))
    assert spool.skipped == int(second.stem) - 1


CHILD = """
import sys
from pathlib import Path
from collector_vm.spool import Limits, Spool
spool = Spool(Path(sys.argv[1]), Limits(most=1 << 30, segment=20_000))
number = int(sys.argv[2])
while True:
    number += 1
    spool.append(1, str(number).encode().ljust(150, b"."))
    if number % 7 == 0:
        spool.sync()
        print(number, flush=True)
"""


def test_after_a_kill_at_any_moment_every_acknowledged_append_is_there_exactly_once(tmp_path: Path) -> None:
    random = Random(5)
    names: dict[tuple[int, int], bytes] = {}
    durable = 0
    for _ in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path), str(durable)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert child.stdout is not None
        for _ in range(random.randint(1, 200)):
            durable = int(child.stdout.readline())
        child.kill()
        child.wait()
        child.stdout.close()
        spool = opened(tmp_path, Limits(most=1 << 30, segment=20_000))
        found = records(spool)
        bodies = [int(body.strip(b".")) for _, _, body in found]
        assert len(set(bodies)) == len(bodies)
        assert set(range(1, durable + 1)) <= set(bodies)
        assert len({name[:2] for name in found}) == len(found), "each name names one thing"
        for epoch, record, body in found:
            assert names.setdefault((epoch, record), body) == body, "for ever"
        durable = max(bodies)
        spool.close()
