"""The demo's Internet in a small database of addresses, so that it opens by country and organisation."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from cdk.local.demo.estate import build

DATABASE = Path(__file__).with_name("addresses.mmdb")  # `python -m tests.databases` writes it from `networks`
TYPE = "FlowLens demo: country and ASN"
_COUNTRIES = ("Germany DE", "Netherlands NL", "United States US", "France FR", "Japan JP")
_PARTNERS = ("Example Payments", "Example Logistics", "Example Credit Bureau")
_ACCESS = ("Example Telecom", "Example Mobile", "Example Cable")
_S3 = "192.52.193.200"


def networks() -> Iterator[tuple[str, Mapping[str, object]]]:
    """Every external address of the estate but two visitors, whom the database does not know."""
    outside = [asset for asset in build(1).assets if asset.site == "out"]
    for at, asset in enumerate(outside):
        names = _PARTNERS if asset.tier == "partner" else _ACCESS
        if asset.name not in ("visitor-19", "visitor-20"):
            yield f"{asset.address}/32", _record(_COUNTRIES[at % len(_COUNTRIES)], names[at % len(names)])
    yield f"{_S3}/32", _record("United States US", "Example Cloud")


def _record(country: str, organisation: str) -> Mapping[str, object]:
    name, _, code = country.rpartition(" ")
    return {"country": {"iso_code": code, "names": {"en": name}}, "autonomous_system_organization": organisation}


def give(archive: Path) -> None:
    """Puts it where the API looks, unless somebody has put databases there."""
    folder = archive / "geography"
    if not any(folder.glob("*.mmdb")):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(DATABASE, folder / DATABASE.name)
