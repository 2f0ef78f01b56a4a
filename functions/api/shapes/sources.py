"""Flow sources and address spaces."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from functions.api.shapes.fields import In, Line, Out, Paged, SmallId, Text, Time
from functions.api.shapes.places import INTERFACE, Address


class State(StrEnum):
    """What the operator decided about an exporter."""

    ACCEPTED = "accepted"
    HELD = "held"
    REFUSED = "refused"


class Status(StrEnum):
    """What an exporter is doing."""

    ACTIVE = "active"
    SILENT = "silent"
    HELD = "held"
    REFUSED = "refused"
    NEVER = "never"


_SPACE = (
    "the address space that its addresses belong to. A change concerns flows that arrive from then on: what was"
    " counted before stays in the address space it was counted in"
)
_STATE = "`accepted`: flows are counted; `held`: they wait for a decision and are dropped and counted; `refused`"
_LOSSES = (
    "the counters that stand for something lost, where they are not 0. In datagrams: `truncated`, `unknown_version`,"
    " `malformed`, `not_enrolled`, `rate_limited`; `template_missing` in sets, `template_missing_octets` in octets;"
    " `flows_spool_full` in flows. By sequence numbers, in the unit that the exporter numbers (flows for NetFlow v5, v7"
    " and IPFIX, datagrams for NetFlow v9 and sFlow): `sequence_lost_flows`, `sequence_lost_datagrams` never came,"
    " those that a kernel dropped included; `collector_down_flows`, `collector_down_datagrams` were sent while no"
    " collector listened; `sequence_uncertain_flows` is an upper bound: they were in messages that could not be read"
    " at once, or were lost beside them; `sequence_unread_flows` were in datagrams counted above. Of sFlow agents, in"
    " samples: `samples_lost` never came, `agent_dropped_samples` the agent itself had no room for;"
    " `sampling_disagreements` and `interface_disagreements` are how often a source's rate turned out not to be the one"
    " it samples at, by its own counts and by an interface's"
)
_SAMPLING_CHECK: JsonDict = {
    "pool": {"counted": 50400, "sampled": 50000, "disagreements": 0},
    "packets": {"counted": 50120, "sampled": 50000, "disagreements": 0},
    "octets": {"counted": 40100200, "sampled": 40000000, "disagreements": 0},
    "verdict": "agrees",
}
_SOURCE: JsonDict = {
    "id": 1,
    "exporter": "192.0.2.1",
    "name": "core-1",
    "note": "Building 4, rack 12",
    "address_space_id": 1,
    "state": "accepted",
    "status": "active",
    "formats": ["netflow9"],
    "first_seen": "2026-11-22T08:15:00Z",
    "last_seen": "2026-11-23T10:04:12Z",
    "counters": {"received": 81234, "flows": 1912345, "malformed": 2, "malformed.truncated": 2, "template_missing": 3},
    "losses": {"malformed": 2, "template_missing": 3},
    "lost_flows": {"least": 0, "most": 0, "estimate": 0},
    "sampling_check": _SAMPLING_CHECK,
    "sampling_rates": [],
    "interface": "",
    "version": 3,
    "created_at": "2026-11-22T08:15:10Z",
}
_NAME: JsonDict = {"kind": "interfaces", "number": 7, "name": "ge-0/0/1", "said_at": "2026-11-22T08:15:00Z"}
_ADDRESS_SPACE: JsonDict = {"id": 1, "name": "Default", "is_default": True, "created_at": "2026-11-22T08:00:00Z"}


Name = Annotated[Line, Field(max_length=200, description="what people call it", examples=["core-1"])]
Note = Annotated[Text, Field(max_length=4000, examples=["Building 4, rack 12"])]


class SourceFilter(Paged):
    """One page of sources."""

    origin: Literal["devices", "logs"] | None = Field(
        default=None,
        description="only those that send datagrams, or only those whose flows are read from logs and files",
    )


class NewSource(In):
    """An exporter to expect."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"exporter": "192.0.2.1", "name": "core-1", "address_space_id": 1}]}
    )

    exporter: Address = Field(description="the address that its datagrams come from", examples=["192.0.2.1"])
    name: Name = ""
    note: Note = ""
    address_space_id: SmallId | None = Field(default=None, description=_SPACE + "; the default one when absent")
    state: State = Field(default=State.ACCEPTED, description=_STATE)


