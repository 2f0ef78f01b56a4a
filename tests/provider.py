"""Real providers on loopback (npm's oidc-provider and samlp), each with a certificate of its own."""

from __future__ import annotations

import ipaddress
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cdk.local.ports import any_free

WEB = Path(__file__).parents[1] / "web"


@dataclass(frozen=True, slots=True)
class Place:
    """Where it will be, and its certificate."""

    url: str
    key: Path
    certificate: Path


def place(folder: Path) -> Place:
    """A free port, and a certificate for it that nobody but whoever is told trusts."""
    folder.mkdir(parents=True, exist_ok=True)
    found = Place(f"https://127.0.0.1:{any_free()}", folder / "key.pem", folder / "certificate.pem")
    _certify(ec.generate_private_key(ec.SECP256R1()), found.key, found.certificate)
    return found


def _certify(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, key_file: Path, certificate_file: Path) -> None:
    called = f"{key_file.parent.name} of tests"  # no two alike: OpenSSL looks for them by name
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, called)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))


@contextmanager
def running(at: Place, *, redirect: str) -> Generator[None]:
    """The OpenID provider, until the block ends."""
    told = {
        "PROVIDER_URL": at.url,
        "PROVIDER_KEY": str(at.key),
        "PROVIDER_CERT": str(at.certificate),
        "PROVIDER_REDIRECT": redirect,
    }
    with _program("e2e/provider.mjs", told):
        yield


@contextmanager
def running_saml(at: Place, *, receiver: str) -> Generator[None]:
    """The SAML provider, which signs with a key of its own, until the block ends."""
    key, certificate = at.key.with_name("signing-key.pem"), at.key.with_name("signing.pem")
    _certify(rsa.generate_private_key(65_537, 2048), key, certificate)
    told = {
        "SAML_URL": at.url,
        "SAML_KEY": str(at.key),
        "SAML_CERT": str(at.certificate),
        "SAML_SIGNING_KEY": str(key),
        "SAML_SIGNING_CERT": str(certificate),
        "SAML_RECEIVER": receiver,
    }
    with _program("e2e/saml.mjs", told):
        yield


@contextmanager
def _program(script: str, told: dict[str, str]) -> Generator[None]:
    with subprocess.Popen(
        ["node", script],
        cwd=WEB,
        env={**os.environ, **told},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            assert process.stdout is not None
            assert any(line == b"listening\n" for line in process.stdout)
            yield
        finally:
            process.kill()
