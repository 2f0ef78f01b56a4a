"""A SAML provider that signs whatever it is told to, right or wrong in one thing, with its own hands."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flowlens.access.saml import Party
from lxml import etree

NOW = 1_800_000_000.0
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def certified(key: Key, *, begins: float = NOW - 86_400, ends: float = NOW + 86_400) -> x509.Certificate:
    """Signed by itself, as providers' are."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "id.example")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(begins, UTC))
        .not_valid_after(datetime.fromtimestamp(ends, UTC))
        .sign(key, hashes.SHA256())
    )


KEY, STRANGER = rsa.generate_private_key(65_537, 2048), rsa.generate_private_key(65_537, 2048)
CURVES = {256: ec.generate_private_key(ec.SECP256R1()), 384: ec.generate_private_key(ec.SECP384R1())}
CERTIFICATE, STRANGERS = certified(KEY), certified(STRANGER)
PARTY = Party(
    issuer="https://id.example/saml", entity="https://flowlens.example/saml",
    receiver="https://flowlens.example/api/v1/session/saml", certificates=(CERTIFICATE,),
)  # fmt: skip
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
REQUEST = "_" + "q" * 43
P, A = "urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:2.0:assertion"
DS, EXCLUSIVE = "http://www.w3.org/2000/09/xmldsig#", "http://www.w3.org/2001/10/xml-exc-c14n#"
MORE, ENC = "http://www.w3.org/2001/04/xmldsig-more#", "http://www.w3.org/2001/04/xmlenc#"
ENVELOPED = f"{DS}enveloped-signature"
RSA256 = f"{MORE}rsa-sha256"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 -- to be refused
    "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
}  # fmt: skip


def at(seconds: float = 0) -> str:
    moment = datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def assertion() -> str:
    """As providers write it, not signed yet; `{signature}` is where that goes."""
    return (
        f'<saml:Assertion xmlns:saml="{A}" ID="_a1" Version="2.0" IssueInstant="{at(-2)}">'
        f"<saml:Issuer>{PARTY.issuer}</saml:Issuer>{{signature}}"
        f'<saml:Subject><saml:NameID Format="{PERSISTENT}">ada-0815</saml:NameID>'
        f'<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData '
        f'InResponseTo="{REQUEST}" NotOnOrAfter="{at(300)}" Recipient="{PARTY.receiver}"/></saml:SubjectConfirmation>'
        f'</saml:Subject><saml:Conditions NotBefore="{at(-300)}" NotOnOrAfter="{at(300)}"><saml:AudienceRestriction>'
        f"<saml:Audience>{PARTY.entity}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{at(-10)}" SessionIndex="_s"><saml:AuthnContext>'
        f"<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>"
        f'</saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="email"><saml:AttributeValue>'
        f'Ada@Example.com</saml:AttributeValue></saml:Attribute><saml:Attribute Name="displayName">'
        f"<saml:AttributeValue>Ada L.</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>"
    )


def response(inner: str, *, signature: str = "", id: str = "_r1") -> str:
    return (
        f'<samlp:Response xmlns:samlp="{P}" ID="{id}" Version="2.0" IssueInstant="{at()}" '
        f'Destination="{PARTY.receiver}" InResponseTo="{REQUEST}"><saml:Issuer xmlns:saml="{A}">{PARTY.issuer}'
        f"</saml:Issuer>{signature}<samlp:Status>"
        f'<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{inner}</samlp:Response>'
    )


def canonical(xml: str, *, exclusive: bool = True, comments: bool = False, prefixes: list[str] | None = None) -> bytes:
    root = etree.fromstring(xml.encode())
    return etree.tostring(
        root, method="c14n", exclusive=exclusive, with_comments=comments, inclusive_ns_prefixes=prefixes
    )


def same(text: str) -> str:
    return text


@dataclass(frozen=True)
class Signer:
    """How a signature is made. Each of its fields can be wrong."""

    key: Key | bytes = field(default_factory=lambda: KEY)  # octets make an HMAC
    method: str = RSA256
    hash: str = "sha256"
    digest: str = f"{ENC}sha256"
    digests: str = "sha256"
    canonical: str = EXCLUSIVE
    transforms: tuple[str, ...] = (
        f'<ds:Transform Algorithm="{ENVELOPED}"/>',
        f'<ds:Transform Algorithm="{EXCLUSIVE}"/>',
    )
    uri: str | None = None
    covers: bytes | None = None  # instead of the canonical octets
    information: str = ""  # KeyInfo, and whatever else comes after the value
    info: Callable[[str], str] = same  # changes SignedInfo before it is signed
    prefixes: tuple[str, ...] = ()
    value: str | None = None

    def __call__(self, xml: str, id: str = "_a1") -> str:
        """The signature of an element that has no signature."""
        covered = canonical(xml, prefixes=list(self.prefixes) or None) if self.covers is None else self.covers
        digest = base64.b64encode(hashlib.new(self.digests, covered).digest()).decode()
        uri = f"#{id}" if self.uri is None else self.uri
        info = self.info(
            f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{self.canonical}"/>'
            f'<ds:SignatureMethod Algorithm="{self.method}"/><ds:Reference URI="{uri}"><ds:Transforms>'
            f'{"".join(self.transforms)}</ds:Transforms><ds:DigestMethod Algorithm="{self.digest}"/>'
            f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
        )
        exclusive = "exc-c14n" in self.canonical
        octets = canonical(info, exclusive=exclusive, comments=self.canonical.endswith("Comments"))
        value = base64.b64encode(self._signed(octets)).decode() if self.value is None else self.value
        return (
            f'<ds:Signature xmlns:ds="{DS}">{info}<ds:SignatureValue>{value}</ds:SignatureValue>'
            f"{self.information}</ds:Signature>"
        )

    def _signed(self, octets: bytes) -> bytes:
        if isinstance(self.key, bytes):
            return hmac.new(self.key, octets, self.hash).digest()
        function = _HASHES[self.hash]
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(octets, padding.PKCS1v15(), function)
        r, s = decode_dss_signature(self.key.sign(octets, ec.ECDSA(function)))
        size = (self.key.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def whole(xml: str, signer: Signer | None = None) -> str:
    """The assertion with its signature in it."""
    return xml.replace("{signature}", (signer or Signer())(xml.replace("{signature}", "")))


def encoded(xml: str | bytes) -> str:
    return base64.b64encode(xml.encode() if isinstance(xml, str) else xml).decode()


def answer(
    before: Callable[[str], str] = same, after: Callable[[str], str] = same, signer: Signer | None = None
) -> str:
    """A SAMLResponse: `before` changes what is signed, `after` what is sent."""
    return encoded(after(response(whole(before(assertion()), signer))))


def der(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def key_info(certificate: x509.Certificate) -> str:
    shown = f"<ds:X509Certificate>{der(certificate)}</ds:X509Certificate>"
    return f"<ds:KeyInfo><ds:X509Data>{shown}</ds:X509Data></ds:KeyInfo>"


def public(key: rsa.RSAPrivateKey, encoding: Encoding) -> bytes:
    return key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def instead(*pairs: str) -> Callable[[str], str]:
    """Puts each second in the place of each first, which must be there."""

    def changed(text: str) -> str:
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            if old not in text:
                raise LookupError(old)
            text = text.replace(old, new)
        return text

    return changed
