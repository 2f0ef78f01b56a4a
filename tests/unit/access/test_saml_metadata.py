"""A provider's metadata are read for what must be agreed on, and certificates are what they say."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flowlens.access import certificates, saml_metadata, signed
from flowlens.model.errors import Invalid
from lxml import etree

from tests.unit.access.assertions import CERTIFICATE, DS, NOW, PARTY, STRANGERS, P, certified, der, key_info

M = "urn:oasis:names:tc:SAML:2.0:metadata"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


def described(keys: str = "", *, sign_on: str = "https://id.example/sso", protocol: str = P) -> str:
    """As Keycloak writes them, with a comment."""
    keys = keys or f'<KeyDescriptor use="signing">{key_info(CERTIFICATE)}</KeyDescriptor>'
    return (
        f'<?xml version="1.0"?><!-- ours --><EntityDescriptor xmlns="{M}" xmlns:ds="{DS}" entityID="{PARTY.issuer}">'
        f'<IDPSSODescriptor protocolSupportEnumeration="{protocol}">{keys}'
        f'<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="https://id.example/soap"/>'
        f'<SingleSignOnService Binding="{REDIRECT}" Location="{sign_on}"/></IDPSSODescriptor></EntityDescriptor>'
    )


def test_metadata_say_who_a_provider_is_where_it_is_asked_and_what_it_signs_with() -> None:
    found = saml_metadata.read(described().encode())
    assert found == saml_metadata.Described(PARTY.issuer, "https://id.example/sso", (CERTIFICATE,))
    keys = "".join(
        f"<KeyDescriptor{use}>{key_info(one)}</KeyDescriptor>"
        for use, one in (("", CERTIFICATE), (' use="encryption"', STRANGERS), (' use="signing"', CERTIFICATE))
    )
    assert saml_metadata.read(described(keys).encode()).certificates == (CERTIFICATE,)
    many = f'<EntitiesDescriptor xmlns="{M}">{described().partition("-->")[2]}</EntitiesDescriptor>'
    assert saml_metadata.read(many.encode()) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not well formed"),
        ("<html/>", "0 identity providers"),
        ('<!DOCTYPE r SYSTEM "file:///etc/passwd">' + described().partition("-->")[2], "a DTD"),
        (described(protocol="urn:oasis:names:tc:SAML:1.1:protocol"), "0 identity providers"),
        (described(f'<KeyDescriptor use="encryption">{key_info(CERTIFICATE)}</KeyDescriptor>'), "no certificate"),
        (described("<KeyDescriptor><ds:X509Certificate>eA==</ds:X509Certificate></KeyDescriptor>"), "that is none"),
        (described().replace(REDIRECT, "urn:x"), "no sign-on address"),
        (f'<E xmlns="{M}">{described().partition("-->")[2] * 2}</E>', "2 identity providers"),
        (described() + " " * 200_000, "longer"),
    ],
)
def test_metadata_that_do_not_fit_are_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        saml_metadata.read(text.encode())


def test_ours_say_who_we_are_and_where_answers_go() -> None:
    root = signed.read(saml_metadata.ours('https://f.example/?a="&b', PARTY.receiver))
    assert root.get("entityID") == 'https://f.example/?a="&b'
    service = root.find(f".//{{{M}}}AssertionConsumerService")
    assert service is not None
    assert service.get("Location") == PARTY.receiver
    role = root[0]
    assert (role.get("WantAssertionsSigned"), etree.QName(role).localname) == ("true", "SPSSODescriptor")


def test_a_certificate_is_read_as_pem_and_as_metadata_write_it() -> None:
    assert certificates.read(certificates.written(CERTIFICATE)) == CERTIFICATE
    assert certificates.read(f"\n {der(CERTIFICATE)[:64]}\n{der(CERTIFICATE)[64:]} ") == CERTIFICATE
    pin = certificates.pin(CERTIFICATE)
    assert (pin.subject, len(pin.sha256), pin.ends.timestamp()) == ("CN=id.example", 64, NOW + 86_400)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        "eA==",
        "not base64",
        der(CERTIFICATE)[:-8],
        "A" * 20_000,
        certificates.written(certified(rsa.generate_private_key(65_537, 1024))),  # noqa: S505 -- to be refused
        certificates.written(certified(ec.generate_private_key(ec.SECP256K1()))),
        certificates.written(certified(ec.generate_private_key(ec.SECP192R1()))),
    ],
)
def test_what_is_none_or_weak_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="a certificate"):
        certificates.read(text)
