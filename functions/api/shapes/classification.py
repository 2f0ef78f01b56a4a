"""CIDR rules that classify assets."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from functions.api.shapes.fields import In, Instant, Line, Out, SmallId, Text, Time

Name = Annotated[Line, Field(min_length=1, max_length=80)]
Value = Annotated[Line, Field(min_length=1, max_length=100)]
_NETWORK = "the longest network that contains an address and says something of an attribute decides it"

_RULE: JsonDict = {
    "id": 4,
    "version": 2,
    "address_space_id": 1,
    "network": "10.1.0.0/16",
    "attributes": {"datacenter": "east", "environment": "production"},
    "note": "",
    "actor": "administrator",
    "since": "2026-11-22T08:15:00Z",
    "until": "2026-11-23T10:00:00Z",  # FastAPI drops nulls from examples
}
_LISTED: JsonDict = _RULE | {
    "assets": 120,
    "decides": 117,
    "findings": [{"attribute": "environment", "kind": "repeated"}],
}


class NewRule(In):
    """What a network's addresses have in common."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"network": "10.1.0.0/16", "attributes": {"datacenter": "east"}}]}
    )

    network: Annotated[Line, Field(min_length=1, max_length=50, description=_NETWORK)]
    address_space_id: SmallId | None = Field(default=None, description="the default address space when absent")
    attributes: dict[Name, Value] = Field(
        max_length=40, description="environment, datacenter, location, site, asset_type, application, owner, team,"
        " criticality, or tags such as `tag:backup`; what is not named is inherited from the network around it",
    )  # fmt: skip
    note: Annotated[Text, Field(max_length=4000)] = ""


class Rule(Out):
    """One version of a rule."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RULE]})

    id: int
    version: int
    address_space_id: int = Field(validation_alias="space")
    network: str
    attributes: dict[str, str]
    note: str
    actor: str = Field(description="who wrote this version")
    since: Time
    until: Time | None = Field(description="null while it holds")


class FindingKind(StrEnum):
    """Why an attribute of a rule decides nothing."""

    REPEATED = "repeated"
    COVERED = "covered"


class Finding(Out):
    """An attribute of a rule that could be left out without moving any address."""

    attribute: str
    kind: FindingKind = Field(
        description="`repeated`: the addresses would inherit the same value; `covered`: narrower rules decide it for"
        " every single address"
    )


class ListedRule(Rule):
    """A rule that holds, with what it does."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LISTED]})

    assets: int = Field(description="assets in its network")
    decides: int = Field(description="assets of which it decides at least one attribute")
    findings: list[Finding]


class RuleList(Out):
    """All rules, by address space and network."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_LISTED]}]})

    items: list[ListedRule]


class RuleHistory(Out):
    """Every version of a rule, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_RULE]}]})

    items: list[Rule]


class RuleTime(In):
    """When."""

    at: Instant | None = Field(default=None, description="the rules that held at this instant; now when absent")


class Change(In):
    """A change that is only tried."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"rule_id": 4, "rule": {"network": "10.1.0.0/16", "attributes": {"datacenter": "east"}}}]
        }
    )

    rule_id: SmallId | None = Field(default=None, description="the rule that would change; absent for a new one")
    rule: NewRule | None = Field(default=None, description="what it would say; absent when it would be deleted")


class Move(Out):
    """Assets whose value would change."""

    attribute: str
    before: str | None = Field(description="null: no value")
    after: str | None = Field(description="null: no value")
    assets: int
    examples: list[str] = Field(description="some of their addresses")


class Preview(Out):
    """What a change would move, the most assets first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "attribute": "datacenter",
                            "before": "west",
                            "after": "east",
                            "assets": 120,
                            "examples": ["10.1.0.7"],
                        }
                    ]
                }
            ]
        }
    )

    items: list[Move]
