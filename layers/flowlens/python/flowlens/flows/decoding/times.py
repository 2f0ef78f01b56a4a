"""When a flow began and ended, by its exporter's clock, from whichever elements say so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Values
from flowlens.flows.decoding import elements
from flowlens.flows.decoding.fields import Fields

Millis = NDArray[np.int64]
LAST = 253_402_300_799_999  # 9999-12-31, ms since 1970 UTC
_NTP_EPOCH = 2_208_988_800  # s from 1900 to 1970
_PLAIN_BELOW = 1 << 62  # an NTP time stamp of after 1968 is above, a count since 1970 is below until 2116


@dataclass(frozen=True, slots=True)
class Export:
    """When each record was exported (ms since 1970 UTC), and its exporter's uptime then, where that is known."""

    at: Millis
    uptime: NDArray[np.uint32]
    uptime_known: NDArray[np.bool_]


def since_boot(at: Millis, uptime: NDArray[np.uint32], moment: Values) -> Millis:
    """The time of an uptime: the signed 32-bit difference to the export makes the wrap after 49.7 days vanish."""
    return at - (uptime - moment.astype(np.uint32)).view(np.int32)


def span(fields: Fields, export: Export) -> tuple[Millis, Millis]:
    """Start and end of each record, in order. What is not said is the other end, or else the export."""
    if not says_when(fields):
        return export.at, export.at
    start, end = _clock(fields, "start", export), _clock(fields, "end", export)
    if start is None and end is None:
        start, end = _uptimes(fields, export)
    duration = fields.uint(elements.DURATION)
    if duration is not None:
        length = np.minimum(duration, 0xFFFF_FFFF).astype(np.int64)
        if end is None and start is not None:
            end = start + length
        elif end is not None and start is None:
            start = end - length
    end = end if end is not None else start if start is not None else export.at
    start = start if start is not None else end
    return np.minimum(start, end), np.maximum(start, end)


def says_when(fields: Fields) -> bool:
    """Whether the records carry any time of their own."""
    return not fields.disjoint(elements.SAYS_WHEN)


def _clock(fields: Fields, which: str, export: Export) -> Millis | None:
    """From an absolute time stamp, or from an offset to the export time. A time stamp of 0 is the export time."""
    for element, (end, unit) in elements.CLOCKS.items():
        values = fields.uint(element) if end in (which, "both") else None
        if values is not None:
            said = _millis(values, element, unit)
            found: Millis = np.where(said == 0, export.at, said)
            return found
    for element, end in elements.OFFSETS.items():
        micros = fields.uint(element) if end == which else None
        if micros is not None:
            before: Millis = np.minimum(micros // np.uint64(1000), 0xFFFF_FFFF).astype(np.int64)
            return export.at - before
    return None


def _millis(values: NDArray[np.uint64], element: int, unit: int) -> Millis:
    if element not in elements.NTP:
        scale = max(unit // 10**6, 1)
        return np.minimum(values, np.uint64(LAST // scale)).astype(np.int64) * scale
    plain = np.minimum(values // np.uint64(10**6 // unit), LAST).astype(np.int64)
    seconds = (values >> np.uint64(32)).astype(np.int64) - _NTP_EPOCH
    parts = ((values & np.uint64(0xFFFF_FFFF)) * np.uint64(1000)) >> np.uint64(32)
    return np.where(values < _PLAIN_BELOW, plain, seconds * 1000 + parts.astype(np.int64))


def _uptimes(fields: Fields, export: Export) -> tuple[Millis | None, Millis | None]:
    """From 22 and 21. Where the uptime at export is not known, the end is the export and the duration stays true."""
    first, last = fields.raw(elements.UPTIME_START), fields.raw(elements.UPTIME_END)
    if first is None or last is None:
        single = first if first is not None else last
        if single is None:
            return None, None
        first = last = single
    export = _rebased(fields, export)
    start, end = (since_boot(export.at, export.uptime, moment) for moment in (first, last))
    if export.uptime_known.all():
        return start, end
    length = (last.astype(np.uint32) - first.astype(np.uint32)).view(np.int32)
    unsure = export.at - np.maximum(length, 0)
    return np.where(export.uptime_known, start, unsure), np.where(export.uptime_known, end, export.at)


def _rebased(fields: Fields, export: Export) -> Export:
    """With the uptime that follows from element 160 in the records themselves, if they have it."""
    init = fields.uint(elements.SYSTEM_INIT)
    if init is None:
        return export
    return Export(
        export.at, uptime_at(export.at, np.minimum(init, LAST).astype(np.int64)), np.ones(len(init), np.bool_)
    )


def uptime_at(at: Millis, init: Millis) -> NDArray[np.uint32]:
    """The 32-bit uptime of a system that began at `init`."""
    return ((at - init) & 0xFFFF_FFFF).astype(np.uint32)
