"""Azure virtual network flow logs, version 4: blobs of JSON with tuples that say who began."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from flowlens.flows.body import FlowBody
from flowlens.flows.columns import Format
from flowlens.flows.reading import About, documents, tuples
from flowlens.flows.reading.shapes import members, word
from flowlens.flows.reading.tally import Tally

# https://learn.microsoft.com/azure/network-watcher/vnet-flow-logs-overview, "Log format"
_FIELDS = "time src dst src_port dst_port protocol direction state encryption packets octets packets_back octets_back"
_DIALECT = tuples.Dialect(Format.AZURE_VNET, tuple(_FIELDS.split()), per_second=1000)


def recognises(first: bytes) -> bool:
    """By the name of a member that no other log has."""
    return b'"flowLogResourceID"' in first or b'"flowRecords"' in first


def read(stream: BinaryIO, about: About, tally: Tally) -> Iterator[FlowBody]:
    """Two flows for each tuple that was answered, one for each that was not; a record is a body, named by its octets.

    Denied tuples are marked as `rejected`: attempts. Those without counters are left out as `begun`. Malformed as
    documents says.
    """
    found = _tuples(documents.records(stream, tally, within=about.within), tally)
    yield from tuples.flows(found, _DIALECT, tally)


def _tuples(records: Iterator[documents.Record], tally: Tally) -> Iterator[tuples.Told]:
    """Each interface is an exporter of its own: two that see one conversation are two observers."""
    for found in records:
        record = found.content
        owner = f"azure:{word(record, 'targetResourceID')}/{word(record, 'macAddress')}"
        content = record.get("flowRecords")
        for flow in members(content, "flows", tally):
            for group in members(flow, "flowGroups", tally):
                yield tuples.Told(found, owner, group.get("flowTuples"))
