"""The table `throttles`: how often something was tried in a stretch of time, counted atomically for the whole fleet."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model


class Throttle(Model):
    """One subject in one stretch of time; DynamoDB forgets it after `expires` (seconds since 1970)."""

    subject = UnicodeAttribute(hash_key=True)
    stretch = UnicodeAttribute(range_key=True)
    tried = NumberAttribute(default=0)
    expires = NumberAttribute()


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many times in so many seconds."""

    most: int
    seconds: int


@cache
def throttles(table: str) -> type[Throttle]:
    """The model on the table of this name, which differs by deployment."""

    class Meta:
        table_name = table
        connect_timeout_seconds = 2
        read_timeout_seconds = 5
        max_retry_attempts = 1

    return type("Throttle", (Throttle,), {"Meta": Meta})


def count(table: str, subject: str, allowance: Allowance, *, now: float | None = None) -> int:
    """Counts one more try; seconds to wait when that was one too many, 0 otherwise."""
    now = time.time() if now is None else now
    start = int(now // allowance.seconds) * allowance.seconds
    model = throttles(table)
    entry = model(subject, f"{allowance.seconds}/{start}")
    entry.update(actions=[model.tried.add(1), model.expires.set(start + 2 * allowance.seconds)])
    return 0 if entry.tried <= allowance.most else max(1, int(start + allowance.seconds - now))
