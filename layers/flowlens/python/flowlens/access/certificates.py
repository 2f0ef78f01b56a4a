"""Certificates that are pinned: the key in them counts, as long as they say."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from flowlens.model.errors import Invalid

_BITS = 2048
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_LONGEST = 16_384  # characters


@dataclass(frozen=True, slots=True)
class Pin:
    """What people compare: the SHA-256 in hex, whose it is, and how long it counts."""

    sha256: str
    subject: str
    begins: datetime
    ends: datetime


def read(text: str) -> x509.Certificate:
    """From PEM, or from base64 alone as metadata write it. Invalid when it is none, or its key is weak."""
    body = text.strip().removeprefix("-----BEGIN CERTIFICATE-----").removesuffix("-----END CERTIFICATE-----")
    if len(body) > _LONGEST:
        raise Invalid("a certificate: it is too long to be one")
    try:
        found = x509.load_der_x509_certificate(base64.b64decode("".join(body.split()), validate=True))
        key = found.public_key()
    except (ValueError, binascii.Error, TypeError) as error:
        raise Invalid("a certificate: that is none (PEM, or its base64)") from error
    strong = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= _BITS) or (
        isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)
    )
    if not strong:
        raise Invalid(f"a certificate: its key must be RSA of {_BITS} bits or more, or of a NIST curve")
    return found


def written(certificate: x509.Certificate) -> str:
    """As PEM."""
    return certificate.public_bytes(Encoding.PEM).decode()


def pin(certificate: x509.Certificate) -> Pin:
    try:
        subject = certificate.subject.rfc4514_string()
    except ValueError:
        subject = ""
    return Pin(
        certificate.fingerprint(hashes.SHA256()).hex(),
        subject[:300],
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )
