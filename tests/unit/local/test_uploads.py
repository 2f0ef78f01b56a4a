"""A form is taken as S3 takes it: signed, one key, up to a size, for a while."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3
import pytest
from flowlens.aws import objects
from moto import mock_aws

from cdk.local import aws
from cdk.local.uploads import Form, Refused, allowed, take

BUCKET, KEY = "flow-logs", "uploads/00000000-0000-7000-8000-000000000001/7"
NOW = partial(datetime.now, UTC)


@pytest.fixture
def fields(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the API signs for, with the keys that processes have on this machine."""
    for name, value in aws.environment("http://127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
    objects.client.cache_clear()
    made = objects.form(BUCKET, KEY, most=100, seconds=600)
    objects.client.cache_clear()
    return {name.lower(): value for name, value in made.items()}


def test_what_was_signed_for_is_taken(fields: dict[str, str]) -> None:
    assert allowed(fields, BUCKET, 100, NOW()) == KEY


def _widened(fields: Mapping[str, str]) -> dict[str, str]:
    policy = json.loads(base64.b64decode(fields["policy"]))
    policy["conditions"][-1] = ["content-length-range", 1, 1 << 40]
    return {**fields, "policy": base64.b64encode(json.dumps(policy).encode()).decode()}


@pytest.mark.parametrize(
    ("change", "size", "later", "code"),
    [
        (lambda fields: fields, 101, 0, "EntityTooLarge"),
        (lambda fields: fields, 0, 0, "EntityTooSmall"),
        (lambda fields: fields, 5, 601, "AccessDenied"),
        (lambda fields: {**fields, "key": "AWSLogs/x"}, 5, 0, "AccessDenied"),
        (lambda fields: {**fields, "x-amz-signature": "0" * 64}, 5, 0, "SignatureDoesNotMatch"),
        (_widened, 101, 0, "SignatureDoesNotMatch"),
        (lambda _: {}, 5, 0, "SignatureDoesNotMatch"),
    ],
)
def test_anything_else_is_refused_by_name(
    fields: dict[str, str], change: Any, size: int, later: float, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        allowed(change(fields), BUCKET, size, NOW() + timedelta(seconds=later))
    assert refused.value.code == code


def test_another_bucket_is_not_what_was_signed_for(fields: dict[str, str]) -> None:
    with pytest.raises(Refused):
        allowed(fields, "another", 5, NOW())


def _posted(fields: Mapping[str, str], content: bytes) -> Form:
    parts = [f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    file = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.pcap"\r\n\r\n'
    body = "".join(parts).encode() + file.encode() + content + b"\r\n--x--\r\n"
    return Form(io.BytesIO(body), len(body), "multipart/form-data; boundary=x")


def test_a_browsers_form_becomes_an_object(fields: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_aws():
        made = boto3.client("s3", region_name="us-east-1", endpoint_url="https://s3.amazonaws.com")
        made.create_bucket(Bucket=BUCKET)
        monkeypatch.setattr(aws, "client", lambda *_: made)
        take(_posted(fields, b"\x00\r\n--hello"), BUCKET, "", NOW())
        assert made.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"\x00\r\n--hello"
        for form in (Form(io.BytesIO(b"x"), 1, "text/plain"), Form(io.BytesIO(b"--x"), 3, "multipart/form-data")):
            with pytest.raises(Refused):
                take(form, BUCKET, "", NOW())
