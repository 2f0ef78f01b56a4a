"""What is uploaded: our code without caches, and the certificate that the database is trusted by."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import botocore
import pytest

from cdk.constructs.task import SHARED
from cdk.parts import ROOT
from tests.cdk.templates import Templates, flat


@pytest.fixture(scope="session")
def uploaded(templates: Templates) -> dict[str, Path]:
    """Our folders, by what a listing calls them."""
    found: dict[str, Path] = {}
    for listing in templates.out.glob("*.assets.json"):
        for asset in json.loads(listing.read_text())["files"].values():
            found[asset["displayName"]] = templates.out / asset["source"]["path"]
    return found


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


@pytest.mark.infra
def test_functions_are_uploaded_under_the_name_they_are_imported_by(uploaded: dict[str, Path]) -> None:
    sent = files(uploaded["stream-aggregate/function/Code"])
    assert {"functions/__init__.py", "functions/stream/aggregate.py", "functions/api/handler.py"} <= sent
    assert all(name.startswith("functions/") for name in sent)


@pytest.mark.infra
def test_the_package_is_uploaded_with_its_queries_and_migrations(uploaded: dict[str, Path]) -> None:
    sent = files(uploaded["layers/flowlens/Code"])
    assert {
        "python/flowlens/__init__.py",
        "python/flowlens/store/sql/queries/connection.sql",
        "python/flowlens/store/sql/migrations/0001_house.sql",
    } <= sent


@pytest.mark.infra
def test_the_collector_is_uploaded_with_the_package_it_imports(uploaded: dict[str, Path]) -> None:
    sent = files(uploaded["program"])
    assert {"collector_vm/__main__.py", "layers/flowlens/python/flowlens/flows/batch.py"} <= sent
    assert all(name.startswith(("collector_vm/", "layers/flowlens/python/")) for name in sent)


@pytest.mark.infra
@pytest.mark.parametrize("name", ["program", "layers/flowlens/Code"])
def test_the_kernel_goes_along_for_the_machines_of_aws(uploaded: dict[str, Path], name: str) -> None:
    (kernel,) = uploaded[name].rglob("kernel/aarch64.so")
    head = kernel.read_bytes()[:20]
    assert head[:4] == b"\x7fELF"
    assert int.from_bytes(head[18:20], "little") == 183  # EM_AARCH64


@pytest.mark.infra
def test_nothing_compiled_here_is_uploaded(uploaded: dict[str, Path]) -> None:
    for folder in uploaded.values():
        assert not [name for name in files(folder) if "__pycache__" in name or name.endswith(".pyc")]


def test_the_functions_trust_the_root_that_the_proxys_certificate_hangs_on() -> None:
    bundle = Path(botocore.__file__).with_name("cacert.pem")
    trusted = flat(ssl.create_default_context(cafile=bundle).get_ca_certs())
    assert all(f'["commonName", "Amazon Root CA {n}"]' in trusted for n in (1, 2, 3, 4))
    assert SHARED["PGSSLROOTCERT"] == f"/opt/python/botocore/{bundle.name}"
    assert "\nbotocore==" in (ROOT / "requirements/runtime.txt").read_text()
