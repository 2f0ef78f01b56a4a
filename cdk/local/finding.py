"""One thing that the doctor saw."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` is a sentence about how it is; `todo` one about what to do, when there is anything to do."""

    level: Level
    what: str
    todo: str = ""


def ok(what: str) -> Finding:
    return Finding(Level.OK, what)


def warn(what: str, todo: str) -> Finding:
    return Finding(Level.WARN, what, todo)


def fail(what: str, todo: str) -> Finding:
    return Finding(Level.FAIL, what, todo)
