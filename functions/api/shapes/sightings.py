"""What was seen besides flows."""

from __future__ import annotations

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from functions.api.shapes.fields import Out, Time

_SIGHTING: JsonDict = {
    "kind": "aws_instance",
    "value": "i-0123456789abcdef0",
    "first_seen": "2026-11-23T08:15:10Z",
    "last_seen": "2026-11-23T10:04:12Z",
}


class Sighting(Out):
    """One value of one kind, and between when it was seen."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SIGHTING]}, from_attributes=True)

    kind: str = Field(
        description="aws_instance, aws_vpc, aws_subnet, aws_zone, aws_service, aws_interface, ecs_cluster, "
        "ecs_service, ecs_task, dns_name, tls_name, path, via, reject_reason or encryption"
    )
    value: str
    first_seen: Time
    last_seen: Time


class Sightings(Out):
    """The newest first; at most 500."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SIGHTING]}]})

    items: list[Sighting]
