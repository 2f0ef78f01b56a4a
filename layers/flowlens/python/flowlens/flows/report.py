"""The body of a REPORT record: what a collector process saw and lost since it started, per exporter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, Field

from flowlens.model.errors import Malformed

MAX_EXPORTERS = 8192
MAX_NAMES = 2048
Kind = Literal["interfaces", "descriptions", "vrfs", "applications", "hosts"]
State = Literal["accepted", "held", "refused"]

# Cumulative since the process started; datagrams unless the comment says otherwise.
COUNTERS = (
    "received",
    "kernel_dropped",  # totals only
    "bw_in_allowance_exceeded",  # totals only: packets that EC2 dropped or held back before the kernel saw them
    "pps_allowance_exceeded",  # totals only
    "conntrack_allowance_exceeded",  # totals only
    "receive_buffer",  # totals only: octets that the kernel granted the smallest socket; goes up and down
    "receive_buffer_wanted",  # totals only: octets that were asked for
    "truncated",
    "unknown_version",
    "malformed",  # and malformed.<reason>
    "not_enrolled",
    "rate_limited",
    "template_missing",  # sets given up
    "template_missing_octets",
    "template_redefined",  # templates that came to mean something else
    "template_flapping",  # of these, those that had done so a moment before
    "templates_recalled",  # templates known from what another process had learnt
    "template_store_failures",  # totals only; reads and writes of the shared store that failed
    "sequence_sent_flows",  # flows that exporters say they sent: NetFlow v5 and v7, IPFIX with options data
    "sequence_sent_datagrams",  # the same of those that number datagrams: NetFlow v9, sFlow
    "sequence_lost_flows",  # flows that never came
    "sequence_lost_datagrams",
    "sequence_open_flows",  # flows that are missing and may yet come; goes up and down
    "sequence_open_datagrams",  # goes up and down
    "sequence_uncertain_flows",  # flows, at most, in IPFIX messages that could not be read, or lost beside them
    "sequence_unread_flows",  # flows in datagrams of NetFlow v5 and v7 that were truncated or rate_limited
    "sequence_duplicate",
    "sequence_duplicate_flows",  # flows in those: they were counted twice
    "sequence_reordered",
    "sequence_restarts",  # restarts of exporters
    "sequence_jumps",  # times that numbers went on elsewhere, and what was lost is not known
    "sequence_outside",  # datagrams whose number was not believed
    "sequence_untracked",  # datagrams of streams beyond those that are kept apart
    "collector_down_flows",  # flows sent while no collector listened
    "collector_down_datagrams",
    "samples_sent",  # flow samples that sFlow agents say they took; the unit of all samples_… but …_packets
    "samples_lost",  # of these, those that never came, the ones in datagrams that were lost or not read included
    "samples_open",  # missing, and may yet come; goes up and down
    "samples_duplicate",
    "samples_reordered",
    "samples_outside",  # those whose number was not believed
    "samples_untracked",  # those of sources beyond the ones that are followed
    "samples_pool_packets",  # packets that agents counted while they took samples
    "samples_claimed_packets",  # what the same samples stand for at the rate they claim
    "sampling_disagreements",  # times that a source's rate turned out not to be the one it samples at
    "interface_counted_packets",  # packets that interfaces and hosts of sFlow agents counted
    "interface_sampled_packets",  # packets that the samples of the same time stand for
    "interface_counted_octets",  # octets
    "interface_sampled_octets",  # octets
    "interface_disagreements",  # times that samples and counters of a source turned out not to agree
    "capture_packets",  # packets of a captured interface that the kernel saw, dropped ones included
    "capture_dropped",  # packets: of these, those that the kernel had no room for
    "capture_own",  # packets: datagrams of exporters to this very collector, which tell of flows and are none
    "capture_not_ip",  # packets
    "capture_time",  # packets with a time that cannot be
    "counter_samples",  # samples; they are no flows
    "drop_samples",  # notices of discarded packets; each is a flow too, and an attempt
    "agent_dropped_samples",  # samples that agents had no room for
    "flows",  # flows decoded
    "options_records",
    "flows_spool_full",  # flows dropped because the spool was full
    "flows_shipped",  # flows put on the stream
    "flows_acknowledged",  # flows whose put was confirmed
)


@dataclass(frozen=True, slots=True)
class ExporterReport:
    """One exporter as one collector process knows it."""

    exporter: str
    state: State
    formats: tuple[int, ...]
    first_seen_ms: int
    last_seen_ms: int
    counters: dict[str, int]


@dataclass(frozen=True, slots=True)
class Name:
    """What an exporter calls one of its interfaces, routing instances, applications or hosts."""

    exporter: str
    kind: str
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Report:
    """`collector` is the spool that carries it, `started_ms` tells one run's counters from another's."""

    collector: UUID
    started_ms: int
    at_ms: int
    exporters: tuple[ExporterReport, ...]
    totals: dict[str, int]
    names: tuple[Name, ...] = ()  # that are new, or new to this process


_Ms = Annotated[int, Field(ge=0, lt=2**53)]
_Counters = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z0-9_.]{1,64}$")], Annotated[int, Field(ge=0, lt=2**63)]],
    Field(max_length=256),
]


class _Exporter(BaseModel):
    exporter: Annotated[str, Field(max_length=64)]
    state: State
    formats: Annotated[tuple[Annotated[int, Field(ge=0, le=255)], ...], Field(max_length=16)]
    first_seen_ms: _Ms
    last_seen_ms: _Ms
    counters: _Counters


class _Name(BaseModel):
    exporter: Annotated[str, Field(max_length=64)]
    kind: Kind
    number: Annotated[int, Field(ge=0, lt=2**64)]
    name: Annotated[str, Field(max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _Report(BaseModel):
    collector: UUID
    started_ms: _Ms
    at_ms: _Ms
    exporters: Annotated[tuple[_Exporter, ...], Field(max_length=MAX_EXPORTERS)]
    totals: _Counters
    names: Annotated[tuple[_Name, ...], Field(max_length=MAX_NAMES)] = ()


def encode(report: Report) -> bytes:
    return orjson.dumps(report)


def decode(body: bytes) -> Report:
    """Raises Malformed("report_form") for anything that is not a report; fields it does not know are ignored."""
    try:
        read = _Report.model_validate(orjson.loads(body))
    except ValueError as error:  # ValidationError and JSONDecodeError are both
        raise Malformed("report_form", str(error)) from error
    exporters = tuple(ExporterReport(**exporter.model_dump()) for exporter in read.exporters)
    names = tuple(Name(**name.model_dump()) for name in read.names)
    return Report(read.collector, read.started_ms, read.at_ms, exporters, read.totals, names)
