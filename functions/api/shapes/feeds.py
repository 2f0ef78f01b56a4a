"""Feeds of flow logs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, SecretStr, model_validator
from pydantic.config import JsonDict

from functions.api.shapes.fields import In, Line, Out, Paged, Text, Time
from functions.api.shapes.places import INTERFACE

Name = Annotated[Line, Field(min_length=1, max_length=200, description="what people call it", examples=["prod VPCs"])]
Note = Annotated[Text, Field(max_length=4000)]
_ASKED = 'what opens the place, where the kind wants it: never shown again. "" takes it away, absent leaves it'
Secret = Annotated[SecretStr, Field(max_length=8000)]
_SETTINGS = "as the form of the kind wants them, see /feeds/kinds"
_GIVEN: JsonDict = {"bucket": "flow-logs", "prefix": "AWSLogs/", "account": "", "log_format": ""}
_VISIT: JsonDict = {
    "at": "2026-11-27T10:04:12Z",
    "waiting": 0,
    "problem": "credential_expired",
    "detail": "the shared access signature ended on 2026-11-26",
}
_FEED: JsonDict = {
    "id": 1,
    "kind": "aws_s3",
    "name": "prod VPCs",
    "note": "",
    "settings": _GIVEN,
    "state": "active",
    "version": 1,
    "created_at": "2026-11-22T08:15:10Z",
    "last_read": "2026-11-23T10:04:12Z",
    "last_data": "2026-11-23T09:58:00Z",
    "delay_seconds": 372.5,
    "logs": 288,
    "lines": 812340,
    "flows": 790112,
    "counts": {"lines": 812340, "flows": 790112, "rejected": 20210, "nodata": 2010},
    "unreadable": {"number": 8},
    "examples": {"number": ["2 123456789012 eni-0a 10.0.0.1 10.0.0.2 x 443 6 1 40 1 2 ACCEPT OK"]},
    "interfaces": 12,
    "nodata_seconds": 720,
    "skipped": 3,
    "has_secret": False,
    "visit": _VISIT,
}

_COVERAGE: JsonDict = {
    "exporter": "fd1c:be99:1a14:1000:a1b2:c3d4:e5f6:a7b8",
    "interface": "eni-0a1b2c3d4e5f6a7b8 in 123456789012",
    "nodata": 12,
    "nodata_seconds": 720,
    "skipped": 3,
    "latest": "2026-11-23T10:00:00Z",
}


class FeedState(StrEnum):
    """What the operator decided."""

    ACTIVE = "active"
    PAUSED = "paused"


class FeedFilter(Paged):
    """One page of feeds."""


class NewFeed(In):
    """A feed to be set up."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "aws_s3", "name": "prod VPCs", "settings": {"bucket": "flow-logs"}}]}
    )

    kind: str = Field(min_length=1, max_length=50, examples=["aws_s3"])
    name: Name
    note: Note = ""
    settings: dict[str, Any] = Field(description=_SETTINGS, max_length=50)
    state: FeedState = FeedState.ACTIVE
    secret: Secret | None = Field(default=None, description=_ASKED)


class FeedPatch(In):
    """What to change; what is absent stays. Settings are replaced as a whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "paused"}]})

    name: Name | None = None
    note: Note | None = None
    settings: dict[str, Any] | None = Field(default=None, description=_SETTINGS, max_length=50)
    state: FeedState | None = None
    secret: Secret | None = Field(default=None, description=_ASKED)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one of name, note, settings, state and secret")
        return self


class Visit(Out):
    """What came of the last visit of the place that a feed's logs are fetched from."""

    model_config = ConfigDict(json_schema_extra={"examples": [_VISIT]}, from_attributes=True)

    at: Time | None = Field(description="null: it was not visited yet")
    waiting: int = Field(description="logs that are left for the next visit")
    problem: str = Field(description="why not all was fetched, by name; empty when all was")
    detail: str


class Feed(Out):
    """A feed, and what was read of it in the last day."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FEED]}, from_attributes=True)

    id: int
    kind: str
    name: str
    note: str
    settings: dict[str, Any]
    state: FeedState
    version: int
    created_at: Time
    last_read: Time | None = Field(description="when a log of it was read last")
    last_data: Time | None = Field(description="when the newest flow of the last day ended")
    delay_seconds: float | None = Field(description="the median time from a log's last flow to its being read")
    logs: int
    lines: int
    flows: int
    counts: dict[str, int] = Field(description="lines by what became of them: flows, rejected, nodata, skipdata, …")
    unreadable: dict[str, int] = Field(description="lines that could not be read, by reason")
    examples: dict[str, list[str]] = Field(description="up to three such lines by reason, of the last log with any")
    interfaces: int = Field(description="interfaces that said they had no data or were skipped")
    nodata_seconds: int = Field(description="seconds in which interfaces said they had no traffic (NODATA), summed")
    skipped: int = Field(description="intervals that the cloud did not capture (SKIPDATA)")
    has_secret: bool = Field(description="whether what opens its place was entered")
    visit: Visit | None = Field(description="of feeds whose logs FlowLens fetches")


class FeedPage(Out):
    """Feeds in the order they were set up."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_FEED], "next_cursor": "WzFd"}]})

    items: list[Feed]
    next_cursor: str | None = Field(description="absent (null) on the last page")


