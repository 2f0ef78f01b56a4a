"""The topology: who talks to whom, grouped and bounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flowlens.access.actor import Actor
from flowlens.store.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What to show."""

    now: datetime
    at: datetime | None
    start: datetime | None
    end: datetime | None
    grouped: bool
    expand: tuple[str, ...]
    space: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class Answer:
    change: str

    def document(self) -> dict[str, object]:
        return {}


def read(conn: Connection, actor: Actor, view: View) -> Answer:
    return Answer("")
