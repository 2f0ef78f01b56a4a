"""Dependencies: who talks to whom, with what evidence."""

from __future__ import annotations

from enum import StrEnum

from pydantic import ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from functions.api.shapes.fields import In, Instant, Out, Paged, Query, SmallId, Time
from functions.api.shapes.places import INTERFACE, PLACE, Place


class Evidence(StrEnum):
    """What told client and server apart, strongest first."""

    INITIATOR = "initiator"
    FLAGS = "flags"
    SERVICE = "service"
    PORT_ORDER = "port_order"


class Direction(StrEnum):
    """Which of an asset's dependencies."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"
    BOTH = "both"


class Step(StrEnum):
    """How long one point of a series lasts."""

    MINUTE = "minute"
    HOUR = "hour"


_DEPENDENCY: JsonDict = {
    "id": 4711,
    "address_space_id": 1,
    "client": {"asset_id": 17, "address": "10.1.2.3", "restricted": False},
    "server": {"asset_id": 23, "address": "10.2.0.9", "restricted": False},
    "protocol": 6,
    "port": 5432,
    "service": "postgresql",
    "evidence": "flags",
    "first_seen": "2026-11-22T08:15:00Z",
    "last_seen": "2026-11-23T10:04:12Z",
    "flows": 1204,
    "octets_sent": 8123456,
    "octets_received": 912345678,
    "packets_sent": 60211,
    "packets_received": 701222,
}
_DETAIL: JsonDict = {
    "evidence_counts": {"initiator": 0, "flags": 1190, "service": 14, "port_order": 0},
    "first_evidence": {"exporter": "192.0.2.1", "format": 9, "domain": 0, "evidence": "flags"},
    "during": [{"from": "2026-11-22T08:15:00Z", "to": "2026-11-23T11:04:12Z"}],
    "octets_seen": 9204691,
    "packets_seen": 7614,
    "sources": [
        {
            "source_id": 1,
            "exporter": "192.0.2.1",
            "name": "core-1",
            "interface": "",
            "flows": 1204,
            "octets": 9120342,
            "octets_counted": 9120342,
            "sampling_rate": 1,
            "first_seen": "2026-11-22T08:00:00Z",
            "last_seen": "2026-11-23T10:04:00Z",
        }
    ],
}


class DependencyFilter(Paged):
    """Which dependencies."""

    client: Place | None = Field(default=None, description=PLACE)
    server: Place | None = Field(default=None, description=PLACE)
    port: int | None = Field(default=None, ge=0, le=65535, description="the server's port")
    protocol: int | None = Field(default=None, ge=0, le=255, description="IANA protocol number: 6 TCP, 17 UDP")
    q: Query | None = Field(
        default=None,
        description="a query (`port=443 and not internal`), or part of either address, a network, a port, a service",
    )
    space: SmallId | None = Field(default=None, description="an address space's id")


class AssetDependencyFilter(Paged):
    """Which of an asset's dependencies."""

    direction: Direction = Field(
        default=Direction.BOTH, description="`upstream`: the asset is the client; `downstream`: it is the server"
    )


class End(Out):
    """One end of a dependency."""

    asset_id: int | None = Field(description="null where the end is restricted")
    address: str | None = Field(description="null where the end is restricted")
    restricted: bool = Field(description="it lies beyond what your grants show: that it is there is all that is said")


class Dependency(Out):
    """A client that uses a server's port. Octets and packets are estimates: as on the wire times the sampling rate."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DEPENDENCY]})

    id: int
    address_space_id: int
    client: End
    server: End
    protocol: int = Field(description="IANA protocol number")
    port: int = Field(description="the server's port; 0 where the protocol has none")
    service: str | None = Field(description="the service usually found at this port")
    evidence: Evidence = Field(description="the strongest evidence that any flow gave for who is client")
    first_seen: Time
    last_seen: Time
    flows: int
    octets_sent: int = Field(description="client to server, estimated")
    octets_received: int = Field(description="server to client, estimated")
    packets_sent: int
    packets_received: int


class DependencyPage(Out):
    """Dependencies, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_DEPENDENCY], "next_cursor": "WzQ3MTFd"}]})

    items: list[Dependency]
    next_cursor: str | None = Field(description="absent (null) on the last page")


class EvidenceCounts(Out):
    """How many flows each kind of evidence decided the direction of."""

    initiator: int = Field(description="the exporter said who began it (IPFIX 239, RFC 5103)")
    flags: int = Field(description="TCP flags: a SYN without ACK comes from the client")
    service: int = Field(description="one of the ports is a known service's")
    port_order: int = Field(description="nothing better: the lower port is the server's")


class Interval(Out):
    """A span of time in which the dependency was valid: from a flow's start to an hour after its end."""

    from_: Time = Field(serialization_alias="from", validation_alias="from_")
    to: Time


class SeenBy(Out):
    """A flow source that reported the dependency. In each hour and direction one of them counts."""

    source_id: int
    exporter: str | None = Field(description="null when the source was deleted since")
    name: str | None
    interface: str = Field(description=INTERFACE)
    flows: int
    octets: int = Field(description="estimated from what it reported, both directions")
    octets_counted: int = Field(description="of these, what is in the dependency's volumes")
    sampling_rate: int = Field(description="the largest: 1 in how many packets it looked at")
    first_seen: Time = Field(description="to the hour")
    last_seen: Time = Field(description="to the hour")


class DependencyDetail(Dependency):
    """A dependency and all that is known about why we believe it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DEPENDENCY | _DETAIL]})

    evidence_counts: EvidenceCounts
    first_evidence: dict[str, JsonValue] = Field(
        description="the earliest flow: exporter, format, domain, record; where it says so, the interfaces and routing"
        " instances on the side of client and server (`client_if`, `server_vrf`, …) and the application, each with the"
        " exporter's own name for it (`client_if_name`, …)"
    )
    during: list[Interval] = Field(description="when it was valid; at most the latest 100 intervals")
    octets_seen: int = Field(description="as on the wire, not scaled by sampling, both directions")
    packets_seen: int = Field(description="as on the wire, not scaled by sampling, both directions")
    sources: list[SeenBy] = Field(description="within the retention of the hourly roll-ups; at most 100")


class VolumeWindow(In):
    """Which points."""

    from_: Instant | None = Field(default=None, alias="from", description="24 steps before `to` when absent")
    to: Instant | None = Field(default=None, description="now when absent")
    step: Step = Field(default=Step.HOUR, description="at most 1,500 steps are answered")


class Volumes(Out):
    """A series as columns. A step without flows is a row of zeros."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "step": "hour",
                    "t": ["2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z"],
                    "octets_sent": [812, 0],
                    "octets_received": [91234, 0],
                    "packets_sent": [6, 0],
                    "packets_received": [70, 0],
                    "flows": [2, 0],
                }
            ]
        }
    )

    step: Step
    t: list[Time]
    octets_sent: list[int]
    octets_received: list[int]
    packets_sent: list[int]
    packets_received: list[int]
    flows: list[int]
