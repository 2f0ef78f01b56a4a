"""Brings back children that died, at once at first and ever slower when they die again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flowlens.model.errors import FlowLensError

_LONGEST_PAUSE = 30.0
_FORGIVEN_SECONDS = 120.0  # alive for so long, and its past is forgotten


@dataclass(slots=True, kw_only=True)
class Watched:
    """A child: how to see that it lives and how to start it again."""

    name: str
    alive: Callable[[], bool]
    restart: Callable[[], None]
    restarts: int = 0
    _streak: int = field(default=0)
    _next: float = field(default=0.0)
    _since: float = field(default_factory=time.monotonic)

    def look(self) -> str | None:
        """What was done about it, in words, when anything was."""
        now = time.monotonic()
        if self.alive():
            if self._streak and now - self._since > _FORGIVEN_SECONDS:
                self._streak = 0
            return None
        if now < self._next:
            return None
        self._streak += 1
        self.restarts += 1
        self._next = now + min(_LONGEST_PAUSE, 2.0**self._streak)
        self._since = now
        try:
            self.restart()
        except FlowLensError as refused:
            return f"{self.name} had stopped and cannot be started: {refused}"
        return f"{self.name} had stopped and was started again"
