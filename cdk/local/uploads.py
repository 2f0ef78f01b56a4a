"""What S3 does with a form that a browser posts: checks its signature and its policy, and keeps the file.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
The emulation takes any form, so what the API signed for is checked here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from werkzeug.formparser import FormDataParser

from cdk.local import aws

LARGEST_FORM = (256 << 20) + (1 << 16)  # what the API signs for at most, and its fields
_IN_MEMORY = 8 << 20


class Refused(Exception):
    """With S3's own code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code

    @property
    def document(self) -> str:
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{self.code}</Code></Error>'


@dataclass(frozen=True, slots=True)
class Form:
    """A body that was received, and how it is written."""

    body: IO[bytes]
    length: int
    kind: str  # its content type


def spooled() -> IO[bytes]:
    return SpooledTemporaryFile(_IN_MEMORY)


def take(form: Form, bucket: str, endpoint: str, now: datetime) -> None:
    """Into the bucket, which tells of it as S3 does; Refused when the policy does not allow it."""
    mimetype, _, rest = form.kind.partition(";")
    boundary = rest.partition("boundary=")[2].strip().strip('"')
    try:
        parser = FormDataParser(max_form_parts=40, silent=False)
        _, fields, files = parser.parse(form.body, mimetype.strip().lower(), form.length, {"boundary": boundary})
    except ValueError as error:
        raise Refused(400, "MalformedPOSTRequest") from error
    file = files.get("file")
    if file is None:
        raise Refused(400, "InvalidArgument")
    with file.stream as content:
        size = content.seek(0, 2)
        content.seek(0)
        key = allowed({name.lower(): value for name, value in fields.items()}, bucket, size, now)
        aws.client("s3", endpoint).put_object(Bucket=bucket, Key=key, Body=content)


def allowed(fields: Mapping[str, str], bucket: str, size: int, now: datetime) -> str:
    """The key that the file gets."""
    if not hmac.compare_digest(_signature(fields), fields.get("x-amz-signature", "")):
        raise Refused(403, "SignatureDoesNotMatch")
    policy = _policy(fields)
    if now >= datetime.fromisoformat(str(policy["expiration"])).astimezone(UTC):
        raise Refused(403, "AccessDenied")
    said = {**fields, "bucket": bucket}
    for condition in policy["conditions"]:
        _hold(condition, said, size)
    return fields["key"]


def _policy(fields: Mapping[str, str]) -> Any:
    return json.loads(base64.b64decode(fields["policy"]))


def _hold(condition: Any, said: Mapping[str, str], size: int) -> None:
    if isinstance(condition, dict):
        if any(said.get(name.lower()) != value for name, value in condition.items()):
            raise Refused(403, "AccessDenied")
        return
    what, least, most = condition
    if what != "content-length-range":
        raise Refused(403, "AccessDenied")  # the API signs for no other
    if size < least:
        raise Refused(400, "EntityTooSmall")
    if size > most:
        raise Refused(400, "EntityTooLarge")


def _signature(fields: Mapping[str, str]) -> str:
    key = b"AWS4" + aws.KEY.encode()
    scope = fields.get("x-amz-credential", "").split("/")[1:]
    for part in (*scope, fields.get("policy", "")):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()
