"""The demo's database of addresses says of its Internet what the demo means."""

from __future__ import annotations

from pathlib import Path

from flowlens.aws.geography import Database

from cdk.local.demo.geography import DATABASE, give, networks


def test_the_database_is_the_one_that_the_estate_says() -> None:
    database = Database(DATABASE.parent.as_uri(), DATABASE.name, DATABASE.stat().st_size)
    assert database.tells == ("country", "organisation")
    for network, record in networks():
        address = network.removesuffix("/32")
        assert database.organisation(address) == record["autonomous_system_organization"]
        assert database.country(address) == record["country"]["names"]["en"]  # type: ignore[index]
    assert database.country("192.88.99.220") is None


def test_somebodys_own_database_stays_alone(tmp_path: Path) -> None:
    give(tmp_path)
    assert (tmp_path / "geography" / DATABASE.name).read_bytes() == DATABASE.read_bytes()
    own = tmp_path / "own" / "geography"
    own.mkdir(parents=True)
    (own / "GeoLite2-ASN.mmdb").write_bytes(b"")
    give(tmp_path / "own")
    assert [file.name for file in own.iterdir()] == ["GeoLite2-ASN.mmdb"]
