"""The archive: the same promises of a bucket and of a directory."""

from __future__ import annotations

from collections.abc import Generator
from datetime import date
from pathlib import Path

import boto3
import numpy as np
import pytest
from flowlens.aws import archive, parquet
from flowlens.model.errors import Invalid, NotFound
from moto import mock_aws
from numpy.typing import NDArray


@pytest.fixture(params=["file", "s3"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[archive.Archive]:
    if request.param == "file":
        yield archive.at((tmp_path / "a b").as_uri())
        return
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="archive")
        yield archive.at("s3://archive/flows/")


def test_what_is_put_is_got(kept: archive.Archive) -> None:
    kept.put({"a/b/1": b"one", "a/2": b"", "dead/3": bytes(range(256))})
    assert [kept.get(key) for key in ("a/b/1", "a/2", "dead/3")] == [b"one", b"", bytes(range(256))]


def test_putting_again_replaces(kept: archive.Archive) -> None:
    kept.put({"a": b"one"})
    kept.put({"a": b"two"})
    assert kept.get("a") == b"two"


def test_a_key_that_is_not_there_is_said(kept: archive.Archive) -> None:
    with pytest.raises(NotFound, match="nothing"):
        kept.get("nothing")


def test_nothing_to_put_is_no_trouble(kept: archive.Archive) -> None:
    kept.put({})


def test_a_bucket_keeps_its_keys_under_the_prefix() -> None:
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="archive")
        archive.at("s3://archive/flows").put({"a": b"x"})
        assert client.get_object(Bucket="archive", Key="flows/a")["Body"].read() == b"x"


def test_a_directory_holds_no_half_written_file(tmp_path: Path) -> None:
    archive.at(tmp_path.as_uri()).put({"a/1": b"x"})
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["1", "a"]


@pytest.mark.parametrize("key", ["../outside", "a/../../outside", "/etc/outside"])
def test_no_key_leads_out_of_the_directory(tmp_path: Path, key: str) -> None:
    with pytest.raises(Invalid):
        archive.at((tmp_path / "in").as_uri()).put({key: b"x"})
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("url", ["", "flows", "http://host/x", "s3://", "file://"])
def test_a_url_of_another_kind_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(Invalid, match="s3://bucket/prefix"):
        archive.at(url)


def test_a_bucket_leaves_expiry_to_its_lifecycle() -> None:
    with mock_aws():
        assert archive.at("s3://archive/flows").expire(date(2030, 1, 1)) == 0


def test_parquet_gives_the_columns_and_the_metadata_back() -> None:
    columns: dict[str, NDArray[np.generic]] = {
        "octets": np.array([0, 2**64 - 1], np.uint64),
        "port": np.array([1, 65535], np.uint16),
        "end": np.array([-(2**63), 2**63 - 1], np.int64),
        "constant": np.broadcast_to(np.uint8(7), (2,)),
    }
    found, metadata = parquet.decode(parquet.encode(columns, {"exporters": '["192.0.2.1"]'}))
    assert metadata["exporters"] == '["192.0.2.1"]'
    for name, values in columns.items():
        assert found[name].dtype == values.dtype
        assert np.array_equal(found[name], values)
