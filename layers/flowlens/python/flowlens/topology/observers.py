"""Which of several sources counts for a dependency: one for each hour and direction, and one for its flows.

The function `observed` of the database says the same of rows there.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from flowlens.topology.edges import Ints, Mask

_LARGEST = np.iinfo(np.int64).max
_MOST = (1 << 62) - 1  # of one source in an hour: sums over the three hours that two hours touch fit 64 bits
_LOW = (1 << 32) - 1
_SUMS = ("octets_sent", "octets_received", "packets_sent", "packets_received", "packets_seen", "flows")
Columns = Mapping[str, Ints]


def counted(seen: Columns) -> dict[str, Ints]:
    """What each dependency carried, by id, of what each source saw in parts of at most three hours.

    A source counts for a direction of which it saw anything, best at the lowest sampling rate, then by packets and
    octets; the first of equals is that of the lower number.
    """
    rows = summed(seen)
    if not len(rows["id"]):
        return dict.fromkeys(("id", "octets", "packets", "flows"), rows["id"])
    sent, received, flows = _choices(rows)
    starts = np.flatnonzero(_fresh(rows["id"]))

    def carried(name: str, counts: Mask) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
        values = np.where(counts, rows[name], 0).astype(np.uint64)
        return np.minimum(np.add.reduceat(values, starts), np.uint64(_LARGEST))

    def both(kind: str) -> Ints:
        total = carried(f"{kind}_sent", sent) + carried(f"{kind}_received", received)
        within: Ints = np.minimum(total, np.uint64(_LARGEST)).astype(np.int64)
        return within

    return {
        "id": rows["id"][starts],
        "octets": both("octets"),
        "packets": both("packets"),
        "flows": carried("flows", flows).astype(np.int64),
    }


def summed(seen: Columns) -> dict[str, Ints]:
    """One row of each dependency, hour and source, in this order."""
    order = np.lexsort((seen["source"], seen["hour"], seen["id"]))
    keys = {name: seen[name][order] for name in ("id", "hour", "source")}
    starts = np.flatnonzero(_fresh(*keys.values()))
    rows = {name: values[starts] for name, values in keys.items()}
    if not len(order):
        return rows | dict.fromkeys((*_SUMS, "rate"), rows["id"])
    rows["rate"] = np.maximum.reduceat(seen["rate"][order], starts)
    for name in _SUMS:
        rows[name] = _total(seen[name][order], starts)
    return rows


def _total(values: Ints, starts: Ints) -> Ints:
    """Of each group, up to _MOST; each value is at most that much."""
    if int(values.max()) < _MOST >> 32:
        found: Ints = np.add.reduceat(values, starts)
        return found
    low, high = np.add.reduceat(values & _LOW, starts), np.add.reduceat(values >> 32, starts)
    high += low >> 32
    return np.where(high > _MOST >> 32, _MOST, (np.minimum(high, _MOST >> 32) << 32) + (low & _LOW))


def _choices(rows: Columns) -> tuple[Mask, Mask, Mask]:
    """Which rows count for what was sent, for what was received, and for the flows."""
    fresh = _fresh(rows["id"], rows["hour"])
    group = np.cumsum(fresh) - 1
    alone: Mask = np.bincount(group)[group] == 1
    several = np.flatnonzero(~alone)
    some = {name: values[several] for name, values in rows.items()}

    def first(*keys: Ints | Mask) -> Mask:
        """The first of each group by the keys, then by the source, in the order of which the rows are."""
        chosen: Mask = alone.copy()
        order = np.lexsort((*reversed(keys), group[several]))
        chosen[several[order[_fresh(group[several][order])]]] = True
        return chosen

    def direction(way: str) -> Mask:
        octets, packets = some[f"octets_{way}"], some[f"packets_{way}"]
        return first((octets == 0) & (packets == 0), some["rate"], -packets, -octets)

    return direction("sent"), direction("received"), first(some["rate"], -some["packets_seen"], -some["flows"])


def _fresh(*keys: Ints) -> Mask:
    """Where a row differs from the one before."""
    fresh = np.ones(len(keys[0]), np.bool_)
    if len(fresh):
        fresh[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return fresh
