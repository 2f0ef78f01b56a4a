"""Objects of S3 that were announced: fetched whole to a place where a reader can seek, exactly the version told of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

import boto3
from botocore.config import Config
from pydantic import BaseModel, Field, ValidationError

from flowlens.model.errors import Malformed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_OCTETS = 400 << 20  # what a function's disk holds; AWS cuts its logs at 75 MB
_IN_MEMORY = 64 << 20
_PIECE = 1 << 20
_CONFIG = Config(retries={"max_attempts": 4, "mode": "standard"}, connect_timeout=5, read_timeout=30)


@dataclass(frozen=True, slots=True)
class Announced:
    """An object as EventBridge tells of it."""

    bucket: str
    key: str
    etag: str
    version: str | None

    @property
    def name(self) -> str:
        """Of this content for ever."""
        return f"s3://{self.bucket}/{self.key}#{self.version or self.etag}"


class _Bucket(BaseModel):
    name: str = Field(min_length=3, max_length=255)


class _Object(BaseModel):
    key: str = Field(min_length=1, max_length=1024)
    etag: str = Field(min_length=1, max_length=256)
    version: str | None = Field(default=None, alias="version-id", max_length=1024)


class _Detail(BaseModel):
    bucket: _Bucket
    object: _Object


class _Event(BaseModel):
    kind: str = Field(alias="detail-type", pattern="^Object Created$")
    source: str = Field(pattern=r"^aws\.s3$")
    detail: _Detail


def announced(message: str) -> Announced:
    """What a message says; Malformed by `object_message` when it is no event of S3."""
    try:
        detail = _Event.model_validate_json(message).detail
    except ValidationError as error:
        raise Malformed("object_message", f"{error.error_count()} things are not as S3 sends them") from error
    return Announced(detail.bucket.name, detail.object.key, detail.object.etag, detail.object.version)


@cache
def client() -> S3Client:
    return boto3.client("s3", config=_CONFIG)


@contextmanager
def fetched(one: Announced) -> Iterator[BinaryIO]:
    """Malformed by `object_size` when it is too large. S3 refuses what was overwritten: another event tells of that."""
    if one.version:
        answer = client().get_object(Bucket=one.bucket, Key=one.key, VersionId=one.version)
    else:
        answer = client().get_object(Bucket=one.bucket, Key=one.key, IfMatch=one.etag)
    if answer["ContentLength"] > MAX_OCTETS:
        raise Malformed("object_size", f"{answer['ContentLength']:,} octets")
    with SpooledTemporaryFile(_IN_MEMORY) as file:
        for piece in answer["Body"].iter_chunks(_PIECE):
            file.write(piece)
        file.seek(0)
        yield cast(BinaryIO, file)
