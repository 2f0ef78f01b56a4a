"""How far each exporter's numbers had come when its flows were last durable, in a small file beside the spool."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
from flowlens.flows.sequences import LIMIT, Ledger, Position
from pydantic import BaseModel, Field, ValidationError

from collector_vm import slate

NAME = "sequences"
_FEW = 256  # streams that are written at every flush; more are written once a second
_MAX_OCTETS = 8 << 20
_Word = Annotated[int, Field(ge=0, lt=2**32)]
_Count = Annotated[int, Field(ge=0, lt=2**53)]


class _Position(BaseModel):
    exporter: Annotated[str, Field(max_length=64)]
    format: Annotated[int, Field(ge=0, le=255)]
    domain: Annotated[int, Field(ge=0, lt=2**64)]
    number: _Word
    counting: Annotated[int, Field(ge=0, le=4)]
    uptime: _Word
    received: _Count
    open: _Count


class _Document(BaseModel):
    positions: Annotated[list[_Position], Field(max_length=LIMIT)]


class Keeper:
    """Writes a process's positions, whole or not at all. Not synced: after a power cut they may be older."""

    def __init__(self, directory: Path, ledger: Ledger) -> None:
        self._slate = slate.Slate(directory / NAME)
        self._ledger = ledger
        self._written = 0.0

    def flushed(self) -> None:
        """All flows that came so far are in the spool."""
        if self._ledger.streams <= _FEW or time.monotonic() - self._written >= 1:
            self.write()

    def write(self) -> None:
        self._written = time.monotonic()
        document = {"positions": [asdict(position) for position in self._ledger.positions()]}
        with suppress(OSError):  # a full disk must not stop the collector; the next flush tries again
            self._slate.write(orjson.dumps(document))


def load(paths: Iterable[Path]) -> list[Position]:
    """The newest of each stream: an exporter may come to another worker than before. What cannot be read is none."""
    newest: dict[tuple[str, int, int], Position] = {}
    for path in paths:
        try:
            read = _Document.model_validate(orjson.loads(slate.read(path, _MAX_OCTETS) or b"")).positions
        except (OSError, ValueError, ValidationError):
            continue
        for one in read:
            key = (one.exporter, one.format, one.domain)
            if key not in newest or newest[key].received < one.received:
                newest[key] = Position(**one.model_dump())
    return list(newest.values())
