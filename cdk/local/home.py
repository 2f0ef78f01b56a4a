"""FLOWLENS_HOME: everything one machine's FlowLens keeps, for its owner's eyes only."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowlens.model.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Home:
    """Its parts. `run.json` is there while the stack runs, and says where everything is."""

    path: Path

    @classmethod
    def chosen(cls, path: Path | None = None) -> Home:
        """What was asked for, else FLOWLENS_HOME, else .flowlens in the working directory."""
        return cls((path or Path(os.environ.get("FLOWLENS_HOME") or ".flowlens")).resolve())

    @property
    def database(self) -> Path:
        return self.path / "pg"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def archive(self) -> Path:
        return self.path / "archive"

    @property
    def spool(self) -> Path:
        return self.path / "spool"

    @property
    def streams(self) -> Path:
        return self.path / "streams"

    @property
    def checkpoints(self) -> Path:
        return self.path / "streams" / "checkpoints.json"

    @property
    def token_file(self) -> Path:
        return self.path / "admin-token"

    @property
    def sealing_file(self) -> Path:
        return self.path / "sealing-key"

    @property
    def run_file(self) -> Path:
        return self.path / "run.json"

    def make(self) -> None:
        try:
            for directory in (self.path, self.logs, self.archive, self.streams):
                directory.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
        except OSError as refused:
            reason = str(refused.strerror).lower()
            raise Invalid(f"{self.path} cannot hold the data ({reason}): choose another home with --home") from refused

    def lock(self) -> int:
        """Ours until this process ends, however it ends. Raises Conflict when somebody has it."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            where = self.running().get("url", "it is just starting or stopping")
            raise Conflict(f"FlowLens is already running with {self.path}: {where}") from None
        return descriptor

    def held(self) -> bool:
        """Whether a stack runs with this home."""
        try:
            os.close(self.lock())
        except Conflict:
            return True
        except FileNotFoundError:
            return False
        return False

    def running(self) -> dict[str, Any]:
        """What run.json says; empty when it says nothing."""
        try:
            told = json.loads(self.run_file.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}

    def write_run(self, told: Mapping[str, object]) -> None:
        self._write(self.run_file, json.dumps(told, indent=2) + "\n")

    def read_token(self) -> str | None:
        return self.token_file.read_text().strip() if self.token_file.exists() else None

    def write_token(self, token: str) -> None:
        self._write(self.token_file, token + "\n")

    def read_sealing_key(self) -> str | None:
        return self.sealing_file.read_text().strip() if self.sealing_file.exists() else None

    def write_sealing_key(self, key: str) -> None:
        self._write(self.sealing_file, key + "\n")

    def factor_key(self) -> str:
        """What second factors are derived with: made once, for they would be lost with it."""
        path = self.path / "factor-key"
        if not path.exists():
            self._write(path, secrets.token_urlsafe(32) + "\n")
        return path.read_text().strip()

    def _write(self, path: Path, text: str) -> None:
        """Whole or not at all, readable by its owner alone."""
        beside = path.with_name(path.name + ".new")
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        beside.replace(path)
