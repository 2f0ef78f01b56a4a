"""AWS VPC Flow Logs, versions 2 to 10, and Transit Gateway Flow Logs (version 6): text or Parquet, fields by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from flowlens.flows.body import FlowBody
from flowlens.flows.columns import DENIED, Columns, Format, Values
from flowlens.flows.grouping import group
from flowlens.flows.reading import About, aws_notes, begins, interfaces, parquet, text, wrapped
from flowlens.flows.reading.cells import Addresses, Cells, Table, distinct
from flowlens.flows.reading.octets import Mask
from flowlens.flows.reading.sieve import Sieve
from flowlens.flows.reading.tally import Silence, Tally
from flowlens.model.errors import Malformed

_V2 = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
_V3 = "vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr"
_V4 = "region az-id sublocation-type sublocation-id"
_V5 = "pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path"
_V6 = (  # Transit Gateway
    "resource-type tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id tgw-src-vpc-id "
    "tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id "
    "tgw-pair-attachment-id packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded "
    "packets-lost-ttl-expired"
)
_V7 = (
    "ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id ecs-container-id "
    "ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn ecs-task-id"
)
FIELDS = frozenset(" ".join((_V2, _V3, _V4, _V5, _V6, _V7, "reject-reason resource-id encryption-status")).split())

# What AWS writes unless it is told otherwise, in its order; a transit gateway's is all there is.
_DEFAULT = tuple(_V2.split())
_GATEWAY_ORDER = (
    "version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id "
    "tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id "
    "tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr srcport dstport protocol packets bytes start end log-status "
    "type packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired tcp-flags "
    "region flow-direction pkt-src-aws-service pkt-dst-aws-service"
)
_GATEWAY = tuple(_GATEWAY_ORDER.split())

HELPFUL = (  # beyond what a flow needs; web/docs/connect-aws.md says what each tells
    "interface-id account-id start packets bytes log-status tcp-flags pkt-srcaddr pkt-dstaddr flow-direction "
    "instance-id traffic-path pkt-src-aws-service pkt-dst-aws-service ecs-service-name reject-reason"
)
_REQUIRED = ("srcport", "dstport", "protocol", "end")
_ENDS = {"src": ("pkt-srcaddr", "srcaddr"), "dst": ("pkt-dstaddr", "dstaddr")}
_LOST = tuple(name for name in _V6.split() if name.startswith("packets-lost-"))
_YEARS = (946_684_800, 4_102_444_800)  # seconds: 2000 to 2100
_COUNTED = 2**63 - 1

_HOUR = 3_600_000  # ms
_INGRESS, _EGRESS = b"ingress", b"egress"


def recognises(first: bytes) -> bool:
    """By a file's first unpacked octets: Parquet, a line that names VPC fields, or lines wrapped as for Firehose."""
    words = first.split(b"\n", 1)[0].decode("ascii", "replace").split()
    named = len(FIELDS.intersection(words)) > len(words) // 2
    return named or first.startswith((parquet.MAGIC, wrapped.MARK))


def fields_by_default(line: bytes) -> tuple[str, ...]:
    """The format that a line without a header is taken to have when nobody said another."""
    return _GATEWAY if line.split(maxsplit=2)[:2] == [b"6", b"TransitGateway"] else _DEFAULT


def fields_of(stored: str) -> tuple[str, ...]:
    """The field names of a log format as AWS stores it: `${version} ${account-id} …`, or the bare names."""
    return tuple(word.removeprefix("${").removesuffix("}") for word in stored.split())


def checked_format(stored: str) -> str:
    """ValueError unless it names fields of flow logs, each once."""
    names = fields_of(stored)
    if unknown := sorted(set(names) - FIELDS):
        raise ValueError(f"no field of flow logs: {', '.join(unknown)[:200]}")
    if len(set(names)) < len(names):
        raise ValueError("it names a field twice")
    return stored


def read(stream: BinaryIO, about: About, tally: Tally) -> Iterator[FlowBody]:
    """The flows, rejected ones marked as denied, one body for each few megaoctets; the same bytes give the same bodies.

    The stream can seek. Malformed when the file as a whole is no flow log; a line that cannot be read is tallied.
    """
    for table in _tables(stream, about, tally):
        tally.fields = tuple(table.columns)
        _check(table)
        flows = _flows(table, about, tally)
        if flows.columns.rows:
            yield flows


def _tables(stream: BinaryIO, about: About, tally: Tally) -> Iterator[Table]:
    first = begins(stream)
    if first.startswith(parquet.MAGIC):
        return parquet.tables(stream, tally)
    if not first.startswith(wrapped.MARK):
        return text.tables(stream, tally, FIELDS, fields=about.fields)
    line = first.removeprefix(wrapped.MARK).strip(b' "')
    return text.tables(wrapped.lines(stream), tally, FIELDS, fields=about.fields or fields_by_default(line))


def _check(table: Table) -> None:
    """Without `action`, attempts could not be told from dependencies; a transit gateway rejects nothing."""
    missing = [name for name in _REQUIRED if name not in table.columns]
    missing += [" or ".join(names) for names in _ENDS.values() if not table.columns.keys() & set(names)]
    if "action" not in table.columns and "tgw-id" not in table.columns and "tgw-attachment-id" not in table.columns:
        missing.append("action")
    if missing:
        raise Malformed("file_header", f"it lacks {', '.join(missing)}")


