"""What is agreed with an identity provider that speaks SAML 2.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from flowlens.access import certificates
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from functions.api.shapes.fields import In, Line, Out, Text, Time

_PEM = "-----BEGIN CERTIFICATE-----\nMIIC…\n-----END CERTIFICATE-----\n"
_PIN: JsonDict = {
    "pem": _PEM,
    "sha256": "5f" * 32,
    "subject": "CN=id.example",
    "begins": "2026-01-01T00:00:00Z",
    "ends": "2029-01-01T00:00:00Z",
}
_SAML: JsonDict = {
    "site": "https://flowlens.example",
    "sign_on": "https://id.example/sso",
    "metadata_url": "https://id.example/metadata",
    "email": "",
    "name": "displayName",
}
SAML_TEXT: JsonDict = {**_SAML, "certificates": [_PEM]}
Address = Annotated[Line, Field(min_length=9, max_length=2000)]


class SamlText(In):
    """Where a provider is asked, and what is believed of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [SAML_TEXT]})

    site: Line = Field(min_length=8, max_length=300, description="the address under which people open FlowLens")
    sign_on: Address = Field(description="where browsers are sent (HTTP-Redirect)")
    certificates: list[Annotated[Text, Field(min_length=1)]] = Field(
        min_length=1, max_length=6, description="as PEM; what none of them has signed is not believed"
    )
    metadata_url: Address | None = Field(default=None, description="what a test compares these with")
    email: Line = Field(default="", max_length=300, description="the attribute with the address; empty: the usual ones")
    name: Line = Field(default="", max_length=300, description="the attribute with the name; empty: the usual ones")


class Certificate(Out):
    """A certificate, and what people compare of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PIN]})

    pem: str
    sha256: str
    subject: str
    begins: Time
    ends: Time

    @classmethod
    def of(cls, pem: str) -> Certificate:
        found = certificates.pin(certificates.read(pem))
        return cls(pem=pem, sha256=found.sha256, subject=found.subject, begins=found.begins, ends=found.ends)


class Saml(Out):
    """What is agreed with a provider; its signatures count while its certificates do."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_SAML, "certificates": [_PIN]}]})

    site: str
    sign_on: str
    certificates: list[Certificate]
    metadata_url: str | None
    email: str
    name: str

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Saml:
        return cls(**{**kept, "certificates": [Certificate.of(one) for one in kept["certificates"]]})


class MetadataAsked(In):
    """A provider's metadata: where they are, or themselves."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"url": "https://id.example/metadata"}]})

    url: Address | None = None
    xml: Annotated[Text, Field(min_length=1)] | None = None


class MetadataFound(Out):
    """What they say. Nothing of it is agreed before a provider is saved with it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"issuer": "https://id.example", "sign_on": "https://id.example/sso", "certificates": [_PIN]}]
        }
    )

    issuer: str
    sign_on: str
    certificates: list[Certificate]
