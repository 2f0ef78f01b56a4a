"""A disk that forgets: in a life it notes what each fsync made durable; after a power cut nothing else is sure.

A file holds what its last fsync covered, perhaps with some of what was written since. A name is sure when its directory
was synced after it came; one that went without a sync may be back.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from random import Random
from stat import S_ISDIR

_NAMES = "names.json"


class Disk:
    """Put into a life before it opens anything. The sync numbered `broken` fails, and forgets, as on Linux."""

    def __init__(self, directory: Path, durable: Path, *, broken: int = 0) -> None:
        self._directory, self._durable, self._broken = directory, durable, broken
        self._syncs = 0
        self._holes: dict[str, list[tuple[int, int]]] = {}  # by file: what was dropped though a later sync succeeded

    def install(self) -> None:
        os.fsync = os.fdatasync = self._sync  # type: ignore[assignment]
        remove = os.unlink

        def unlink(path: str | Path) -> None:
            self._holes.pop(Path(path).name, None)  # what comes under that name now is another file
            remove(path)

        os.unlink = unlink  # type: ignore[assignment]

    def _sync(self, descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if S_ISDIR(os.fstat(descriptor).st_mode):
            names = [file.name for file in path.iterdir()]
            _write(self._durable / _NAMES, json.dumps(names).encode())
            return
        self._syncs += 1
        now, kept = path.read_bytes(), self._durable / path.name
        before = kept.read_bytes() if kept.exists() else b""
        if self._syncs == self._broken:
            self._holes.setdefault(path.name, []).append((len(before), len(now)))
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        image = bytearray(now)
        for begin, end in self._holes.get(path.name, ()):
            image[begin:end] = bytes(min(end, len(image)) - begin)
        _write(kept, bytes(image))


def cut(directory: Path, durable: Path, chance: Random) -> None:
    """The power goes, and comes back: the directory holds what was durable, and what chance had written out besides."""
    listed = durable / _NAMES
    sure = set(json.loads(listed.read_bytes())) if listed.exists() else set()
    there = {file.name for file in directory.iterdir()}
    for name in sorted(sure | there):
        file, kept = directory / name, durable / name
        if name not in sure and chance.random() < 0.5:
            file.unlink()  # its name was never synced
        elif name in there or chance.random() < 0.5:  # or a removal that nobody synced is undone
            was = kept.read_bytes() if kept.exists() else b""
            now = file.read_bytes() if name in there else was
            file.write_bytes(_between(was, now, chance))
    shutil.rmtree(durable)
    durable.mkdir()
    for file in directory.iterdir():  # what is read back after a cut is on the disk
        shutil.copy(file, durable / file.name)
    _write(listed, json.dumps([file.name for file in directory.iterdir()]).encode())


def _between(was: bytes, now: bytes, chance: Random) -> bytes:
    """What was durable, with some of what was written since; a file overwritten in place is one or the other."""
    if now.startswith(was):
        return now[: chance.randint(len(was), len(now))]
    return chance.choice([was, now])


def _write(path: Path, data: bytes) -> None:
    """Whole, or as it was, if the life is killed meanwhile."""
    beside = path.with_name(path.name + ".beside")
    beside.write_bytes(data)
    beside.replace(path)
