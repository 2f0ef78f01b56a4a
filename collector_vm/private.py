"""Files and directories that are nobody else's: not to be read, and not to be put in a file's place by a link."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path


def directory(path: Path) -> Path:
    """Made if it is not there, for us alone. OSError when it is a link, or somebody else's."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700, parents=True)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        found = os.fstat(descriptor)
        if found.st_uid != os.geteuid():
            raise PermissionError(f"{path} belongs to another user")
        if stat.S_IMODE(found.st_mode) != 0o700:
            os.fchmod(descriptor, 0o700)
    finally:
        os.close(descriptor)
    return path


def replace(path: Path, data: bytes) -> None:
    """The file becomes this, whole or not at all; a link in its place, or beside it, is removed and never followed."""
    fresh = path.with_name(f".{path.name}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    fresh.replace(path)
