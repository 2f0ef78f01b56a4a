"""KMS keys that sign are kept on disk: what was signed before a restart is signed by the same key after it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from moto.kms import models
from moto.kms.utils import RSAPrivateKey


def install(directory: Path) -> None:
    module: Any = models
    make = module.generate_private_key

    def generate_private_key(key_spec: str) -> Any:
        if not key_spec.startswith("RSA"):
            return make(key_spec)
        file = directory / f"{key_spec}.pem"
        if not file.exists():
            _keep(file, make(key_spec).private_key)
        kept: Any = RSAPrivateKey.__new__(RSAPrivateKey)  # it would make another, which takes a second
        kept.key_size = int(key_spec.removeprefix("RSA_"))
        kept.private_key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        return kept

    module.generate_private_key = generate_private_key


def _keep(file: Path, made: Any) -> None:
    """Whole or not at all, readable by its owner alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        written.write(made.private_bytes(*form))
    beside.replace(file)
