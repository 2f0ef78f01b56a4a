"""A real OpenID provider on loopback (npm's oidc-provider), with a certificate of its own."""

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
from cryptography.hazmat.primitives.asymmetric import ec

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
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a provider of tests")])
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
    folder.mkdir(parents=True, exist_ok=True)
    found = Place(f"https://127.0.0.1:{any_free()}", folder / "key.pem", folder / "certificate.pem")
    found.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    found.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return found


@contextmanager
def running(at: Place, *, redirect: str) -> Generator[None]:
    """Until the block ends."""
    told = {
        "PROVIDER_URL": at.url,
        "PROVIDER_KEY": str(at.key),
        "PROVIDER_CERT": str(at.certificate),
        "PROVIDER_REDIRECT": redirect,
    }
    with subprocess.Popen(
        ["node", "e2e/provider.mjs"],
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
