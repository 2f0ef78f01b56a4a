"""A bucket of another AWS account: its list, and pieces of its objects, by a role there that trusts this feed alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from flowlens.model.errors import Unopened, Unreachable
from flowlens.outbound.stores import Broken, Changed, Found, Gone, Opening, Throttled, leap

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_T = TypeVar("_T")
_PAGE, _MOST_PAGES = 1000, 1000  # objects
_SESSION_SECONDS = 900  # the least that AWS gives, and more than a visit takes
_CONFIG = Config(retries={"max_attempts": 3, "mode": "standard"}, connect_timeout=4, read_timeout=15)
_BUSY = frozenset(
    {"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "ServiceUnavailable", "503"}
)
_DENIED = ("role_denied", "the role does not exist, or does not trust FlowLens with this feed's external id")
_RIGHTS = ("role_rights", "the role may not list and read there: what it may is on the feed's page")
_REGION = ("bucket_region", "the bucket is of another region")
_MISSING = ("bucket_missing", "there is no such bucket")
_ROLE_NAMES = {
    "AccessDenied": _DENIED,
    "RegionDisabledException": ("bucket_region", "the region is not enabled"),
    "PackedPolicyTooLarge": ("prefix_long", "AWS packs no more into a session: shorten the prefix"),
    "PackedPolicyTooLargeException": ("prefix_long", "AWS packs no more into a session: shorten the prefix"),
}
_NAMES = {
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
    feed: str
    external_id: str
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
        """A confused deputy has no way: the external id is this feed's own, which we made and nobody can set."""
        if self._client is None:
            where = self.where
            doorkeeper = boto3.client("sts", region_name=where.region, config=_CONFIG)
            given = _asked(
                lambda: doorkeeper.assume_role(
                    RoleArn=where.role,
                    RoleSessionName=f"flowlens-feed-{self.feed}",  # as that account's CloudTrail shows it
                    ExternalId=self.external_id,
                    Policy=where.policy,
                    DurationSeconds=_SESSION_SECONDS,
                ),
                _ROLE_NAMES,
            )["Credentials"]
            self._client = boto3.client(
                "s3",
                region_name=where.region,
                aws_access_key_id=given["AccessKeyId"],
                aws_secret_access_key=given["SecretAccessKey"],
                aws_session_token=given["SessionToken"],
                config=_CONFIG,
            )
        return self._client


def place(said: Any, opening: Opening) -> Bucket:
    where = Where(said.role, said.bucket, said.region, said.prefix)
    return Bucket(where, opening.feed, str(opening.external_id), opening.page or _PAGE)


def _asked(ask: Callable[[], _T], names: dict[str, tuple[str, str]] = _NAMES) -> _T:
    """In our words; what AWS wrote stays out of them."""
    try:
        return ask()
    except ClientError as error:
        raise _named(error, names) from error
    except BotoCoreError as error:
        raise Unreachable("connection", "AWS does not answer there: is the region right?") from error


def _named(error: ClientError, names: dict[str, tuple[str, str]]) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in _BUSY:
        return Throttled("AWS asks us to come less often: it is tried again", _wait(error))
    if code in _GONE:
        return Gone()
    if code in _CHANGED:
        return Changed()
    if code == "InvalidObjectState":
        return Broken("object_archived", "it lies in an archive of S3: restore it, then retry")
    return Unopened(*names[code]) if code in names else Unopened("answer", f"AWS answers {code[:60]}")


def _wait(error: ClientError) -> int:
    said = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("retry-after", "")
    return min(int(said), 3600) if said.isascii() and said.isdecimal() else 0
