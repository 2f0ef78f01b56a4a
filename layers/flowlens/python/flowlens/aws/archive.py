"""The archive: bytes by key in an S3 bucket (s3://bucket/prefix) or a directory (file:///dir), each whole or absent."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config

from flowlens.model.errors import Invalid, NotFound

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_AT_ONCE = 8
_CONFIG = Config(
    retries={"max_attempts": 4, "mode": "standard"}, connect_timeout=5, read_timeout=30, max_pool_connections=_AT_ONCE
)


class Archive(Protocol):
    """Where flow records are kept by key; putting the same bytes again changes nothing."""

    url: str

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Keeps all of them before it returns."""

    def get(self, key: str) -> bytes:
        """NotFound when there is no such key."""

    def keys(self, prefix: str, *, limit: int) -> list[str]:
        """The first keys under `prefix`, which ends with a slash, in their order."""

    def expire(self, before: date) -> int:
        """Removes what belongs to days before this one, where nothing else does; says how much."""


def at(url: str) -> Archive:
    """The archive that a URL names."""
    parts = urlsplit(url)
    if parts.scheme == "s3" and parts.netloc:
        return Bucket(parts.netloc, parts.path.strip("/"))
    if parts.scheme == "file" and parts.path:
        return Directory(Path(unquote(parts.path)))
    raise Invalid(f"an archive is s3://bucket/prefix or file:///directory, not {url!r}")


class Bucket:
    """Keys under a prefix of an S3 bucket."""

    def __init__(self, bucket: str, prefix: str, client: S3Client | None = None) -> None:
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")
        self._bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""
        self._client: S3Client = client or boto3.client("s3", config=_CONFIG)

    def put(self, objects: Mapping[str, bytes]) -> None:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for done in [pool.submit(self._put, key, data) for key, data in objects.items()]:
                done.result()

    def _put(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=data)

    def get(self, key: str) -> bytes:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)["Body"].read()
        except self._client.exceptions.NoSuchKey as error:
            raise NotFound(f"{self.url}/{key}") from error

    def keys(self, prefix: str, *, limit: int) -> list[str]:
        found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix + prefix, MaxKeys=limit)
        return [one["Key"].removeprefix(self._prefix) for one in found.get("Contents", [])]

    def expire(self, before: date) -> int:  # noqa: ARG002
        """The bucket's lifecycle rule does it."""
        return 0


class Directory:
    """Files under a directory, each made beside and then renamed, so that no reader meets half of one."""

    def __init__(self, root: Path) -> None:
        self.url = root.as_uri()
        self._root = root

    def put(self, objects: Mapping[str, bytes]) -> None:
        for key, data in objects.items():
            path = self._path(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)

    def get(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"{self.url}/{key}") from error

    def keys(self, prefix: str, *, limit: int) -> list[str]:
        files = sorted(file.name for file in self._path(prefix).glob("[!.]*"))
        return [f"{prefix}{name}" for name in files[:limit]]

    def expire(self, before: date) -> int:
        """By the day in the key, <tenant>/<yyyy-mm-dd>/…, and for dead/… by when it was written."""
        days = [day for day in self._root.glob("*/????-??-??") if day.name < before.isoformat()]
        for day in days:
            shutil.rmtree(day)
        midnight = datetime(before.year, before.month, before.day, tzinfo=UTC).timestamp()
        dead = [file for file in self._root.glob("dead/*") if file.stat().st_mtime < midnight]
        for file in dead:
            file.unlink()
        return len(days) + len(dead)

    def _path(self, key: str) -> Path:
        path = self._root / key
        if ".." in path.parts or path.is_absolute() is False or not path.is_relative_to(self._root):
            raise Invalid(f"not a key: {key!r}")
        return path
