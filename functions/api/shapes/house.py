"""Who am I, is it well, what is there."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from flowlens.access.factors import Factor
from flowlens.access.permissions import Permission
from pydantic import ConfigDict, Field

from functions.api.shapes.assets import Asset
from functions.api.shapes.dependencies import Dependency
from functions.api.shapes.fields import In, Out, Search, Time


class Tenant(Out):
    """Whose data this is."""

    id: UUID
    name: str


class Me(Out):
    """Who the token or the session speaks for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "administrator",
                    "tenant": {"id": "00000000-0000-7000-8000-000000000001", "name": "Default"},
                    "permissions": ["assets:read", "topology:read"],
                    "signed_in": True,
                    "at_provider": False,
                    "factor": "none",
                }
            ]
        }
    )

    name: str
    tenant: Tenant
    permissions: list[Permission]
    signed_in: bool = Field(description="a person with a session, not a token")
    at_provider: bool = Field(description="an identity provider vouched for the session")
    factor: Factor = Field(description="wanted, missing: nothing may be done before a second factor is shown, set up")


class HealthStatus(StrEnum):
    """In one word."""

    OK = "ok"
    BEHIND = "behind"


class Health(Out):
    """Whether the API can answer. An unreachable database is a 503 problem."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ok",
                    "version": "0.1.0",
                    "schema_version": 1,
                    "schema_expected": 1,
                    "newest_data": "2026-11-23T10:04:12Z",
                    "newest_data_age_seconds": 4,
                }
            ]
        }
    )

    status: HealthStatus = Field(description="`behind`: the database lacks a migration that this version needs")
    version: str
    schema_version: int
    schema_expected: int
    newest_data: Time | None = Field(description="when a record was last counted; null before the first")
    newest_data_age_seconds: int | None


class SearchFor(In):
    """What to look for."""

    q: Search = Field(description="part of an address, a network, a port or a service's name")


class Found(Out):
    """At most 10 of each."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"assets": [], "dependencies": []}]})

    assets: list[Asset]
    dependencies: list[Dependency]
