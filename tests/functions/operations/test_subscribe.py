"""VPCs chosen by tag, or all, deliver their flow logs into our bucket, once; those chosen no more stop."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import boto3
import pytest
from flowlens.aws import subscriptions
from flowlens.model.errors import Invalid
from moto import mock_aws

from functions.operations import subscribe
from tests.lambdas import context


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Generator[Any]:
    monkeypatch.setenv("LOG_BUCKETS", "ours,another")
    monkeypatch.setenv("LOG_FORMAT", "${srcaddr} ${dstaddr}")
    monkeypatch.setenv("DEPLOYMENT", "flowlens-prod")
    subscriptions.client.cache_clear()
    with mock_aws():
        for bucket in ("ours", "another"):
            boto3.client("s3").create_bucket(Bucket=bucket)
        yield boto3.client("ec2")
    subscriptions.client.cache_clear()


def run(monkeypatch: pytest.MonkeyPatch, chosen: str) -> dict[str, int]:
    monkeypatch.setenv("CHOSEN_VPCS", chosen)
    subscribe.settings.cache_clear()
    return dict(subscribe.handler({}, context()))


def vpc(ec2: Any, **tags: str) -> str:
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    if tags:
        ec2.create_tags(Resources=[made], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    return str(made)


def delivering(ec2: Any) -> set[str]:
    logs = ec2.describe_flow_logs()["FlowLogs"]
    assert all(one["LogDestination"] in ("arn:aws:s3:::ours", "arn:aws:s3:::another") for one in logs)
    return {one["ResourceId"] for one in logs if one["LogDestination"] == "arn:aws:s3:::ours"}


def test_vpcs_with_the_tag_are_subscribed_once_and_end_when_it_is_gone(
    ec2: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = {found["VpcId"] for found in ec2.describe_vpcs()["Vpcs"]}  # an account begins with one
    one, other, third = vpc(ec2, logs="yes"), vpc(ec2, logs="yes"), vpc(ec2, logs="no")
    assert run(monkeypatch, "tag:logs=yes") == {"subscribed": 2, "ended": 0, "refused": 0}
    assert delivering(ec2) == {one, other}
    assert run(monkeypatch, "tag:logs=yes") == {"subscribed": 0, "ended": 0, "refused": 0}
    ec2.delete_tags(Resources=[other], Tags=[{"Key": "logs"}])
    assert run(monkeypatch, "tag:logs=yes") == {"subscribed": 0, "ended": 1, "refused": 0}
    assert run(monkeypatch, "all")["subscribed"] == 2 + len(standing)
    assert delivering(ec2) == {one, other, third, *standing}


def test_what_others_subscribed_is_neither_doubled_nor_ended(ec2: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, elsewhere = vpc(ec2), vpc(ec2)
    for one, bucket in ((theirs, "ours"), (elsewhere, "another")):
        ec2.create_flow_logs(
            ResourceIds=[one],
            ResourceType="VPC",
            TrafficType="ALL",
            LogDestinationType="s3",
            LogDestination=f"arn:aws:s3:::{bucket}",
        )
    vpcs = len(ec2.describe_vpcs()["Vpcs"])
    assert run(monkeypatch, "all") == {"subscribed": vpcs - 1, "ended": 0, "refused": 0}
    assert run(monkeypatch, "tag:none=x") == {"subscribed": 0, "ended": vpcs - 1, "refused": 0}
    assert delivering(ec2) == {theirs}


def test_nothing_is_asked_when_none_is_chosen_and_nonsense_is_refused(
    ec2: Any,  # noqa: ARG001 (a fixture for its effect)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(subscriptions, "client", lambda: pytest.fail("AWS was asked"))
        assert run(patched, "") == {"subscribed": 0, "ended": 0, "refused": 0}
    with pytest.raises(Invalid, match="tag:key=value"):
        run(monkeypatch, "some")
