"""Assets."""

from __future__ import annotations

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from functions.api.shapes.fields import Out, Paged, Search, SmallId, Time

_ASSET: JsonDict = {
    "id": 17,
    "address_space_id": 1,
    "address": "10.1.2.3",
    "internal": True,
    "first_seen": "2026-11-22T08:15:00Z",
    "last_seen": "2026-11-23T10:04:12Z",
}


class AssetFilter(Paged):
    """Which assets."""

    q: Search | None = Field(default=None, description="part of an address, or a network: `10.1.`, `10.1.0.0/16`")
    space: SmallId | None = Field(default=None, description="an address space's id")


class Asset(Out):
    """An address within its address space, seen as an end of flows."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ASSET]})

    id: int
    address_space_id: int
    address: str
    internal: bool = Field(description="a private, link-local or documentation address; all others are the Internet's")
    first_seen: Time
    last_seen: Time


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


class AssetDetail(Asset):
    """An asset and how much depends on what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _ASSET
                | {"upstream": {"assets": 3, "dependencies": 4}, "downstream": {"assets": 12, "dependencies": 15}}
            ]
        }
    )

    upstream: Reach = Field(description="what this asset depends on: it is the client")
    downstream: Reach = Field(description="what depends on this asset: it is the server")
