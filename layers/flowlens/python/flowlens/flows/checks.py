"""Whether an exporter's sampling rate is true, out of what collectors counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Compared:
    """What was counted, what the samples of the same time stand for, and how often the two turned out not to agree."""

    counted: int
    sampled: int
    disagreements: int


@dataclass(frozen=True, slots=True)
class Check:
    """None is what the exporter does not say."""

    pool: Compared | None
    packets: Compared | None
    octets: Compared | None
    verdict: Literal["agrees", "disagrees", "unknown"]


def check(counters: Mapping[str, int]) -> Check:
    pool = _compared(counters, "samples_pool_packets", "samples_claimed_packets", "sampling_disagreements")
    packets, octets = (
        _compared(counters, f"interface_counted_{unit}", f"interface_sampled_{unit}", "interface_disagreements")
        for unit in ("packets", "octets")
    )
    known = [one for one in (pool, packets, octets) if one is not None]
    wrong = any(one.disagreements for one in known)
    return Check(pool, packets, octets, "disagrees" if wrong else "agrees" if known else "unknown")


def _compared(counters: Mapping[str, int], counted: str, sampled: str, disagreements: str) -> Compared | None:
    if not counters.get(counted):
        return None
    return Compared(counters[counted], counters.get(sampled, 0), counters.get(disagreements, 0))
