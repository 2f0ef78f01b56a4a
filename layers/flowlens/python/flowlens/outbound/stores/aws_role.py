"""A bucket of another AWS account: its list, and pieces of its objects, by a role there that trusts this feed alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from flowlens.model.errors import Unopened
from flowlens.outbound.roles import Names, Role, asked
from flowlens.outbound.stores import Broken, Changed, Found, Gone, Opening, leap

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_T = TypeVar("_T")
_PAGE, _MOST_PAGES = 1000, 1000  # objects
_RIGHTS = ("role_rights", "the role may not list and read there: what it may is on the feed's page")
_REGION = ("bucket_region", "the bucket is of another region")
_MISSING = ("bucket_missing", "there is no such bucket")
_NAMES: Names = {
    "AccessDenied": _RIGHTS,
    "403": _RIGHTS,
    "KMS.AccessDeniedException": ("role_rights", "the role may not use the key that the objects are encrypted with"),
    "KMS.DisabledException": ("role_rights", "the key that the objects are encrypted with is disabled"),
    "NoSuchBucket": _MISSING,
    "PermanentRedirect": _REGION,
    "301": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "ExpiredToken": ("role_denied", "the role's session ended: the next visit begins another"),
    "InvalidAccessKeyId": ("role_denied", "AWS does not know the role's session"),
}
_GONE = frozenset({"NoSuchKey", "404"})
_CHANGED = frozenset({"PreconditionFailed", "412", "InvalidRange", "416"})


@dataclass(frozen=True, slots=True)
class Where:
    """What the role is taken on for."""

    role: str
    bucket: str
    region: str
    prefix: str

    @property
    def policy(self) -> str:
        """The session may do no more, whatever the role may: read these objects, list them, and have them decrypted."""
        bucket = f"arn:{self.role.split(':')[1]}:s3:::{self.bucket}"
        listing = {"StringLike": {"s3:prefix": f"{self.prefix}*"}}
        by_storage = {"StringLike": {"kms:ViaService": f"s3.{self.region}.amazonaws.com*"}}
        statements = [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/{self.prefix}*"},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket, "Condition": listing},
            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": by_storage},
        ]
        return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


@dataclass(slots=True)
class Bucket:
    """The role is taken on when something is first asked for, and for this visit alone."""

    where: Where
    role: Role
    page: int = _PAGE
    _client: S3Client | None = field(default=None, repr=False)

    def listed(self, since: datetime) -> Iterator[Found]:
        """By name. Unopened by `bucket_large` when it never ends."""
        where, client = self.where, self._session()
        start: dict[str, str] = {}
        for number in range(_MOST_PAGES):
            wanted: dict[str, Any] = {"Bucket": where.bucket, "Prefix": where.prefix, "MaxKeys": self.page, **start}
            answer = _asked(partial(client.list_objects_v2, **wanted))
            found = answer.get("Contents", [])
            token = answer.get("NextContinuationToken", "")
            ahead = leap(where.prefix, found[0]["Key"], since) if token and found and not number else ""
            if ahead:
                start = {"StartAfter": ahead}
                continue
            for one in found:
                yield Found(one["Key"], one["Size"], one["ETag"].strip('"'), one["LastModified"])
            if not token:
                return
            start = {"ContinuationToken": token}
        raise Unopened("bucket_large", f"more than {self.page * _MOST_PAGES:,} objects: narrow the prefix")

    def piece(self, found: Found, start: int, stop: int) -> bytes:
        """Of the very state that was listed."""
        client, bucket = self._session(), self.where.bucket
        span, state = f"bytes={start}-{stop - 1}", f'"{found.edition}"'

        def read() -> bytes:
            return client.get_object(Bucket=bucket, Key=found.name, Range=span, IfMatch=state)["Body"].read()

        content = _asked(read)
        if len(content) != stop - start:
            raise Unopened("answer", f"{len(content):,} octets came where {stop - start:,} were asked for")
        return content

    def _session(self) -> S3Client:
        if self._client is None:
            self._client = self.role.taken_on("s3", self.where.policy)
        return self._client


def place(said: Any, opening: Opening) -> Bucket:
    where = Where(said.role, said.bucket, said.region, said.prefix)
    role = Role(said.role, said.region, opening.feed, str(opening.external_id))
    return Bucket(where, role, opening.page or _PAGE)


def _state(code: str) -> Exception | None:
    """What a refusal says of an object."""
    if code in _GONE:
        return Gone()
    if code in _CHANGED:
        return Changed()
    if code == "InvalidObjectState":
        return Broken("object_archived", "it lies in an archive of S3: restore it, then retry")
    return None


def _asked(ask: Callable[[], _T]) -> _T:
    return asked(ask, _NAMES, _state)
