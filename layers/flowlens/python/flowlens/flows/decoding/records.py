"""Data records of one layout, written as rows: what NetFlow v9 and IPFIX have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Columns, Initiator, RateSource, Values
from flowlens.flows.decoding import elements
from flowlens.flows.decoding.fields import Fields
from flowlens.flows.decoding.rare import write_rare
from flowlens.flows.decoding.rows import IS_ICMP, NOT_ICMP, Rows, turned
from flowlens.flows.decoding.times import Export, says_when, span

_INITIATORS = np.array([Initiator.UNKNOWN, Initiator.SOURCE, Initiator.DESTINATION, Initiator.UNKNOWN], np.uint8)
_OTHER_END = np.array([Initiator.UNKNOWN, Initiator.DESTINATION, Initiator.SOURCE], np.uint8)


def write(rows: Rows, at: slice, fields: Fields, export: Export) -> None:
    """Fills the rows `at` with what the elements say."""
    for column, sources in elements.COUNTERS.items():
        values = next((fields.raw(element) for element in sources if element in fields), None)
        if values is not None:
            rows.put(column, at, values)
    for column in fields.fill(elements.PLAIN_OF):
        values = fields.first_set(elements.PLAIN[column])
        if values is not None:
            rows.put(column, at, values)
    direction = fields.raw(elements.SAID["direction"][0])
    if direction is not None:
        rows.put("direction", at, direction)
    _write_addresses(rows, at, fields)
    write_rare(rows, at, fields)
    rows["start"][at], rows["end"][at] = span(fields, export)
    rows.settle_icmp(at, icmp(fields))


def write_reverse(forward: Columns, fields: Fields, export: Export) -> Columns:
    """The other direction of the rows of a biflow (RFC 5103); one in which nothing flowed has 0 packets."""
    rows = Rows(forward.rows, {name: np.array(column) for name, column in turned(forward).values.items()})
    everything = slice(0, forward.rows)
    for name in ("octets", "packets", "tcp_flags", "end_reason"):
        rows.values.pop(name, None)
    for table in (elements.COUNTERS, elements.PLAIN, elements.SAID):
        for column, sources in table.items():
            values = fields.first_set(sources)
            if values is not None:
                rows.put(column, everything, values)
    write_rare(rows, everything, fields)
    if says_when(fields):
        rows["start"][:], rows["end"][:] = span(fields, export)
    types = icmp(fields)
    if types is not None:
        said = IS_ICMP[rows["protocol"]]
        rows["icmp"][said] = types[said]
    if "initiator" in rows.values:
        rows.values["initiator"] = _OTHER_END[rows["initiator"]]
    return rows.columns()


def write_initiator(rows: Rows, at: slice, fields: Fields, *, biflow: bool) -> None:
    """From biflowDirection (239). Else a biflow begins at its source (RFC 5103 section 5), as a firewall's does."""
    said = fields.raw(elements.BIFLOW_DIRECTION)
    if said is not None:
        rows["initiator"][at] = _INITIATORS[np.minimum(said, 3).astype(np.intp)]
    elif biflow or elements.FIREWALL_EVENT in fields:
        rows["initiator"][at] = Initiator.SOURCE


def write_rate(rows: Rows, at: slice, learnt: int) -> None:
    """The one rate of all these rows, or 0."""
    if learnt and at.stop > at.start:
        rows["sampling_rate"][at] = min(learnt, np.iinfo(np.uint32).max)
        rows["rate_source"][at] = RateSource.OPTIONS


def write_rates(rows: Rows, at: slice, stated: NDArray[np.uint64] | None, learnt: NDArray[np.uint64]) -> None:
    """The record's own rate, else the one that options data gave; a rate that nobody gave is 1 and UNKNOWN."""
    rate = learnt if stated is None else np.where(stated > 0, stated, learnt)
    if not rate.any():
        return
    source = np.where(rate > 0, np.uint8(RateSource.OPTIONS), np.uint8(RateSource.UNKNOWN))
    if stated is not None:
        source[stated > 0] = RateSource.RECORD
    rows.put("sampling_rate", at, np.maximum(rate, np.uint64(1)))
    rows["rate_source"][at] = source


def icmp(fields: Fields) -> Values | None:
    """What the records say of ICMP's type and code."""
    if fields.disjoint(elements.ICMP):
        return None
    found = fields.first_set(elements.ICMP_BOTH)
    for kind, code in elements.ICMP_APART:
        types, codes = fields.uint(kind), fields.uint(code)
        if found is None and types is not None:
            found = (types << np.uint64(8)) | (np.uint64(0) if codes is None else codes)
    return None if found is None else np.minimum(found.astype(np.uint64), NOT_ICMP)


def _write_addresses(rows: Rows, at: slice, fields: Fields) -> None:
    four = elements.SRC4 in fields or elements.DST4 in fields
    six = elements.SRC6 in fields or elements.DST6 in fields
    if four:
        _write_family4(rows, at, fields)
        rows["ip_version"][at] = 4
    if six and not four:
        _write_family6(rows, at, fields)
        rows["ip_version"][at] = 6
    if six and four:
        _write_either(rows, at, fields)


def _write_family4(rows: Rows, at: slice, fields: Fields) -> None:
    for end, element in (("src", elements.SRC4), ("dst", elements.DST4)):
        values = fields.raw(element)
        if values is not None:
            rows.put_ipv4(end, at, values)
    hop = fields.first_set(elements.NEXT_HOP4)
    if hop is not None and hop.any():
        rows.put("next_hop_low", at, np.where(hop == 0, np.uint64(0), hop | np.uint64(0xFFFF_0000_0000)))


def _write_family6(rows: Rows, at: slice, fields: Fields) -> None:
    for end, element in (("src", elements.SRC6), ("dst", elements.DST6)):
        halves = fields.halves(element)
        if halves is not None:
            rows.put_ipv6(end, at, halves)
    hop = next((fields.halves(element) for element in elements.NEXT_HOP6 if element in fields), None)
    if hop is not None:
        rows.put_ipv6("next_hop", at, hop)


def _write_either(rows: Rows, at: slice, fields: Fields) -> None:
    """A template with both families: IPv6 where ipVersion says so, or where the IPv6 addresses are not all zero."""
    count = len(rows["ip_version"][at])
    other, whole = Rows(count), slice(0, count)
    _write_family6(other, whole, fields)
    version = fields.raw(elements.IP_VERSION)
    six = np.zeros(count, np.bool_)
    for name in ("src_high", "src_low", "dst_high", "dst_low"):
        six |= other[name] != 0
    if version is not None:
        six = (version == 6) | (six & (version != 4))
    for name, values in other.values.items():
        rows[name][at][six] = values[six]
    rows["ip_version"][at][six] = 6
