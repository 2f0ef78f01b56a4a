"""Collectors."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from functions.api.shapes.fields import Out, Time

_COLLECTOR: JsonDict = {
    "id": "0190d3a1-7c1e-7a52-9b1f-2f6c8f0a4e11",
    "status": "reporting",
    "started": "2026-11-22T08:15:00Z",
    "reported_at": "2026-11-23T10:04:12Z",
    "runs": 3,
    "received": 81234567,
    "flows": 1949629608,
    "kernel_dropped": 12,
    "flows_spool_full": 0,
    "allowance_exceeded": 0,
    "receive_buffer": 67108864,
    "receive_buffer_wanted": 67108864,
}


class CollectorStatus(StrEnum):
    """Whether it still reports."""

    REPORTING = "reporting"
    SILENT = "silent"


class Collector(Out):
    """One collector process; a host runs one for each core. Sums are over all its lives."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COLLECTOR]})

    id: UUID = Field(description="of its spool, so that a process that was replaced is still the same")
    status: CollectorStatus = Field(description="`silent`: no report for a minute")
    started: Time = Field(description="of its present life")
    reported_at: Time
    runs: int = Field(description="how many lives it had")
    received: int = Field(description="datagrams")
    flows: int
    kernel_dropped: int = Field(description="datagrams that its kernel dropped for want of buffer: nobody knows whose")
    flows_spool_full: int = Field(description="flows dropped because its disk was full")
    allowance_exceeded: int | None = Field(
        description="packets beyond what EC2 allows its instance (bandwidth, packets a second, tracked connections),"
        " which no kernel saw; null where the network driver does not count them"
    )
    receive_buffer: int | None = Field(description="octets that the kernel granted its smallest socket; null: not said")
    receive_buffer_wanted: int | None = Field(description="octets that it asked for; more than granted is a warning")


class CollectorList(Out):
    """Those that reported last come first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_COLLECTOR]}]})

    items: list[Collector]
