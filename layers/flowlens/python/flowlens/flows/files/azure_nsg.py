"""Azure network security group flow logs, version 2: blobs of JSON with tuples that say who began."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from flowlens.flows.body import FlowBody
from flowlens.flows.columns import Format
from flowlens.flows.reading import About, documents, tuples
from flowlens.flows.reading.shapes import members, word
from flowlens.flows.reading.tally import Tally

# https://learn.microsoft.com/azure/network-watcher/nsg-flow-logs-overview, "Log format". Version 1 has no counters.
_FIELDS = "time src dst src_port dst_port protocol direction decision state packets octets packets_back octets_back"
_DIALECT = tuples.Dialect(
    Format.AZURE_NSG,
    tuple(_FIELDS.split()),
    per_second=1,
    protocols={b"T": 6, b"U": 17},
    denied=("decision", b"D"),
)


def recognises(first: bytes) -> bool:
    """By the category that Azure writes into each record."""
    return b'"NetworkSecurityGroupFlowEvent"' in first


def read(stream: BinaryIO, about: About, tally: Tally) -> Iterator[FlowBody]:
    """Two flows for each tuple that was answered, one for each that was not; a record is a body, named by its octets.

    Denied tuples are marked as `rejected`: attempts. Those without counters are left out as `begun`. Malformed as
    documents says.
    """
    found = _tuples(documents.records(stream, tally, within=about.within), tally)
    yield from tuples.flows(found, _DIALECT, tally)


def _tuples(records: Iterator[documents.Record], tally: Tally) -> Iterator[tuples.Told]:
    """Each interface, by its MAC address, is an exporter of its own."""
    for found in records:
        record = found.content
        resource = word(record, "resourceId")
        for rule in members(record.get("properties"), "flows", tally):
            for flow in members(rule, "flows", tally):
                yield tuples.Told(found, f"azure:{resource}/{word(flow, 'mac')}", flow.get("flowTuples"))
