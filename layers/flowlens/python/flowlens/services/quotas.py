"""Every request of somebody takes from their quotas, before anything else of it costs something."""

from __future__ import annotations

import time

from flowlens.access.actor import Actor
from flowlens.access.quotas import POINTS, SECONDS, Left, Quota, Standing, Weight, shares
from flowlens.tables import quotas as table


def take(name: str, quotas: tuple[Quota, ...], actor: Actor, weight: Weight) -> Standing:
    """What is left afterwards, or what stands in the way; Unreachable when the table of this name does not answer."""
    now = time.time()
    start = int(now // SECONDS) * SECONDS
    wanted, points = shares(quotas, actor, weight), POINTS[weight]
    most = {share.counter: share.quota.most for share in wanted}
    found = table.take(name, f"quota/{actor.tenant}", start, most, points, seconds=SECONDS)
    left = tuple(Left(one.quota, max(0, one.quota.most - found.counted[one.counter])) for one in wanted)
    refused = None if found.taken else _first(left, points)
    return Standing(left, max(1, int(start + SECONDS - now)), refused)


def _first(left: tuple[Left, ...], points: int) -> str:
    """The name of the quota that stood in the way."""
    return next((one.quota.name for one in left if one.points < points), left[0].quota.name)
