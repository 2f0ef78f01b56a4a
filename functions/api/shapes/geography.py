"""Geography."""

from __future__ import annotations

from enum import StrEnum

from pydantic import ConfigDict, Field

from functions.api.shapes.fields import Out, Time


class Told(StrEnum):
    """What a database can tell of an address."""

    COUNTRY = "country"
    ORGANISATION = "organisation"


class Database(Out):
    """One database of addresses."""

    name: str = Field(description="its file")
    type: str = Field(description="as it says itself; empty when it could not be read")
    tells: list[Told]
    built_at: Time | None
    problem: str | None = Field(description="why it is not used")


class Geography(Out):
    """What tells where the Internet's addresses are. Without a database countries and organisations are not known."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "databases": [
                        {
                            "name": "GeoLite2-ASN.mmdb",
                            "type": "GeoLite2-ASN",
                            "tells": ["organisation"],
                            "built_at": "2026-11-20T00:00:00Z",
                            "problem": "it is no MaxMind database, or a damaged one",
                        }
                    ],
                    "problem": "the databases cannot be listed: EndpointConnectionError",
                }
            ]
        }
    )

    databases: list[Database]
    problem: str | None = Field(description="why they could not be looked for; what was known before still holds")
