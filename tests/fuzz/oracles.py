"""What holds whatever came in: named rejections alone, counters that add up, rows within bounds."""

from __future__ import annotations

from collections import Counter

import numpy as np
from flowlens.flows.columns import SCHEMA, Columns, Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, parking, scopes
from flowlens.flows.decoding.tally import REASONS
from numpy.typing import NDArray

ROW = sum(column.dtype.itemsize for column in SCHEMA)
MOST = 64  # octets that may come out for each that came in
NAMES = frozenset(
    {
        *("flows", "options_records", "counter_samples", "drop_samples", "other_samples"),
        *("malformed", "unknown_version", "names_refused"),
        *("template_missing", "template_missing_octets", "templates_evicted"),
        *("template_redefined", "template_flapping", "templates_recalled", "templates_not_kept"),
        *(f"malformed.{reason}" for reason in REASONS),
    }
)
_KINDS = np.array(sorted(Format), np.uint8)
_DEFAULTS = {column.name: column.default for column in SCHEMA}


class Broken(AssertionError):
    """An oracle does not hold. It says which, and with which figures."""


def demand(holds: object, what: str) -> None:
    if not holds:
        raise Broken(what)


def totals(state: DecoderState, exporters: int) -> Counter[str]:
    """The counters of all exporters."""
    found: Counter[str] = Counter()
    for exporter in range(exporters):
        found.update(state.counters(exporter))
    return found


def check_rows(flows: Columns) -> None:
    """Types, shapes and ranges of what is given on."""
    demand(flows.values.keys() <= _DEFAULTS.keys(), "a column that the schema lacks")
    for column in SCHEMA:
        values = flows[column.name]
        demand(values.shape == (flows.rows,), f"{column.name}: {values.shape} for {flows.rows} rows")
        demand(values.dtype == column.dtype, f"{column.name}: {values.dtype}")
    demand(np.isin(flows["ip_version"], (0, 4, 6)).all(), "an IP version that is none")
    demand(np.isin(flows["format"], _KINDS).all(), "a format that is none")
    demand((flows["start"] <= flows["end"]).all(), "a flow that ends before it starts")
    demand((flows["sampling_rate"] > 0).all(), "a sampling rate of 0")


def check_state(state: DecoderState, exporters: int) -> None:
    """Names from the closed set, reasons that add up, memory within its caps."""
    for exporter in range(exporters):
        counters = state.counters(exporter)
        demand(counters.keys() <= NAMES, f"unnamed: {counters.keys() - NAMES}")
        demand(min(counters.values(), default=0) >= 0, "a counter below 0")
        reasons = sum(count for name, count in counters.items() if name.startswith("malformed."))
        demand(counters.get("malformed", 0) == reasons, f"malformed {counters.get('malformed')}, reasons {reasons}")
    demand(state.scopes.cost <= scopes.BUDGET, f"templates cost {state.scopes.cost}")
    demand(state.parked_octets <= exporters * parking.EXPORTER_LIMIT, f"{state.parked_octets} octets are parked")


def check_growth(before: Counter[str], after: Counter[str], batch: Datagrams, flows: Columns, ripe: int) -> None:
    """What a batch added: a row for each flow counted, a datagram malformed once, and no more out than is allowed.

    `ripe` are the octets that waited before it.
    """
    grown = after - before
    demand(not before - after, f"counters went down: {before - after}")
    demand(grown["flows"] == flows.rows, f"{grown['flows']} flows counted, {flows.rows} rows")
    strange = unknown(batch)
    demand(grown["unknown_version"] == strange, f"{grown['unknown_version']} unknown, {strange} sent")
    demand(grown["malformed"] <= batch.count - strange + ripe // parking.OVERHEAD, "more malformed than were sent")
    came = int(np.minimum(batch.lengths, batch.slots.shape[1]).sum()) + ripe
    demand(flows.rows * ROW <= MOST * came, f"{flows.rows} rows out of {came} octets")


def unknown(batch: Datagrams) -> int:
    """How many datagrams no decoder is for, found out in the plainest way."""
    count = 0
    for slot, length in zip(batch.slots[:, :4].tolist(), batch.lengths.tolist(), strict=True):
        head = bytes(slot[: min(length, 4)])
        version = int.from_bytes(head[:2], "big")
        known = version in (1, 5, 7, 9, 10) or head == b"\0\0\0\5"
        count += len(head) < 4 or not known
    return count


def prints(flows: Columns) -> NDArray[np.uint64]:
    """A number for each row that differs where any column does, sorted: rows without their order or exporter."""
    mixed = np.zeros(flows.rows, np.uint64)
    for at, column in enumerate(SCHEMA):
        values = flows.values.get(column.name)
        if column.name == "exporter" or values is None or (values == column.default).all():
            continue
        away = (values.astype(np.uint64) ^ np.uint64(column.default)) * np.uint64(0x9E37_79B9_7F4A_7C15 + 2 * at)
        mixed += (away ^ away >> np.uint64(29)) * np.uint64(0xBF58_476D_1CE4_E5B9 + 2 * at)
    return np.sort(mixed)


def same(one: Columns, other: Columns) -> str:
    """The first column in which they differ, or nothing."""
    if one.rows != other.rows:
        return f"{one.rows} and {other.rows} rows"
    for column in SCHEMA:
        if not np.array_equal(one[column.name], other[column.name]):
            return column.name
    return ""
