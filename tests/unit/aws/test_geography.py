"""Databases of addresses, as MaxMind and DB-IP write them, and such as are none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from flowlens.aws import geography
from flowlens.model.errors import Invalid
from flowlens.services import geography as service
from moto import mock_aws

from tests.databases import countries, organisations, write


@pytest.fixture(autouse=True)
def nowhere() -> Iterator[None]:
    """Nothing stays for the next test."""
    yield
    service.use("")
    geography.client.cache_clear()


def opened(path: Path) -> geography.Database:
    return geography.Database(path.parent.as_uri(), path.name, path.stat().st_size)


def test_a_country_is_named_in_english_or_by_its_letters(tmp_path: Path) -> None:
    database = opened(countries(tmp_path / "a.mmdb", {"8.8.0.0/16": "United States US", "2a00::/16": "DE"}))
    assert database.tells == ("country",)
    assert [database.country(one) for one in ("8.8.8.8", "2a00::1", "9.9.9.9")] == ["United States", "DE", None]


def test_an_organisation_is_whose_network_it_is(tmp_path: Path) -> None:
    database = opened(organisations(tmp_path / "a.mmdb", {"8.8.0.0/16": "Google LLC", "1.0.0.0/8": " x\n y"}))
    assert database.tells == ("organisation",)
    assert [database.organisation(one) for one in ("8.8.8.8", "1.1.1.1")] == ["Google LLC", None]


def test_a_database_of_an_unknown_type_may_tell_of_either(tmp_path: Path) -> None:
    record = {"country": "Germany", "country_code": "DE", "as_name": "Hetzner Online GmbH"}
    database = opened(write(tmp_path / "a.mmdb", "ipinfo generic_bundle", {"5.9.0.0/16": record}))
    assert database.tells == ("country", "organisation")
    assert (database.country("5.9.1.1"), database.organisation("5.9.1.1")) == ("Germany", "Hetzner Online GmbH")


@pytest.mark.parametrize("content", [b"", b"not a database", b"\xab\xcd\xefMaxMind.com" + bytes(40)])
def test_what_is_no_database_is_named_and_the_others_are_used(tmp_path: Path, content: bytes) -> None:
    countries(tmp_path / "good.mmdb", {"8.8.0.0/16": "United States US"})
    (tmp_path / "bad.mmdb").write_bytes(content)
    service.use(tmp_path.as_uri())
    states, problem = service.states()
    assert problem is None
    assert [(one.name, one.problem is None) for one in states] == [("bad.mmdb", False), ("good.mmdb", True)]
    assert service.current().attributes == ("country",)


def test_a_damaged_database_says_nothing_of_an_address(tmp_path: Path) -> None:
    path = countries(tmp_path / "a.mmdb", {"8.8.0.0/16": "United States US"})
    whole = path.read_bytes()
    path.write_bytes(whole[:200] + bytes(len(whole) - 600) + whole[-400:])
    assert opened(path).country("8.8.8.8") in (None, "United States")


def test_a_database_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="octets"):
        geography.Database(tmp_path.as_uri(), "a.mmdb", geography.MAX_OCTETS + 1)


def test_a_new_database_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service.use(tmp_path.as_uri())
    before = service.current()
    organisations(tmp_path / "a.mmdb", {"8.8.0.0/16": "Google LLC"})
    assert service.current() is before
    monkeypatch.setattr(service, "_SECONDS", 0.0)
    after = service.current()
    assert (before.stamp != after.stamp, after.attributes) == (True, ("organisation",))
    assert service.current() is after
    (tmp_path / "a.mmdb").unlink()
    assert service.current().attributes == ()


def test_databases_are_read_from_a_bucket(tmp_path: Path) -> None:
    path = countries(tmp_path / "a.mmdb", {"8.8.0.0/16": "United States US"})
    with mock_aws():
        geography.client.cache_clear()
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="kept")
        s3.upload_file(str(path), "kept", "geography/a.mmdb")
        s3.put_object(Bucket="kept", Key="geography/notes.txt", Body=b"x")
        service.use("s3://kept/geography")
        known = service.current()
        assert known.lookups["country"]("8.8.8.8") == "United States"
        assert [one.name for one in service.states()[0]] == ["a.mmdb"]


def test_while_nobody_answers_what_was_known_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_SECONDS", 0.0)
    countries(tmp_path / "a.mmdb", {"8.8.0.0/16": "United States US"})
    service.use(tmp_path.as_uri())
    known = service.current()

    def away(url: str) -> dict[str, tuple[str, int]]:
        raise Invalid(f"nobody answers at {url}")

    monkeypatch.setattr(geography, "listed", away)
    assert service.current() is known
    assert "nobody answers" in str(service.states()[1])
