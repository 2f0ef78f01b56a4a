"""How far each shard has been processed: written by the poller, read by the emulated stream, kept over restarts."""

from __future__ import annotations

import json
import threading
from pathlib import Path


class Checkpoints:
    """One small JSON file. A checkpoint that is a little old is harmless: records are counted once by their ledger."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def load(self) -> dict[str, int]:
        try:
            return {str(name): int(sequence) for name, sequence in json.loads(self._path.read_bytes()).items()}
        except (FileNotFoundError, ValueError):
            return {}

    def get(self, stream: str, shard: str) -> int:
        """The last sequence number that was processed; 0 when none was."""
        return self.load().get(f"{stream}/{shard}", 0)

    def set(self, stream: str, shard: str, sequence: int) -> None:
        with self._lock:
            everything = {**self.load(), f"{stream}/{shard}": sequence}
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside = self._path.with_suffix(".new")
            beside.write_text(json.dumps(everything))
            beside.replace(self._path)
