"""What AWS flow logs say besides flows: whose an interface is, the way packets take, what stood between."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from flowlens.flows.columns import Columns, Values
from flowlens.flows.reading.cells import Cells, Table
from flowlens.flows.reading.noting import Notes, Said, address
from flowlens.flows.reading.octets import Mask
from flowlens.flows.sightings import Kind, Sighting

# Fields that say whose the interface is, so that they are of its own address.
_OF_INTERFACE = {
    "interface-id": Kind.AWS_INTERFACE,
    "instance-id": Kind.AWS_INSTANCE,
    "vpc-id": Kind.AWS_VPC,
    "subnet-id": Kind.AWS_SUBNET,
    "az-id": Kind.AWS_ZONE,
    "ecs-cluster-name": Kind.ECS_CLUSTER,
    "ecs-service-name": Kind.ECS_SERVICE,
    "ecs-task-definition-arn": Kind.ECS_TASK,
}
_OF_ENDS = {"pkt-src-aws-service": "src", "pkt-dst-aws-service": "dst"}
_OF_EDGES = {"reject-reason": Kind.REJECT_REASON, "encryption-status": Kind.ENCRYPTION}
# https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html; 1 (within the VPC) goes without saying.
_PATHS = {
    2: "internet gateway or gateway endpoint",
    3: "virtual private gateway",
    4: "peering within the region",
    5: "peering between regions",
    6: "local gateway",
    7: "gateway endpoint",
    8: "internet gateway",
}
_ENCRYPTIONS = {"0": "", "1": "by Nitro", "2": "by the application", "3": "by Nitro and the application"}


def notes(table: Table, flows: Columns, exporters: list[str], good: Mask) -> Iterator[Sighting]:
    """Of the rows that are flows (`good`)."""
    notes = Notes(flows, exporters)
    yield from _interfaces(notes, table, flows, good)
    for name, end in _OF_ENDS.items():
        cells = table.columns.get(name)
        if cells is not None:
            rows = good & ~cells.equals(b"-")
            ends = (flows[f"{end}_high"], flows[f"{end}_low"])
            yield from notes.of_addresses(Kind.AWS_SERVICE, rows, ends, list(cells.marks()), cells.at)
    yield from _ways(notes, table, flows, good)


def _interfaces(notes: Notes, table: Table, flows: Columns, good: Mask) -> Iterator[Sighting]:
    """An interface's own address is the one at its side: where what leaves it comes from.

    What is said of an interface is taken from one row of each part of a log: it does not change from flow to flow.
    """
    named = {kind: table.columns[name] for name, kind in _OF_INTERFACE.items() if name in table.columns}
    leaves = flows["direction"] == 1
    rows = good & (leaves | (flows["direction"] == 0))
    if not named or not rows.any():
        return
    chosen = list(notes.by_exporter(rows, leaves))
    at = np.fromiter((row for row, _, _ in chosen), np.intp, len(chosen))
    own = _own(flows.take(at), leaves[at])
    for (row, first, last), where in zip(chosen, own, strict=True):
        for kind, cells in named.items():
            yield from notes.of_address(kind, row, where, cells.at(row), (first, last))


def _own(flows: Columns, leaves: Mask) -> list[str]:
    """The interfaces' addresses, which may not be the packets'."""
    halves = []
    other = np.where(leaves, *(flows[f"nat_{e}_high"] | flows[f"nat_{e}_low"] for e in ("src", "dst"))) != 0
    for half in ("high", "low"):
        beside = np.where(leaves, flows[f"nat_src_{half}"], flows[f"nat_dst_{half}"])
        packets = np.where(leaves, flows[f"src_{half}"], flows[f"dst_{half}"])
        halves.append(np.where(other, beside, packets).tolist())
    return [address(high, low) for high, low in zip(*halves, strict=True)]


def _ways(notes: Notes, table: Table, flows: Columns, good: Mask) -> Iterator[Sighting]:
    path = table.columns.get("traffic-path")
    if path is not None:
        number = path.numbers().values
        rows = good & (number > 1) & (number <= max(_PATHS))
        yield from notes.of_edges(Kind.PATH, rows, [number], lambda row: _PATHS[int(number[row])])
    for end in ("src", "dst"):
        high, low = flows[f"nat_{end}_high"], flows[f"nat_{end}_low"]
        rows = good & ((high != 0) | (low != 0))
        if rows.any():
            yield from notes.of_edges(Kind.VIA, rows, [high, low], _address(high, low))
    for name, kind in _OF_EDGES.items():
        cells = table.columns.get(name)
        if cells is not None:
            rows = good & ~cells.equals(b"-") & ~cells.equals(b"0")
            yield from notes.of_edges(kind, rows, list(cells.marks()), _word(cells))


def _address(high: Values, low: Values) -> Said:
    return lambda row: address(int(high[row]), int(low[row]))


def _word(cells: Cells) -> Said:
    return lambda row: _ENCRYPTIONS.get(cells.at(row), cells.at(row))
