"""Another AWS account in the emulation: what its owner does there, with STS that looks at trust policies."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto.sts.models import sts_backends

from cdk.local.emulation import trust

ACCOUNT, REGION = "210987654321", "us-east-1"
ROLE, BUCKET = f"arn:aws:iam::{ACCOUNT}:role/flowlens-read-logs", "logs-of-others"
PREFIX = f"AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/"
SETTINGS: dict[str, Any] = {"role": ROLE, "bucket": BUCKET, "region": REGION, "prefix": PREFIX}


@contextmanager
def inside() -> Generator[None]:
    """Whoever asks AWS now is its owner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
        yield
    assert os.environ.get("MOTO_ACCOUNT_ID") != ACCOUNT


def begin() -> None:
    """Within an emulation: a bucket, and no role."""
    trust.install()
    with inside():
        boto3.client("s3", region_name=REGION).create_bucket(Bucket=BUCKET)


def put(key: str, data: bytes) -> None:
    with inside():
        boto3.client("s3", region_name=REGION).put_object(Bucket=BUCKET, Key=PREFIX + key, Body=data)


def remove(key: str) -> None:
    with inside():
        boto3.client("s3", region_name=REGION).delete_object(Bucket=BUCKET, Key=PREFIX + key)


def let_in(template: dict[str, Any]) -> None:
    """The owner gives FlowLens' template to CloudFormation."""
    with inside():
        boto3.client("cloudformation", region_name=REGION).create_stack(
            StackName="flowlens", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"]
        )


def sessions() -> list[dict[str, Any]]:
    """The roles that were taken on there, and what for."""
    return [
        {"name": one.session_name, "external_id": one.external_id, "policy": json.loads(one.policy)}
        for one in sts_backends[ACCOUNT]["aws"].assumed_roles
    ]
