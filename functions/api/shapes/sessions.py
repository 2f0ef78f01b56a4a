"""Signing in, sessions, links and tokens."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from flowlens.access.permissions import Permission
from pydantic import ConfigDict, Field, SecretStr
from pydantic.config import JsonDict

from functions.api.shapes.fields import In, Instant, Line, Out, Time
from functions.api.shapes.house import Tenant

_SECRET = "nW0yYbq0Zk2m8i1o3u5cX7v9bN4kQ6sD0fGhJlPaRtE"  # noqa: S105 (an example)
_SENTENCE = "a sentence of mine, with colours"
_TENANT = "00000000-0000-7000-8000-000000000001"
_SESSION: JsonDict = {
    "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "method": "password",
    "started_at": "2026-11-23T08:00:00Z",
    "last_used_at": "2026-11-23T10:04:12Z",
    "ends_at": "2026-11-23T16:00:00Z",
    "address": "192.0.2.7",
    "agent": "Mozilla/5.0 (X11; Linux x86_64)",
    "current": True,
}
_TOKEN: JsonDict = {
    "id": 7,
    "name": "monitoring",
    "permissions": ["operations:read"],
    "networks": ["192.0.2.0/24"],
    "created_at": "2026-11-23T10:04:12Z",
    "expires_at": "2027-02-23T00:00:00Z",
    "last_used_at": "2026-11-23T10:05:00Z",
    "hint": "aRtE",
}
LINK: JsonDict = {"secret": _SECRET, "expires_at": "2026-11-26T10:04:12Z"}

Email = Annotated[Line, Field(min_length=3, max_length=254, examples=["ada@example.com"])]
Password = Annotated[SecretStr, Field(min_length=1, max_length=128, examples=["a sentence of mine, with colours"])]
LinkSecret = Annotated[SecretStr, Field(min_length=43, max_length=43, examples=[_SECRET])]


class SignIn(In):
    """Who one says one is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "ada@example.com", "password": _SENTENCE}]})

    email: Email
    password: Password


class Proof(In):
    """The password, once more; with it a code of one's second factor, if there is one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"password": _SENTENCE, "code": "492039"}]})

    password: Password
    code: SecretStr = Field(default=SecretStr(""), max_length=40)


class NewPassword(In):
    """Of 15 to 128 characters, any of them; what others use or can guess is refused."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"old": _SENTENCE, "new": "another sentence, with a river"}]}
    )

    old: Password
    new: Password


class Turn(In):
    """To which tenant."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tenant_id": _TENANT}]})

    tenant_id: UUID


class Session(Out):
    """Where somebody is signed in."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SESSION]})

    id: UUID
    method: str = Field(description="how they signed in")
    started_at: Time
    last_used_at: Time
    ends_at: Time = Field(description="at the latest; it ends after half an hour without a request too")
    address: str
    agent: str
    current: bool = Field(description="whether it is the one that asks")


class Sessions(Out):
    """All of one's own, the last used first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SESSION]}]})

    items: list[Session]


class Tenants(Out):
    """Those one may turn to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [{"id": _TENANT, "name": "Default"}]}]})

    items: list[Tenant]


class OpenLink(In):
    """The secret of a link, which its address has behind `#link=`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"link": _SECRET}]})

    link: LinkSecret


class UseLink(OpenLink):
    """What is chosen with a link. Address and name only make the first administrator."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"link": _SECRET, "password": _SENTENCE, "email": "ada@example.com", "name": "Ada"}]
        }
    )

    password: Password
    email: Line = Field(default="", max_length=254)
    name: Line = Field(default="", max_length=100)


class LinkPurpose(Out):
    """What a link is for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "tenant": "Default",
                    "email": "grace@example.com",
                    "expires_at": "2026-11-23T10:14:12Z",
                    "accept": False,
                }
            ]
        }
    )

    tenant: str
    email: str | None = Field(description="whose password it sets; null: it makes the tenant's first administrator")
    expires_at: Time
    accept: bool = Field(description="other tenants know them: they sign in as before and accept, with no new password")


class Link(Out):
    """A new link. Its secret is told this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [LINK]})

    secret: str = Field(description="open /welcome#link=<secret>")
    expires_at: Time


class NewToken(In):
    """A token that its owner's programs use."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "monitoring", "permissions": ["operations:read"], "expires_at": "2027-02-23T00:00:00Z"}
            ]
        }
    )

    name: Line = Field(min_length=1, max_length=100)
    permissions: list[Permission] = Field(min_length=1, max_length=100, description="no wider than your own")
    networks: list[Annotated[Line, Field(min_length=2, max_length=50)]] = Field(
        default=[], max_length=20, description="from where it may be used; empty: from anywhere"
    )
    expires_at: Instant = Field(description="within a year")


class Token(Out):
    """What is kept of a token: never the token itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TOKEN]})

    id: int
    name: str
    permissions: list[str]
    networks: list[str]
    created_at: Time
    expires_at: Time
    last_used_at: Time | None = Field(description="to the minute")
    hint: str = Field(description="its last four characters")


class MadeToken(Token):
    """A new token; it is told this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_TOKEN, "token": f"fl_{_SECRET}"}]})

    token: str


class Tokens(Out):
    """All of one's own in this tenant."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_TOKEN]}]})

    items: list[Token]
