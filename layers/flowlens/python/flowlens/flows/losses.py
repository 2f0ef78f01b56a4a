"""The equation of loss: what an exporter sent is what came, and what was lost by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from flowlens.flows.windows import Window

_BY_UNIT = {
    "sent": "sequence_sent",
    "lost": "sequence_lost",
    "down": "collector_down",
    "open": "sequence_open",
    "again": "sequence_duplicate",
}
_BY_NAME = {
    "uncertain": "sequence_uncertain_flows",
    "duplicate": "sequence_duplicate",
    "reordered": "sequence_reordered",
    "restarts": "sequence_restarts",
    "jumps": "sequence_jumps",
    "outside": "sequence_outside",
    "untracked": "sequence_untracked",
}
# Datagrams with a sequence number that the ledger could not read, or did not believe.
_UNNUMBERED = ("not_enrolled", "unknown_version", "malformed.header", "malformed.agent", "sequence_outside")
_FLOWS_MISSING = (
    "sequence_lost_flows",
    "collector_down_flows",
    "sequence_open_flows",
    "sequence_uncertain_flows",
    "sequence_unread_flows",
)
_LOST = (  # flows, or samples, one by one
    "sequence_lost_flows",
    "collector_down_flows",
    "sequence_unread_flows",
    "flows_spool_full",
    "samples_lost",
)
_UNREAD = ("truncated", "rate_limited", "capture_dropped")  # datagrams, or packets, that nobody looked into
_DATAGRAMS_MISSING = ("sequence_lost_datagrams", "collector_down_datagrams", "sequence_open_datagrams")


@dataclass(frozen=True, slots=True)
class Interval:
    """How many flows of an exporter are lost: so many at least, so many at most, and what that comes to on average."""

    least: int
    most: int | None  # None: nobody knows
    estimate: int


def lost_flows(counters: Mapping[str, int]) -> Interval:
    """Flows that an exporter sent and nobody counted, as narrow as its numbers allow.

    NetFlow v5 and v7 number flows, so that both ends meet. Of IPFIX only the upper end of some losses is known, of
    sFlow the samples; of datagrams that were lost nobody knows how many flows they had, nor what a jump of numbers hid.
    """
    least = _sum(counters, _LOST)
    between = _sum(counters, ("sequence_uncertain_flows", "sequence_open_flows", "samples_open"))
    without = 0 if counters.get("samples_sent") else _sum(counters, _DATAGRAMS_MISSING) + _sum(counters, _UNREAD)
    numbered = counters.get("sequence_sent_flows", 0) > 0
    unknown = 0 if numbered and not _sum(counters, _DATAGRAMS_MISSING) else without
    mean = counters.get("flows", 0) / max(counters.get("received", 0), 1)
    most = None if unknown or counters.get("sequence_jumps") else least + between
    return Interval(least, most, least + round(between / 2 + unknown * mean))


def residual_datagrams(counters: Mapping[str, int]) -> int:
    """Of an exporter that numbers its datagrams (NetFlow v9, sFlow): those that no name accounts for. It is 0."""
    twice = ("sequence_duplicate", "sequence_untracked")
    came = counters.get("received", 0) - _sum(counters, _UNNUMBERED) - _sum(counters, twice)
    return counters.get("sequence_sent_datagrams", 0) - _sum(counters, _DATAGRAMS_MISSING) - came


def residual_flows(counters: Mapping[str, int]) -> int:
    """Of an exporter that numbers its flows (NetFlow v5 and v7): those that no name accounts for. It is 0."""
    came = counters.get("flows", 0) - counters.get("sequence_duplicate_flows", 0)
    return counters.get("sequence_sent_flows", 0) - _sum(counters, _FLOWS_MISSING) - came


def _sum(counters: Mapping[str, int], names: tuple[str, ...]) -> int:
    return sum(counters.get(name, 0) for name in names)


def named(window: Window, *, flows: bool) -> Counter[str]:
    """What a window counted, by the names of the report."""
    counts = Counter(window.counts)
    counts.update(sent=window.next - window.base, open=window.open)
    if not flows:
        del counts["again"]  # each is one, and counted as such
    unit = "flows" if flows else "datagrams"
    found = {f"{_BY_UNIT[name]}_{unit}" if name in _BY_UNIT else _BY_NAME[name]: n for name, n in counts.items() if n}
    return Counter(found)
