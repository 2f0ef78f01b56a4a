"""Flows whose sampling rate is not known yet, and the rates that options data taught since.

NetFlow v9 and IPFIX say the rate in options data, which may come after the flows. What was counted meanwhile is kept
apart, with PENDING for a rate, until the rate is known (see services/rates.py) or never is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Columns, Format, RateSource
from flowlens.flows.conversations import MOST, PENDING, Delta, Origin, Rows, fold

_VOLUMES = ("octets_sent", "octets_received", "packets_sent", "packets_received")
_MOST_RATES = 64  # of one record: who says more says nothing


@dataclass(frozen=True, slots=True)
class Learned:
    """A rate that options data gave a source, and when its first flow with that rate was received (ms since 1970)."""

    source: int
    rate: int
    received: int


@dataclass(frozen=True, slots=True)
class Late:
    """A rate that came late: it holds for what the source sent in these minutes (since 1970), both ends included."""

    rate: int
    first: int
    last: int


def fold_rated(flows: Columns, origin: Origin) -> Delta:
    """One record, with what has no rate yet in rows of its own."""
    pending = _pending(flows)
    if not pending.any():
        return fold(flows, origin)
    if pending.all():
        return _marked(fold(flows, origin))
    known, unknown = fold(flows.take(~pending), origin), _marked(fold(flows.take(pending), origin))
    return Delta(
        _joined(known.rows, unknown.rows),
        known.flows + unknown.flows,
        known.without_address + unknown.without_address,
        known.denied + unknown.denied,
        known.clamped + unknown.clamped,
        _joined(known.attempts, unknown.attempts),
    )


def _pending(flows: Columns) -> NDArray[np.bool_]:
    kind = flows["format"]
    optional = (kind == Format.NETFLOW9) | (kind == Format.IPFIX)
    pending: NDArray[np.bool_] = optional & (flows["rate_source"] == RateSource.UNKNOWN) & (flows["sampling_rate"] <= 1)
    return pending


def _marked(delta: Delta) -> Delta:
    if delta.rows:
        delta.rows["rate"] = np.full(len(delta.rows["minute"]), PENDING, np.int64)
    return delta


def _joined(one: Rows, other: Rows) -> Rows:
    if not one or not other:
        return one or other
    return {name: np.concatenate([values, other[name]]) for name, values in one.items()}


def learned(flows: Columns, sources: NDArray[np.int64]) -> list[Learned]:
    """The rates that options data gave the flows of a record; `sources` by exporter index."""
    told = flows["rate_source"] == RateSource.OPTIONS
    if not told.any():
        return []
    some = flows.take(told)
    key = some["exporter"].astype(np.uint64) << np.uint64(32) | some["sampling_rate"].astype(np.uint64)
    rates, place = np.unique(key, return_inverse=True)
    first = np.full(len(rates), np.iinfo(np.int64).max)
    np.minimum.at(first, place, some["received"].astype(np.int64))
    return [
        Learned(int(sources[rate >> 32]), rate & 0xFFFF_FFFF, received)
        for rate, received in zip(rates.tolist()[:_MOST_RATES], first.tolist(), strict=False)
    ]


def corrected(rows: Rows, late: Mapping[int, Late]) -> Rows:
    """Rows to be written, with the rates that came late; those for which none came stay as they are."""
    pending = rows["rate"] == PENDING
    if not late or not pending.any():
        return rows
    rate = np.where(pending, 1, 0)
    for source, one in late.items():
        mine = pending & (rows["source"] == source) & (rows["minute"] >= one.first) & (rows["minute"] <= one.last)
        rate = np.where(mine, one.rate, rate)
    times = np.maximum(rate, 1)
    grown = {name: np.where(rows[name] > MOST // times, MOST, rows[name] * times) for name in _VOLUMES}
    return rows | grown | {"rate": np.where(rate > 1, rate, rows["rate"])}


def unrated(rows: Rows) -> list[int]:
    """The sources that have anything without a rate."""
    found: list[int] = np.unique(rows["source"][rows["rate"] == PENDING]).tolist()
    return found
