"""Members, roles, grants and tenants: who may what, where."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from flowlens.access.permissions import Permission
from flowlens.services.grants import Listed
from flowlens.store.grants import Grant as Kept
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from functions.api.shapes.fields import In, Instant, Line, Out, SmallId, Text, Time
from functions.api.shapes.sessions import LINK, Link

_ADA = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
_LIMITS: JsonDict = {"spaces": [1], "networks": ["10.1.0.0/16"], "sites": ["Berlin"], "tags": [["tag:zone", "dmz"]]}
_GRANT: JsonDict = {
    "id": 12,
    "role_id": 3,
    "role": "Operator",
    "limits": _LIMITS,
    "until": "2026-12-24T00:00:00Z",
    "reason": "stands in for Grace",
    "granted_by": "ada@example.com",
    "granted_at": "2026-11-23T10:04:12Z",
}
_MEMBER: JsonDict = {
    "id": _ADA,
    "email": "ada@example.com",
    "name": "Ada",
    "disabled_at": "2026-11-24T08:00:00Z",
    "joined_at": "2026-11-20T08:00:00Z",
    "accepted_at": "2026-11-20T09:00:00Z",
    "grants": [_GRANT],
}
_ROLE: JsonDict = {
    "id": 3,
    "name": "Operator",
    "note": "Says what assets are.",
    "permissions": ["assets:read", "assets:write"],
    "builtin": "operator",
    "version": 1,
    "members": 2,
}
_TENANT: JsonDict = {"id": _ADA, "name": "Warehouse", "created_at": "2026-11-20T08:00:00Z"}

Reason = Annotated[Line, Field(max_length=200)]
Name = Annotated[Line, Field(min_length=1, max_length=100)]
Email = Annotated[Line, Field(min_length=3, max_length=254, examples=["ada@example.com"])]
Value = Annotated[Line, Field(min_length=1, max_length=100)]


class Limits(In):
    """Where a grant holds: an asset is within when it is in one of each kind that is named; everywhere by default."""

    spaces: list[SmallId] = Field(default=[], max_length=100, description="ids of address spaces")
    networks: list[Value] = Field(default=[], max_length=100, examples=[["10.1.0.0/16"]])
    sites: list[Value] = Field(default=[], max_length=100)
    tags: list[Annotated[list[Value], Field(min_length=2, max_length=2)]] = Field(
        default=[], max_length=100, description="pairs such as `tag:zone`, `dmz`"
    )


class NewGrant(In):
    """A role for a member."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"role_id": 3, "limits": _LIMITS, "reason": "stands in for Grace"}]}
    )

    role_id: SmallId
    limits: Limits = Limits()
    until: Instant | None = Field(default=None, description="it ends by itself; never when absent")
    reason: Reason = ""


class NewMember(NewGrant):
    """A person and their first role."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "ada@example.com", "name": "Ada", "role_id": 3}]}
    )

    email: Email
    name: Annotated[Line, Field(max_length=100)] = ""


class MemberPatch(In):
    """Whether a member is shut out of this tenant."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"disabled": True}]})

    disabled: bool


class Grant(Out):
    """A role that a member holds."""

    model_config = ConfigDict(json_schema_extra={"examples": [_GRANT]})

    id: int
    role_id: int
    role: str
    limits: dict[str, list[int] | list[str] | list[list[str]]]
    until: Time | None = Field(description="null: for good; in the past: it ended")
    reason: str
    granted_by: str
    granted_at: Time

    @classmethod
    def of(cls, kept: Kept) -> Grant:
        named = {n: getattr(kept, n) for n in ("id", "limits", "until", "reason", "granted_by", "granted_at")}
        return cls(role_id=kept.role, role=kept.role_name, **named)


class Member(Out):
    """A person in this tenant."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MEMBER]})

    id: UUID
    email: str
    name: str
    disabled_at: Time | None
    joined_at: Time
    accepted_at: Time | None = Field(
        description="null: invited, which counts for nothing until they accept with a link"
    )
    grants: list[Grant] = Field(description="ended ones too")

    @classmethod
    def of(cls, listed: Listed) -> Member:
        named = {
            n: getattr(listed.member, n) for n in ("id", "email", "name", "disabled_at", "joined_at", "accepted_at")
        }
        return cls(grants=[Grant.of(one) for one in listed.grants], **named)


class MemberPage(Out):
    """Members, in the order of their addresses."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_MEMBER], "next_cursor": "WzFd"}]})

    items: list[Member]
    next_cursor: str | None = Field(description="absent (null) on the last page")


class Role(Out):
    """What its holders may do."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ROLE]})

    id: int
    name: str
    note: str
    permissions: list[Permission]
    builtin: str | None = Field(description="which role of the house it is, which nobody changes; null for your own")
    version: int
    members: int = Field(description="how many hold it now")


class Roles(Out):
    """The roles of the house first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_ROLE], "possible": ["assets:read"]}]})

    items: list[Role]
    possible: list[Permission] = Field(description="what a role of this tenant can permit")


class RoleText(In):
    """What a role says."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Planner", "note": "Reads.", "permissions": ["assets:read"]}]}
    )

    name: Name
    note: Annotated[Text, Field(max_length=500)] = ""
    permissions: list[Permission] = Field(max_length=100)


class ListedTenant(Out):
    """A tenant's name; what it holds is its members' to see."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TENANT]})

    id: UUID
    name: str
    created_at: Time


class MadeTenant(ListedTenant):
    """A new tenant, and how its first administrator gets in. The link is told this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_TENANT, "link": LINK}]})

    link: Link


class Tenants(Out):
    """By when they were made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_TENANT]}]})

    items: list[ListedTenant]


class NewTenant(In):
    """A tenant and who governs it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Warehouse", "administrator": "ada@example.com"}]}
    )

    name: Name
    administrator: Email = Field(description="the address of its first administrator")


class Entry(In):
    """Why you look into a tenant, as what and for how long. Its administrators see it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "incident 4711, the map stays empty", "minutes": 60}]}
    )

    reason: Annotated[Line, Field(min_length=10, max_length=200, examples=["incident 4711, the map stays empty"])]
    role: Annotated[str, Field(pattern=r"^(viewer|analyst|auditor)$")] = "viewer"
    minutes: int = Field(default=60, ge=5, le=240)


class Entered(Out):
    """When your grant ends by itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until": "2026-11-23T11:04:12Z"}]})

    until: Time