def _flows(table: Table, about: About, tally: Tally) -> FlowBody:
    sieve = Sieve(table)
    silent = _silent(sieve)
    values = _numbers(sieve)
    values |= _ends(sieve)
    _judge(sieve, values)
    if "flow-direction" in table.columns:
        way = table.columns["flow-direction"]
        values["direction"] = np.select([way.equals(_INGRESS), way.equals(_EGRESS)], [0, 1], 255).astype(np.uint8)
    values["exporter"], exporters = _exporters(table, about)
    values["format"] = np.full(table.rows, Format.AWS_VPC, np.uint8)
    for status, rows in silent.items():
        _cover(tally, status, values, rows, exporters)
    columns = Columns(table.rows, values)
    kept = sieve.settle(tally)
    seen = tuple(aws_notes.notes(table, columns, exporters, kept)) if kept.any() else ()
    return FlowBody(columns if kept.all() else columns.take(kept), exporters, seen)


def _numbers(sieve: Sieve) -> dict[str, Values]:
    end = sieve.number("end", *_YEARS, required=True).astype(np.int64) * 1000
    start = sieve.number("start", *_YEARS).astype(np.int64) * 1000
    return {
        "received": end,  # the log's own clock: a later reading of the same log must say the same
        "end": end,
        "start": np.where(start > 0, np.minimum(start, end), end),
        "src_port": sieve.number("srcport", 0, 0xFFFF, required=True).astype(np.uint16),
        "dst_port": sieve.number("dstport", 0, 0xFFFF, required=True).astype(np.uint16),
        "protocol": sieve.number("protocol", 0, 0xFF, required=True).astype(np.uint8),
        "tcp_flags": sieve.number("tcp-flags", 0, 0xFFFF).astype(np.uint16),
        "packets": sieve.number("packets", 0, _COUNTED),
        "octets": sieve.number("bytes", 0, _COUNTED),
    }


def _ends(sieve: Sieve) -> dict[str, Values]:
    """The packets' own ends; where the interface's address differs (NAT, a load balancer, pods) it is kept beside."""
    found: dict[str, Values] = {}
    versions = []
    for end, names in _ENDS.items():
        interface = sieve.addresses(names[1])
        packet = sieve.addresses(names[0], like=(names[1], interface))
        true = packet.version > 0
        high, low = (np.where(true, getattr(packet, h), getattr(interface, h)) for h in ("high", "low"))
        found |= {f"{end}_high": high, f"{end}_low": low}
        versions.append(np.where(true, packet.version, interface.version))
        found |= _beside(
            end, interface, true & (interface.version > 0) & ((interface.low != low) | (interface.high != high))
        )
    sieve.refuse("missing", (versions[0] == 0) | (versions[1] == 0))
    sieve.refuse("address", versions[0] != versions[1])
    return found | {"ip_version": versions[0]}


def _beside(end: str, interface: Addresses, other: Mask) -> dict[str, Values]:
    if not other.any():
        return {}
    nothing = np.uint64(0)
    return {
        f"nat_{end}_high": np.where(other, interface.high, nothing),
        f"nat_{end}_low": np.where(other, interface.low, nothing),
    }


def _silent(sieve: Sieve) -> dict[str, Mask]:
    """Rows by which an interface says that it has nothing to say; they are no flows."""
    said = sieve.table.columns.get("log-status")
    rows = {} if said is None else {name: said.equals(name.upper().encode()) for name in ("nodata", "skipdata")}
    for name, silent in rows.items():
        sieve.leave_out(name, silent)
    return rows


def _cover(tally: Tally, status: str, values: dict[str, Values], rows: Mask, exporters: list[str]) -> None:
    """What the silence comes to for each interface and hour."""
    at = np.flatnonzero(rows & (values["end"] > 0))
    if not len(at):
        return
    hour, exporter = values["start"][at].astype(np.int64) // _HOUR, values["exporter"][at].astype(np.int64)
    groups = group([hour, exporter])
    seconds = groups.total((values["end"][at] - values["start"][at]).astype(np.int64) // 1000)
    for number, row in enumerate(groups.first):
        count = int(groups.sizes[number])
        one = Silence(count, int(seconds[number])) if status == "nodata" else Silence(skipped=count)
        tally.silent(exporters[int(exporter[row])], int(hour[row]), one)


def _judge(sieve: Sieve, values: dict[str, Values]) -> None:
    """What was rejected or lost was tried, and is no dependency."""
    action = sieve.table.columns.get("action")
    if action is not None:
        rejected = action.equals(b"REJECT")
        sieve.refuse("action", ~(rejected | action.equals(b"ACCEPT")))
        if rejected.any():
            values["firewall_event"] = np.where(rejected, DENIED, 0).astype(np.uint8)
            sieve.mark("rejected", rejected)
    lost = sum((sieve.number(name, 0, _COUNTED) for name in _LOST), np.zeros(sieve.table.rows, np.uint64))
    sieve.leave_out("lost", (values["packets"] == 0) & (lost > 0))


def _exporters(table: Table, about: About) -> tuple[Values, list[str]]:
    """Each interface is an exporter of its own: two that see one conversation are two observers."""
    named = [table.columns[n] for n in ("interface-id", "tgw-attachment-id", "resource-id") if n in table.columns]
    account = table.columns.get("account-id")
    keys = [*named, *([account] if account else [])]
    if not keys or not table.rows:
        return np.zeros(table.rows, np.uint16), [interfaces.address(about.account, about.log)]
    which, firsts = distinct(keys, table.rows)
    groups = group([mark for cells in keys for mark in cells.take(firsts).marks()])
    exporters = [_exporter(int(firsts[one]), named, account, about) for one in groups.first]
    return groups.of_rows[which].astype(np.uint16), exporters


def _exporter(row: int, named: list[Cells], account: Cells | None, about: About) -> str:
    names = (cells.at(row) for cells in named)
    owner = account.at(row) if account else ""
    return interfaces.address(
        int(owner) if owner.isdecimal() and len(owner) <= 12 else about.account,
        next((name for name in names if name not in ("", "-")), about.log),
    )
