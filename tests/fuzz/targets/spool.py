"""A spool's directory as a disk may leave it: marks, source and segments, opened, read, written and opened again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from uuid import UUID

from collector_vm.recovery import Marks
from collector_vm.segments import Frame, Origin
from collector_vm.spool import Limits, Spool
from tests.fuzz.bending import bent
from tests.fuzz.oracles import demand

_LIMITS = Limits(most=1 << 20, segment=1 << 12)
_NAMES = ("marks", "source", f"{1:020d}.seg", f"{4:020d}.seg", f"{7:020d}.seg", f"{2**63:020d}.seg", "0.seg", "other")


def make(rng: Random) -> bytes:
    """Files by the number of their name: segments of frames in order, marks that are true, each of them bent or not."""
    origin = Origin(UUID(int=rng.randrange(1 << 128)), rng.choice((1, 2**63 - 1)), rng.choice((0, 0, 3)))
    out = bytearray()
    for number in rng.sample(range(len(_NAMES)), rng.randrange(1, len(_NAMES))):
        first = int(_NAMES[number].partition(".")[0]) if _NAMES[number].endswith(".seg") else 0
        content = _content(rng, origin, first) if first else _other(rng, _NAMES[number])
        content = bent(rng, content)
        out += bytes((number,)) + len(content).to_bytes(2, "big") + content
    return bytes(out)


def _content(rng: Random, origin: Origin, first: int) -> bytes:
    count = rng.choice((0, 1, 3, 3, 5))
    frames = (
        Frame(first + n, 1, b"label", rng.randbytes(rng.randrange(200))).pack() for n in range(count) if first < 2**62
    )
    return origin.pack() + b"".join(frames)


def _other(rng: Random, name: str) -> bytes:
    if name != "marks":
        return str(UUID(int=rng.randrange(1 << 128))).encode()
    with tempfile.TemporaryDirectory() as folder:
        marks = Marks(Path(folder))
        marks.write(acknowledged=rng.choice((0, 2, 6, 2**64 - 1)), newest=rng.choice((1, 4, 7, 2**64 - 1)))
        marks.close()
        return (Path(folder) / "marks").read_bytes()


def _files(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at + 3 <= len(data):
        size = int.from_bytes(data[at + 1 : at + 3], "big")
        yield _NAMES[data[at] % len(_NAMES)], data[at + 3 : at + 3 + size]
        at += 3 + size


def run(data: bytes) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        folder = Path(name)
        for file, content in _files(data):
            (folder / file).write_bytes(content)
        named = _live(folder, b"first")
        again = _live(folder, b"second")
        demand(not named & again.difference(named) and named <= again, "a frame was lost or renamed by a restart")


def _live(folder: Path, body: bytes) -> set[tuple[UUID, int, int, bytes]]:
    """Opens the spool, reads what is there, appends a frame and reads it; returns what each frame was called."""
    spool = Spool(folder, _LIMITS)
    try:
        waiting, read = spool.recovery.frames, set()
        for origin, frame in spool.read(1 << 20, 1 << 30):
            read.add((origin.source, origin.epoch, frame.sequence - origin.base, frame.body))
        demand(len(read) + spool.skipped >= waiting, f"{waiting} frames found, {len(read)} read")
        appended = spool.append(1, body)
        spool.sync()
        last = list(spool.read(10, 1 << 20))
        demand([frame.body for _, frame in last] == [body], "what was appended does not come back")
        demand(last[0][1].sequence == appended, "it comes back under another number")
        read.update((o.source, o.epoch, f.sequence - o.base, f.body) for o, f in last)
        names = {one[:3] for one in read}
        demand(len(names) == len(read), "two frames of one name")
        demand(all(0 < o.epoch < 2**63 for o, _ in last), "an epoch that no table can hold")
        demand(all(0 < f.sequence - o.base < 2**63 for o, f in last), "a number that no table can hold")
        return read
    finally:
        spool.close()
