"""A worker's state in a small file that the parent reads, for as long as it is fresh."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from flowlens.flows import report
from flowlens.flows.report import Report
from flowlens.model.errors import Malformed
from pydantic import BaseModel

from collector_vm import slate

FRESH_SECONDS = 10.0
_NAME = "status"
_MOST = 16 << 20  # octets


class Gauges(BaseModel):
    """What goes up and down."""

    pid: int = 0
    at_ms: int = 0
    spool_bytes: int = 0
    spool_waiting: int = 0
    spool_oldest_seconds: float = 0.0
    spool_full: bool = False
    spool_unreadable: int = 0
    parked_octets: int = 0
    receive_buffer: int = 0
    resident_bytes: int = 0
    capturing: int = 0  # interfaces whose packets are looked at
    compiled: bool = False  # whether the compiled kernel decodes, or NumPy


@dataclass(frozen=True, slots=True)
class Status:
    gauges: Gauges
    reports: list[Report] = field(default_factory=list)

    @property
    def fresh(self) -> bool:
        return time.time() * 1000 - self.gauges.at_ms < FRESH_SECONDS * 1000


class Writer:
    """Of one worker."""

    def __init__(self, directory: Path) -> None:
        self._slate = slate.Slate(directory / _NAME)

    def write(self, gauges: Gauges, reports: list[Report]) -> None:
        parts = [orjson.Fragment(report.encode(part)) for part in reports]
        self._slate.write(orjson.dumps({"gauges": gauges.model_dump(), "reports": parts}))


def read(directory: Path) -> Status | None:
    """None when there is none yet, or none that can be read."""
    try:
        document = orjson.loads(slate.read(directory / _NAME, _MOST) or b"")
        parts = [report.decode(orjson.dumps(part)) for part in document["reports"]]
        return Status(Gauges.model_validate(document["gauges"]), parts)
    except (OSError, ValueError, KeyError, Malformed):
        return None
