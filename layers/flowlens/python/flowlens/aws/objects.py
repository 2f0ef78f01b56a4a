"""Objects of S3: those announced are fetched whole to where a reader can seek, exactly the version told of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import unquote_plus

import boto3
import orjson
from botocore.config import Config
from botocore.exceptions import ClientError
from pydantic import AliasChoices, BaseModel, Field, ValidationError

from flowlens.model.errors import Malformed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

MAX_OCTETS = 400 << 20  # what a function's disk holds; AWS cuts its logs at 75 MB
_IN_MEMORY = 64 << 20
_PIECE = 1 << 20
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "PreconditionFailed", "404", "412"})
_BARRED = frozenset({"AccessDenied", "403", "KMS.AccessDeniedException", "KMS.DisabledException"})
_CONFIG = Config(
    retries={"max_attempts": 4, "mode": "standard"}, connect_timeout=5, read_timeout=30, signature_version="s3v4"
)


@dataclass(frozen=True, slots=True)
class Announced:
    """An object as EventBridge or S3 itself tells of it."""

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
    etag: str = Field(min_length=1, max_length=256, validation_alias=AliasChoices("etag", "eTag"))
    version: str | None = Field(default=None, max_length=1024, validation_alias=AliasChoices("version-id", "versionId"))


class _Detail(BaseModel):
    bucket: _Bucket
    object: _Object


class _Event(BaseModel):
    kind: str = Field(alias="detail-type", pattern="^Object Created$")
    source: str = Field(pattern=r"^aws\.s3$")
    detail: _Detail


class _Notification(BaseModel):
    """S3's own message: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html"""

    kind: str = Field(alias="eventName", pattern="^ObjectCreated:")
    source: str = Field(alias="eventSource", pattern="^aws:s3$")
    s3: _Detail


class _Notifications(BaseModel):
    records: list[_Notification] = Field(alias="Records", max_length=1000)


def announced(message: str) -> list[Announced]:
    """What a message of EventBridge or of S3 says, also one that SNS passed on; nothing of S3's test message.

    Malformed by `object_message` when it is none.
    """
    try:
        told = orjson.loads(message)
        if isinstance(told, dict) and told.get("Type") == "Notification":
            told = orjson.loads(told.get("Message", ""))
        return _told(told)
    except (ValidationError, orjson.JSONDecodeError) as error:
        raise Malformed("object_message", "it is not as S3 or EventBridge sends it") from error


def _told(told: Any) -> list[Announced]:
    if isinstance(told, dict) and told.get("Event") == "s3:TestEvent":
        return []
    if isinstance(told, dict) and "Records" in told:
        details = [one.s3 for one in _Notifications.model_validate(told).records]
        return [_announced(detail, unquote_plus(detail.object.key)) for detail in details]  # as in a form
    detail = _Event.model_validate(told).detail
    return [_announced(detail, detail.object.key)]


def _announced(detail: _Detail, key: str) -> Announced:
    return Announced(detail.bucket.name, key, detail.object.etag, detail.object.version)


@cache
def client() -> S3Client:
    return boto3.client("s3", config=_CONFIG)


def newest(bucket: str, prefix: str) -> Announced:
    """The youngest of the first thousand that begin so; Malformed by `object_none` or `object_denied`."""
    try:
        found = client().list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    except ClientError as error:
        if error.response["Error"]["Code"] in _BARRED | {"NoSuchBucket"}:
            raise Malformed("object_denied", f"S3 does not let us look into {bucket}") from error
        raise
    filled = [one for one in found if one["Size"]]
    if not filled:
        raise Malformed("object_none", f"there is no object yet in {bucket} whose key begins with {prefix!r}")
    last = max(filled, key=lambda one: one["LastModified"])
    return Announced(bucket, last["Key"], last["ETag"].strip('"'), None)


@contextmanager
def fetched(one: Announced, *, most: int = MAX_OCTETS) -> Iterator[BinaryIO]:
    """Malformed by `object_size` when it is too large, by `object_gone` when it was overwritten or removed since.

    By `object_denied` when S3 does not let us read it.
    """
    answer = _get(one)
    if answer["ContentLength"] > most:
        raise Malformed("object_size", f"{answer['ContentLength']:,} octets")
    with SpooledTemporaryFile(_IN_MEMORY) as file:
        for piece in answer["Body"].iter_chunks(_PIECE):
            file.write(piece)
        file.seek(0)
        yield cast(BinaryIO, file)


def put(bucket: str, key: str, data: bytes) -> None:
    """Whoever listens to the bucket is told of it."""
    client().put_object(Bucket=bucket, Key=key, Body=data)


def put_file(bucket: str, key: str, file: BinaryIO) -> None:
    """As `put`, from where it stands to its end."""
    client().put_object(Bucket=bucket, Key=key, Body=file)


def form(bucket: str, key: str, *, most: int, seconds: int) -> dict[str, str]:
    """The fields with which a browser may post one file of up to `most` octets, as this key, for so long.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
    """
    limits = [["content-length-range", 1, most]]
    made = client().generate_presigned_post(bucket, key, Conditions=limits, ExpiresIn=seconds)
    return dict(made["fields"])


def remove(one: Announced) -> None:
    """Exactly this version, for good. Nothing where it is gone already."""
    if one.version:
        client().delete_object(Bucket=one.bucket, Key=one.key, VersionId=one.version)
    else:
        client().delete_object(Bucket=one.bucket, Key=one.key)


def _get(one: Announced) -> GetObjectOutputTypeDef:
    """Of what was overwritten, another message tells."""
    try:
        if one.version:
            return client().get_object(Bucket=one.bucket, Key=one.key, VersionId=one.version)
        return client().get_object(Bucket=one.bucket, Key=one.key, IfMatch=one.etag)
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            raise Malformed("object_gone", one.name) from error
        if error.response["Error"]["Code"] in _BARRED:
            raise Malformed("object_denied", f"S3 does not let us read {one.name}") from error
        raise
