"""Small databases of addresses in MaxMind's format, for tests; run as a module it writes the demo's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]

from cdk.local.demo.geography import DATABASE, TYPE, networks


def write(path: Path, type_: str, networks: Mapping[str, Mapping[str, object]]) -> Path:
    """Networks with what is recorded of each, as a database of a type such as GeoLite2-ASN."""
    writer = MMDBWriter(6, type_, ipv4_compatible=True, description="made for a test")
    for network, record in networks.items():
        writer.insert_network(IPSet([network]), dict(record))
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.to_db_file(str(path))
    return path


def countries(path: Path, networks: Mapping[str, str]) -> Path:
    """As GeoLite2-Country and DB-IP's lite database have it: `Germany DE` by network."""
    records = {}
    for network, named in networks.items():
        name, _, code = named.rpartition(" ")
        records[network] = {"country": {"iso_code": code, "names": {"en": name} if name else {}}}
    return write(path, "GeoLite2-Country", records)


def organisations(path: Path, networks: Mapping[str, str]) -> Path:
    """As GeoLite2-ASN and DB-IP's lite database have it."""
    records = {
        network: {"autonomous_system_number": 64496 + at, "autonomous_system_organization": name}
        for at, (network, name) in enumerate(networks.items())
    }
    return write(path, "DBIP-ASN-Lite (compat=GeoLite2-ASN)", records)


if __name__ == "__main__":
    write(DATABASE, TYPE, dict(networks()))
