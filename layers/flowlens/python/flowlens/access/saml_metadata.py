"""What SAML parties say of themselves (saml-metadata-2.0): a provider's read, ours written."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from lxml import etree

from flowlens.access import certificates, signed
from flowlens.access.envelopes import PROTOCOL
from flowlens.access.saml import POST
from flowlens.model.errors import Invalid, Malformed

_METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
_M = f"{{{_METADATA}}}"
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_ENTITIES = 100
CERTIFICATES = 6


@dataclass(frozen=True, slots=True)
class Described:
    """A provider as its metadata describe it. Nothing of it counts before somebody has agreed to it."""

    issuer: str
    sign_on: str
    certificates: tuple[x509.Certificate, ...]


def read(octets: bytes) -> Described:
    """Of the one identity provider that the metadata describe; Invalid says what is missing in them."""
    try:
        root = signed.read(octets, comments=True)
    except Malformed as problem:
        raise Invalid(f"the provider's metadata: {str(problem).partition(': ')[2]}") from problem
    entities = [root] if root.tag == f"{_M}EntityDescriptor" else root.findall(f"./{_M}EntityDescriptor")[:_ENTITIES]
    found = [(one, role) for one in entities for role in one.findall(f"./{_M}IDPSSODescriptor") if _speaks(role)]
    if len(found) != 1:
        raise Invalid(f"the provider's metadata: they describe {len(found)} identity providers of SAML 2.0, not one")
    entity, role = found[0]
    services = role.findall(f"./{_M}SingleSignOnService")
    sign_on = next((one.get("Location", "") for one in services if one.get("Binding") == _REDIRECT), None)
    if sign_on is None:
        raise Invalid("the provider's metadata: they name no sign-on address for HTTP-Redirect")
    keys = [
        certificates.read(certificate.text or "")
        for key in role.findall(f"./{_M}KeyDescriptor")
        if key.get("use", "signing") == "signing"
        for certificate in key.iter(f"{signed.DS}X509Certificate")
    ]
    if not keys:
        raise Invalid("the provider's metadata: they have no certificate to sign with")
    return Described(str(entity.get("entityID", "")), str(sign_on), tuple(dict.fromkeys(keys))[:CERTIFICATES])


def _speaks(role: etree._Element) -> bool:
    return PROTOCOL in str(role.get("protocolSupportEnumeration", "")).split()


def ours(entity: str, receiver: str) -> bytes:
    """As a provider wants them: who we are, where it posts its answer, that we want signed assertions."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<EntityDescriptor xmlns="{_METADATA}" entityID={quoteattr(entity)}>'
        f'<SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" '
        f'protocolSupportEnumeration="{escape(PROTOCOL)}"><AssertionConsumerService Binding="{POST}" '
        f'Location={quoteattr(receiver)} index="0" isDefault="true"/></SPSSODescriptor></EntityDescriptor>\n'
    ).encode()