class SourcePatch(In):
    """What to change; what is absent stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "core-1", "state": "accepted"}]})

    name: Name | None = None
    note: Note | None = None
    address_space_id: SmallId | None = Field(default=None, description=_SPACE)
    state: State | None = Field(default=None, description=_STATE)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one of name, note, address_space_id and state")
        return self


class LostFlows(Out):
    """How many flows of a source were sent and not counted, as narrow as its numbers allow; sFlow's are samples."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"least": 0, "most": 12, "estimate": 6}]})

    least: int
    most: int | None = Field(
        description="null when nobody knows: datagrams were lost that do not say how many flows they had"
    )
    estimate: int = Field(description="half of what is uncertain, and as many flows in a lost datagram as in others")


class Compared(Out):
    """What an agent or an interface counted, and what the samples of the same time stand for."""

    counted: int
    sampled: int
    disagreements: int = Field(description="times that the two turned out not to agree")


class SamplingCheck(Out):
    """Whether the sampling rate of an sFlow agent is true. Null is what the agent does not say."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SAMPLING_CHECK]})

    pool: Compared | None = Field(description="packets, by the agent's count of those it samples from")
    packets: Compared | None = Field(description="by the counters of interfaces and hosts")
    octets: Compared | None = Field(description="likewise")
    verdict: Literal["agrees", "disagrees", "unknown"]


class SamplingRate(Out):
    """A sampling rate that options data told, and what became of the flows that had come without one until then."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"rate": 100, "learned": "2026-11-22T08:25:00Z", "outcome": "corrected", "flows": 1204}]
        }
    )

    rate: int = Field(description="one packet in so many")
    learned: Time = Field(description="when the first flow with this rate was received")
    outcome: Literal["corrected", "ambiguous", "unsampled_before"] | None = Field(
        description="`corrected`: what came without a rate in the hour before was multiplied, once; `ambiguous`:"
        " another rate came within five minutes, so nothing was; `unsampled_before`: flows without a rate had come for"
        " longer, so"
        " sampling is taken to have begun then; null: of another rate, or too early to say"
    )
    flows: int = Field(description="how many flows were corrected")


class Source(Out):
    """An exporter of flows, what it does and what of it was lost."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SOURCE]})

    id: int
    exporter: str
    name: str
    note: str
    address_space_id: int
    state: State
    status: Status = Field(
        description="`active`: seen within 5 minutes; `silent`: longer ago; `never`: not seen yet; `held`, `refused`"
    )
    formats: list[str] = Field(
        description="netflow1, netflow5, netflow7, netflow9, ipfix, sflow5, capture, aws_vpc, azure_nsg, azure_vnet,"
        " gcp_vpc, pcap"
    )
    first_seen: Time | None
    last_seen: Time | None
    counters: dict[str, int] = Field(description="all that the collectors counted for it, summed over their runs")
    losses: dict[str, int] = Field(description=_LOSSES)
    lost_flows: LostFlows
    sampling_check: SamplingCheck
    sampling_rates: list[SamplingRate] = Field(description="those that options data told, the first one first")
    interface: str = Field(description=INTERFACE)
    version: int = Field(description="the ETag's number, for If-Match")
    created_at: Time


class SourceName(Out):
    """What an exporter calls something that its flows name by number; told in options data or in counter samples."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NAME]})

    kind: Literal["interfaces", "descriptions", "vrfs", "applications", "hosts"] = Field(
        description="`descriptions` are of interfaces too; `hosts` of an sFlow agent that is one"
    )
    number: int = Field(description="ifIndex, VRF id, or engine and selector of an application, as flows have it")
    name: str
    said_at: Time


class SourceNames(Out):
    """Names by kind and number."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_NAME]}]})

    items: list[SourceName]


class SourcePage(Out):
    """Sources in the order they were first known."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SOURCE], "next_cursor": "WzFd"}]})

    items: list[Source]
    next_cursor: str | None = Field(description="absent (null) on the last page")


class NewAddressSpace(In):
    """An address space to be."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Plant 2"}]})

    name: Annotated[Line, Field(min_length=1, max_length=200)]


class AddressSpace(Out):
    """A realm in which an address is one thing. Two sites that both use 10.0.0.0/8 need two of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ADDRESS_SPACE]})

    id: int
    name: str
    is_default: bool = Field(description="where exporters land that nobody assigned")
    created_at: Time


class AddressSpaces(Out):
    """All address spaces, the oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_ADDRESS_SPACE]}]})

    items: list[AddressSpace]
