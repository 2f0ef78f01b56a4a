"""Denied attempts in the audit trail: each at once, and those that are like it as one line for each stretch of time.

Nobody makes the trail grow without bound by trying again and again, and nobody is lost in what others try: the first of
a kind is a line of its own, how often it came again is another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flowlens.store import audit, denials
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.store.denials import Attempt, Counted, Settled

STRETCH = timedelta(minutes=5)
MOST = 200  # kinds of attempts in a stretch and a tenant; beyond them all others are one kind
_SETTLED = 500  # in one transaction
_OTHERS = "others"


def note(conn: Connection, tenant: UUID, *, actor: str, action: str, target: str, detail: Mapping[str, object]) -> None:
    """An attempt that was refused, in a transaction of its own: noted at once, or counted with those that are like it.

    Alike are those of one actor with one reason; from where they come makes no other kind of them.
    """
    said = {str(name): audit.plain(value) for name, value in detail.items()}
    attempt = Attempt(str(audit.plain(actor)), str(audit.plain(action)), str(audit.plain(target)), said)
    with tenant_transaction(conn, tenant) as conn:
        key = _key(attempt)
        if denials.crowded(conn, tenant, key, most=MOST, within=STRETCH):
            attempt = Attempt("", action, _OTHERS, attempt.detail)
            key = _key(Attempt("", action, _OTHERS, {}))
        counted = denials.count(conn, tenant, key, attempt, within=STRETCH)
        if counted.times and not counted.over:
            return
        if counted.times:
            denials.noted(conn, tenant, key)
        _record(conn, tenant, attempt, counted if counted.times > 1 else None)


def settle(conn: Connection, tenant: UUID) -> int:
    """What was counted and did not come again becomes lines of the trail; says how many."""
    lines = 0
    while True:
        with tenant_transaction(conn, tenant) as conn:
            found = denials.settle(conn, tenant, within=STRETCH, limit=_SETTLED)
            for one in filter(_counted, found):
                _record(conn, tenant, one, one)
                lines += 1
        if len(found) < _SETTLED:
            return lines


def _counted(one: Settled) -> bool:
    return one.times > 0


def _key(attempt: Attempt) -> bytes:
    reason = attempt.detail.get("reason", attempt.detail.get("why"))
    said = [attempt.actor, attempt.action, attempt.target, attempt.detail.get("by"), reason]
    return hashlib.sha256(json.dumps(said).encode()).digest()


def _record(conn: Connection, tenant: UUID, attempt: Attempt, gathered: Counted | Settled | None) -> None:
    more = (
        {"times": gathered.times, "since": _text(gathered.since), "last": _text(gathered.last_at)} if gathered else {}
    )
    words = {"actor": attempt.actor, "action": attempt.action, "target": attempt.target}
    audit.record(conn, tenant, **words, detail={**attempt.detail, **more})


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
