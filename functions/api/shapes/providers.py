"""Identity providers, and signing in at one."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from flowlens.access.jwts import ALGORITHMS
from flowlens.store.providers import Provider as Kept
from pydantic import ConfigDict, Field, SecretStr
from pydantic.config import JsonDict

from functions.api.shapes.fields import In, Line, Out, SmallId, Time
from functions.api.shapes.house import Me
from functions.api.shapes.saml import SAML_TEXT, Saml, SamlText
from functions.api.shapes.sessions import LinkSecret

_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
_TEXT: JsonDict = {
    "name": "Company sign-in",
    "client_id": "0oa1flowlens",
    "secret": "what the provider's page shows once",
    "algorithm": "RS256",
    "enabled": True,
    "shown": True,
    "role_id": 3,
    "saml": None,
}
_PROVIDER: JsonDict = {
    "id": _ID,
    "kind": "oidc",
    "issuer": "https://login.example.com/oauth2/default",
    **{name: value for name, value in _TEXT.items() if name != "secret"},
    "has_secret": True,
    "version": 1,
    "changed_at": "2026-11-26T10:04:12Z",
    "people": 12,
}

Kind = Literal["oidc", "saml"]
Algorithm = Annotated[str, Field(json_schema_extra={"enum": sorted(ALGORITHMS)}, max_length=10)]


class ProviderText(In):
    """What is said of a provider; `saml` of one that speaks that, secret and algorithm of one that speaks OpenID."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TEXT]})

    name: Line = Field(min_length=1, max_length=60, description="what the button says: Sign in with …")
    client_id: Line = Field(min_length=1, max_length=300, description="who FlowLens is there; for SAML our entity id")
    secret: Annotated[SecretStr, Field(max_length=500)] | None = Field(
        default=None, description='absent: as it was; "" takes it away, for a public client. It is never shown again'
    )
    algorithm: Algorithm = Field(default="RS256", description="of its ID tokens; no other is believed")
    enabled: bool = Field(default=True, description="false ends the sessions that it vouched for, too")
    shown: bool = Field(default=True, description="on the sign-in page; else only by /sign-in?provider=<id>")
    role_id: SmallId | None = Field(
        default=None, description="the role of whoever comes unknown; null: only whom a link or their account connects"
    )
    saml: SamlText | None = Field(default=None, description="of SAML alone, which needs it")


class NewProvider(ProviderText):
    """An identity provider."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "oidc", "issuer": "https://login.example.com/oauth2/default", **_TEXT},
                {
                    "kind": "saml",
                    "issuer": "https://id.example",
                    "name": "Company sign-in",
                    "client_id": "https://flowlens.example/saml",
                    "saml": SAML_TEXT,
                },
            ]
        }
    )

    kind: Kind = Field(default="oidc", description="what it speaks; it never changes afterwards")
    issuer: Line = Field(
        min_length=1,
        max_length=1024,
        description="exactly as its metadata write it, for SAML its entity id; it never changes afterwards",
    )


class Provider(Out):
    """A provider as it is kept; its secret stays out of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PROVIDER]})

    id: UUID
    kind: Kind
    issuer: str
    name: str
    client_id: str
    algorithm: str | None
    saml: Saml | None = None
    enabled: bool
    shown: bool
    role_id: int | None
    has_secret: bool
    version: int
    changed_at: Time
    people: int = Field(description="who are connected with it")

    @classmethod
    def of(cls, kept: Kept) -> Provider:
        return cls(
            id=kept.id,
            kind="saml" if kept.kind == "saml" else "oidc",
            saml=Saml.of(kept.saml) if kept.saml is not None else None,
            issuer=kept.issuer,
            name=kept.name,
            client_id=kept.client_id,
            algorithm=kept.algorithm,
            enabled=kept.enabled,
            shown=kept.shown,
            role_id=kept.role,
            has_secret=kept.secret is not None,
            version=kept.version,
            changed_at=kept.changed_at,
            people=kept.people,
        )


class Providers(Out):
    """All of the tenant's, by name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_PROVIDER]}]})

    items: list[Provider]


class ProviderStep(Out):
    """What a test looked at."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "keys", "right": True, "detail": "2 of its keys fit RS256"}]}
    )

    name: Literal["metadata", "keys", "client"]
    right: bool
    detail: str


class Examination(Out):
    """What a test found: each step until one is wrong."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "right": False,
                    "steps": [{"name": "metadata", "right": False, "detail": "nobody answers there"}],
                }
            ]
        }
    )

    right: bool
    steps: list[ProviderStep]


class Door(Out):
    """A provider that one can sign in at."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": _ID, "name": "Company sign-in"}]})

    id: UUID
    name: str


class Doors(Out):
    """Those that a sign-in page shows."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [{"id": _ID, "name": "Company sign-in"}]}]})

    items: list[Door]


class BeginAtProvider(In):
    """Where one wants to sign in; with a link, its person is known by the provider from then on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"provider_id": _ID}]})

    provider_id: UUID
    link: LinkSecret | None = None


class AgainAtProvider(In):
    """For whoever is signed in: to connect one's account, or to show once more who one is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"provider_id": _ID, "connect": True}]})

    provider_id: UUID
    connect: bool


class Location(Out):
    """Where the browser goes now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"location": "https://login.example.com/authorize?client_id=0oa1flowlens"}]}
    )

    location: str


class ProviderAnswer(In):
    """The query that the provider sent the browser back with, as it stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answer": "code=SplxlOBeZQQ&state=af0ifjsldkj"}]})

    answer: SecretStr = Field(max_length=4096)


class EnteredAs(Out):
    """What came of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "purpose": "enter",
                    "me": {
                        "name": "ada@example.com",
                        "tenant": {"id": "00000000-0000-7000-8000-000000000001", "name": "Default"},
                        "permissions": ["assets:read"],
                        "signed_in": True,
                        "at_provider": True,
                        "factor": "none",
                    },
                }
            ]
        }
    )

    purpose: Literal["enter", "link", "connect", "prove"]
    me: Me


class Identity(Out):
    """As whom a provider knows one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID,
                    "provider": _ID,
                    "name": "Company sign-in",
                    "known_as": "ada@example.com",
                    "linked_at": "2026-11-26T10:04:12Z",
                    "last_used_at": "2026-11-26T10:05:00Z",
                }
            ]
        }
    )

    id: UUID
    provider: UUID
    name: str
    known_as: str
    linked_at: Time
    last_used_at: Time | None


class Identities(Out):
    """All of one's own in this tenant."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "id": _ID,
                            "provider": _ID,
                            "name": "Company sign-in",
                            "known_as": "ada@example.com",
                            "linked_at": "2026-11-26T10:04:12Z",
                            "last_used_at": "2026-11-26T10:05:00Z",
                        }
                    ],
                    "providers": [{"id": _ID, "name": "Company sign-in"}],
                }
            ]
        }
    )

    items: list[Identity]
    providers: list[Door] = Field(description="that one can connect")
