"""Flow logs of VPCs: those chosen by tag, or all, are subscribed; what we subscribed and is chosen no more ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from flowlens.model.errors import Invalid

ALL = "all"
_TAG = "flowlens"  # on flow logs that we made; its value is the deployment
_AT_ONCE = 25
_CONFIG = Config(retries={"max_attempts": 4, "mode": "standard"}, connect_timeout=5, read_timeout=20)


@dataclass(frozen=True, slots=True)
class Wanted:
    """`chosen`: all, or tags (tag:key=value) of which a VPC has one; how and where its flow log is delivered."""

    chosen: Sequence[str]
    bucket: str
    format: str
    deployment: str


@dataclass(slots=True)
class Outcome:
    """Ids of VPCs; why AWS would not, by id."""

    subscribed: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


@cache
def client() -> Any:  # its types are no dependency of ours
    return boto3.client("ec2", config=_CONFIG)


def follow(wanted: Wanted) -> Outcome:
    """A VPC that delivers into our bucket already, by whosever doing, is not subscribed again."""
    outcome = Outcome()
    chosen = set(_vpcs(wanted.chosen))
    arn = f"arn:aws:s3:::{wanted.bucket}"
    logs = list(_pages("describe_flow_logs", "FlowLogs", {}))
    delivering = {one["ResourceId"] for one in logs if wanted.bucket in one.get("LogDestination", "").split(":")[-1:]}
    ours = {one["FlowLogId"]: one["ResourceId"] for one in logs if _tags(one).get(_TAG) == wanted.deployment}
    missing = sorted(chosen - delivering)
    for at in range(0, len(missing), _AT_ONCE):
        _subscribe(missing[at : at + _AT_ONCE], arn, wanted, outcome)
    over = sorted(log for log, vpc in ours.items() if vpc not in chosen)
    if over:
        failed = client().delete_flow_logs(FlowLogIds=over).get("Unsuccessful", [])
        outcome.refused |= {one["ResourceId"]: one["Error"]["Code"] for one in failed}
        outcome.ended = [ours[log] for log in over if log not in outcome.refused]
    return outcome


def _subscribe(vpcs: Sequence[str], arn: str, wanted: Wanted, outcome: Outcome) -> None:
    answer = client().create_flow_logs(
        ResourceIds=list(vpcs),
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=arn,
        LogFormat=wanted.format,
        MaxAggregationInterval=60,
        DestinationOptions={"FileFormat": "parquet", "HiveCompatiblePartitions": False, "PerHourPartition": False},
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": [{"Key": _TAG, "Value": wanted.deployment}]}],
    )
    failed = {one["ResourceId"]: one["Error"]["Code"] for one in answer.get("Unsuccessful", [])}
    outcome.refused |= failed
    outcome.subscribed += [vpc for vpc in vpcs if vpc not in failed]


def _vpcs(chosen: Sequence[str]) -> Iterator[str]:
    for one in chosen:
        asked = [] if one == ALL else [_filter(one)]
        for vpc in _pages("describe_vpcs", "Vpcs", {"Filters": asked}):
            yield str(vpc["VpcId"])


def _filter(text: str) -> dict[str, object]:
    key, _, value = text.removeprefix("tag:").partition("=")
    if not text.startswith("tag:") or not key or not value:
        raise Invalid(f"{text!r} is neither {ALL} nor tag:key=value")
    return {"Name": f"tag:{key}", "Values": [value]}


def _pages(operation: str, name: str, parameters: Mapping[str, object]) -> Iterator[dict[str, Any]]:
    for page in client().get_paginator(operation).paginate(**parameters):
        yield from page[name]


def _tags(thing: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in thing.get("Tags", [])}
