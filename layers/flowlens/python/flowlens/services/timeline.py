"""The time under the map: how much was carried when, and when dependencies came and went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flowlens.access.actor import Actor
from flowlens.model.errors import Invalid
from flowlens.services import seeing
from flowlens.services.steps import MINUTES_KEPT, ceil, floor
from flowlens.store import timeline as store
from flowlens.store.connection import Connection, actor_transaction
from flowlens.store.timeline import Steps
from flowlens.store.topology import limit_time

MAX_WINDOW = timedelta(days=366)
_MOST_STEPS = 200
_STEPS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720, 1440, 2880, 10080))
_BY_MINUTES = timedelta(hours=2)  # longer windows are read from the hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A window, and which dependencies."""

    now: datetime
    start: datetime
    end: datetime | None = None
    space: int | None = None
    q: str | None = None

    def steps(self) -> tuple[datetime, datetime, timedelta]:
        """The window rounded outwards to steps, of which there are at most 200."""
        end = self.end or self.now
        length = end - self.start
        if not timedelta(0) < length <= MAX_WINDOW:
            raise Invalid(f"from must lie before to, by at most {MAX_WINDOW.days} days")
        minutes = length <= _BY_MINUTES and self.start >= self.now - MINUTES_KEPT
        least = timedelta(0) if minutes else timedelta(hours=1)
        step = next((s for s in _STEPS if s >= least and length / s < _MOST_STEPS), _STEPS[-1])
        return floor(self.start, step), ceil(end, step), step


@dataclass(slots=True)
class _Memory:
    """The last answer, for a minute: whoever looks at the map asks for the same window, and it is dear to sum."""

    of: tuple[object, ...] | None = None
    until: datetime | None = None
    known: dict[str, object] | None = None


_MEMORY = _Memory()
_KEPT = timedelta(minutes=1)
_MAX_MILLISECONDS = 20_000  # less than the gateway waits


def read(conn: Connection, actor: Actor, asked: Asked) -> dict[str, object]:
    """As columns, at most a minute old; a step in which nothing happened is a row of zeros."""
    of = (conn, actor.tenant, actor.limits, asked.steps(), asked.q, asked.space)
    if _MEMORY.of == of and _MEMORY.until is not None and asked.now < _MEMORY.until and _MEMORY.known is not None:
        return _MEMORY.known
    _MEMORY.known = _read(conn, actor, asked)
    _MEMORY.of, _MEMORY.until = of, asked.now + _KEPT
    return _MEMORY.known


def _read(conn: Connection, actor: Actor, asked: Asked) -> dict[str, object]:
    start, end, step = asked.steps()
    with actor_transaction(conn, actor) as conn:
        limit_time(conn, _MAX_MILLISECONDS)
        chosen = None
        if asked.q or asked.space is not None or actor.view:
            chosen = seeing.chosen(conn, actor, q=asked.q, space=asked.space)
        steps = Steps(start, end, step, chosen)
        traffic = {one.t: one for one in store.traffic(conn, actor.tenant, steps)}
        changes = {one.t: one for one in store.changes(conn, actor.tenant, steps, now=asked.now)}
    times = [start + i * step for i in range(max(1, (end - start) // step))]
    return {
        "step_seconds": int(step.total_seconds()),
        "t": times,
        "octets": [traffic[t].octets if t in traffic else 0 for t in times],
        "flows": [traffic[t].flows if t in traffic else 0 for t in times],
        "added": [changes[t].added if t in changes else 0 for t in times],
        "gone": [changes[t].gone if t in changes else 0 for t in times],
    }