_KIND: JsonDict = {
    "name": "aws_s3",
    "brief": "AWS, bucket",
    "label": "AWS flow logs in an S3 bucket",
    "form": {},
    "secret": "",
    "visited": False,
    "pushed": "",
}


class FeedKind(Out):
    """A kind of feed and its form."""

    name: str = Field(examples=["aws_s3"])
    brief: str = Field(description="its label where there is little room")
    label: str
    form: dict[str, Any] = Field(description="JSON Schema of `settings`")
    secret: str = Field(description="what opens its place, in words; empty: such a feed has no secret")
    visited: bool = Field(description="FlowLens fetches its logs; of others somebody delivers them")
    pushed: str = Field(description="the way in which clouds push to its gate (`pubsub`); empty: it has no gate")


class FeedKinds(Out):
    """What can be set up."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_KIND]}]})

    items: list[FeedKind]


class InterfaceCoverage(Out):
    """What an interface said of its own silence within a day."""

    exporter: str = Field(description="the interface, as flow sources name it", examples=["fd6c:1aff::1"])
    interface: str = Field(description=INTERFACE)
    nodata: int = Field(description="intervals without traffic")
    nodata_seconds: int
    skipped: int = Field(description="intervals that the cloud did not capture")
    latest: Time = Field(description="the last hour in which it said so")


class FeedCoverage(Out):
    """By interface, the least covered first; at most a thousand."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_COVERAGE]}]})

    items: list[InterfaceCoverage]


_TRUST: JsonDict = {
    "role": "arn:aws:iam::210987654321:role/flowlens-read-logs",
    "trusted": "arn:aws:iam::123456789012:role/flowlens-prod-outbound-visit-eu-west-1",
    "external_id": "5d8f0c1e-3f0b-4a3c-9d55-0f0c7b1f6a2e",
    "trust_policy": {"Version": "2012-10-17", "Statement": []},
    "rights_policy": {"Version": "2012-10-17", "Statement": []},
    "template": {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}},
}


class FeedTrust(Out):
    """What the role that a feed reads another account by must say, ready to copy."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TRUST]}, from_attributes=True)

    role: str = Field(description="the feed's role, in the other account")
    trusted: str = Field(description="the role of FlowLens that takes it on")
    external_id: str = Field(description="made by FlowLens for this feed; no other feed of anybody has it")
    trust_policy: dict[str, Any] = Field(description="who may take the role on: FlowLens, for this feed alone")
    rights_policy: dict[str, Any] = Field(description="what it may then: list and read the logs, nothing else")
    template: dict[str, Any] = Field(description="for CloudFormation: makes the role with both policies")


class TrialOf(In):
    """What is looked at."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    key: Line | None = Field(
        default=None,
        min_length=1,
        max_length=1024,
        description="an object's key; absent: the newest; log groups: not used",
    )


_TRIAL: JsonDict = {
    "name": "s3://flow-logs/AWSLogs/123456789012/vpcflowlogs/x.log.gz",
    "problem": "",
    "detail": "",
    "format": "aws_vpc",
    "whole": True,
    "fields": ["srcaddr", "dstaddr", "srcport", "dstport", "protocol", "end", "action"],
    "lacking": ["tcp-flags"],
    "lines": 1000,
    "flows": 990,
    "counts": {"lines": 1000, "flows": 990, "rejected": 8},
    "unreadable": {"number": 2},
    "examples": {"number": ["10.0.0.1 10.0.0.2 x 443 6 1795715878 ACCEPT"]},
    "exporters": 12,
    "first": "2026-11-23T09:55:00Z",
    "last": "2026-11-23T10:00:00Z",
}


class Trial(Out):
    """What was understood of an object, or of the latest events of a log group."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TRIAL]}, from_attributes=True)

    name: str = Field(description="what was looked at")
    problem: str = Field(description="why nothing was understood, by name; empty when something was")
    detail: str
    format: str
    whole: bool = Field(description="whether it was read to its end, or only its first ten thousands of lines")
    fields: list[str] = Field(description="fields that it names, where the format is people's choice")
    lacking: list[str] = Field(description="fields that it does not have and that would tell more")
    lines: int
    flows: int
    counts: dict[str, int] = Field(description="lines by what became of them")
    unreadable: dict[str, int] = Field(description="lines that could not be read, by reason")
    examples: dict[str, list[str]] = Field(description="up to three such lines by reason")
    exporters: int = Field(description="interfaces that report in it")
    first: Time | None = Field(description="when its first flow began")
    last: Time | None
