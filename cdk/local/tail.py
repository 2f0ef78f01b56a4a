"""Follows a log: what was written to it since somebody last looked."""

from __future__ import annotations

from pathlib import Path


class Tail:
    """Begins at the log's present end. A log that became shorter was trimmed, and is read from its beginning."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._at = self._size()

    def lines(self) -> list[str]:
        """The lines that were completed since the last call."""
        size = self._size()
        if size < self._at:
            self._at = 0
        if size == self._at:
            return []
        with self._log.open("rb") as file:
            file.seek(self._at)
            whole, newline, _ = file.read(size - self._at).rpartition(b"\n")
        self._at += len(whole) + len(newline)
        return whole.decode(errors="replace").splitlines()

    def _size(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0
