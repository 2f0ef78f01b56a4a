"""Assets."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from functions.api.shapes.classification import Name, Value
from functions.api.shapes.fields import In, Line, Out, Paged, Query, SmallId, Text, Time
from functions.api.shapes.places import PLACE, Place

_ASSET: JsonDict = {
    "id": 17,
    "address_space_id": 1,
    "address": "10.1.2.3",
    "internal": True,
    "first_seen": "2026-11-22T08:15:00Z",
    "last_seen": "2026-11-23T10:04:12Z",
    "name": "billing-db-1",
    "attributes": {"environment": "production", "owner": "Billing"},
}


class AssetFilter(Paged):
    """Which assets."""

    q: Query | None = Field(
        default=None, description="a query (`env=production and not internal`), or a part of an address or a network"
    )
    space: SmallId | None = Field(default=None, description="an address space's id")
    within: Place | None = Field(default=None, description=PLACE)


class Asset(Out):
    """An address within its address space, seen as an end of flows."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ASSET]})

    id: int
    address_space_id: int
    address: str
    internal: bool = Field(description="a private, link-local or documentation address; all others are the Internet's")
    first_seen: Time
    last_seen: Time
    name: str = Field(description="what people call it; empty when nobody said")
    attributes: dict[str, str] = Field(description="what people and CIDR rules say of it")


class AssetPage(Out):
    """Assets in the order of address space and address."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_ASSET], "next_cursor": "WzEsIjEwLjEuMi4zIl0"}]}
    )

    items: list[Asset]
    next_cursor: str | None = Field(description="absent (null) on the last page")


class Reach(Out):
    """How much lies in one direction."""

    assets: int = Field(description="different assets at the other end")
    dependencies: int


class Said(Out):
    """A value and who says so."""

    value: str
    rule_id: int | None = Field(
        description="the CIDR rule; null when it was said of the asset itself, or by a database"
    )
    network: str | None = Field(description="the rule's network")
    database: bool = Field(description="told by a database of addresses, see /geography")


class Why(Out):
    """Why an attribute has its value."""

    attribute: str
    said: Said
    overruled: list[Said] = Field(description="what would hold otherwise, the next one first")


class AssetPatch(In):
    """What is said of an asset; what is absent stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "billing-db-1", "attributes": {"owner": "Billing"}}]}
    )

    name: Annotated[Line, Field(max_length=200)] | None = None
    note: Annotated[Text, Field(max_length=4000)] | None = None
    attributes: dict[Name, Value | None] | None = Field(
        default=None, max_length=40, description="said of this asset alone, before any rule; null takes one away"
    )


class Description(Out):
    """What was said of an asset for some time."""

    version: int
    name: str
    note: str
    attributes: dict[str, str]
    actor: str
    since: Time
    until: Time | None = Field(description="null while it holds")


class AssetHistory(Out):
    """All that was ever said of an asset, the newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "version": 1,
                            "name": "billing-db-1",
                            "note": "",
                            "attributes": {"owner": "Billing"},
                            "actor": "administrator",
                            "since": "2026-11-22T08:15:00Z",
                            "until": "2026-11-23T10:00:00Z",
                        }
                    ]
                }
            ]
        }
    )

    items: list[Description]


_WHY: JsonDict = {
    "note": "",
    "version": 1,
    "why": [
        {
            "attribute": "environment",
            "said": {"value": "production", "rule_id": 4, "network": "10.1.0.0/16", "database": False},
            "overruled": [{"value": "shared", "rule_id": 1, "network": "10.0.0.0/8", "database": False}],
        },
        {
            "attribute": "owner",
            "said": {"value": "Billing", "rule_id": 7, "network": "10.1.2.0/24", "database": False},
            "overruled": [],
        },
    ],
}


class AssetDetail(Asset):
    """An asset and how much depends on what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _ASSET
                | {"upstream": {"assets": 3, "dependencies": 4}, "downstream": {"assets": 12, "dependencies": 15}}
                | _WHY
            ]
        }
    )

    upstream: Reach = Field(description="what this asset depends on: it is the client")
    downstream: Reach = Field(description="what depends on this asset: it is the server")
    note: str
    version: int = Field(description="of what was said of it; 0 when nothing was. It is the ETag")
    why: list[Why]
