"""What was refused on the network."""

from __future__ import annotations

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from functions.api.shapes.fields import Out, Paged, SmallId, Time
from functions.api.shapes.places import Address

_ATTEMPT: JsonDict = {
    "id": 7,
    "address_space_id": 1,
    "client": "10.1.4.7",
    "server": "10.2.0.9",
    "protocol": 6,
    "port": 5432,
    "first_seen": "2026-11-23T09:00:04Z",
    "last_seen": "2026-11-23T10:04:12Z",
    "flows": 41,
    "packets": 123,
    "octets": 7380,
    "allowed": False,
    "reasons": [],
}


class AttemptFilter(Paged):
    """Which attempts; what is absent asks for any."""

    address_space_id: SmallId | None = None
    client: Address | None = None
    server: Address | None = None
    protocol: int | None = Field(default=None, ge=0, le=255, description="IANA number")
    port: int | None = Field(default=None, ge=0, le=65_535)


class Attempt(Out):
    """Flows of one edge that a security group, a network ACL or a firewall refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ATTEMPT]})

    id: int
    address_space_id: int
    client: str | None = Field(description="null where it lies beyond what your grants show")
    server: str | None = Field(description="null where it lies beyond what your grants show")
    protocol: int
    port: int = Field(description="0 of TCP and UDP: all ports beyond a hundred of one client at one server, a scan")
    first_seen: Time
    last_seen: Time
    flows: int
    packets: int
    octets: int
    allowed: bool = Field(description="whether flows of the same ends and service were let through as well")
    reasons: list[str] = Field(description="why the cloud says it refused them, where it says")


class AttemptPage(Out):
    """Attempts, the newest known first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_ATTEMPT], "next_cursor": "WzFd"}]})

    items: list[Attempt]
    next_cursor: str | None = Field(description="absent (null) on the last page")
