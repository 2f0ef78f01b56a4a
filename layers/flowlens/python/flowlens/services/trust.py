"""What a role in another account says so that a feed can read there, and nobody else can through FlowLens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowlens.access.actor import Actor
from flowlens.model.errors import Conflict
from flowlens.services import feeds
from flowlens.store import feeds as store
from flowlens.store.connection import Connection, actor_transaction

_KINDS = ("aws_role", "aws_role_logs")
_VERSION = "2012-10-17"


@dataclass(frozen=True, slots=True)
class Trust:
    """Ready to copy. The template makes the role with both policies."""

    role: str
    trusted: str  # the role that FlowLens visits with
    external_id: str
    trust_policy: dict[str, Any]
    rights_policy: dict[str, Any]
    template: dict[str, Any]


def of(conn: Connection, actor: Actor, feed: int, trusted: str) -> Trust:
    """Conflict when the feed is read by no role."""
    found = feeds.read(conn, actor, feed)
    if found.kind not in _KINDS:
        raise Conflict("feeds of this kind are read by no role")
    with actor_transaction(conn, actor) as conn:
        (due,) = store.due(conn, actor.tenant, _KINDS, feed=feed)
    return written(found.settings, trusted, str(due.external_id))


def written(settings: Mapping[str, object], trusted: str, external_id: str) -> Trust:
    """By what the feed is about: objects of a bucket, or events of a log group."""
    role, prefix, region = (str(settings[name]) for name in ("role", "prefix", "region"))
    trusting = _trusting(trusted, external_id)
    if "log_group" in settings:
        rights = _reading_events(role, region, str(settings["log_group"]))
        return Trust(role, trusted, external_id, trusting, rights, _made(role, trusting, rights))
    rights = _rights(role, str(settings["bucket"]), prefix)
    return Trust(role, trusted, external_id, trusting, rights, _template(role, trusting, rights, region))


def _trusting(trusted: str, external_id: str) -> dict[str, Any]:
    """By the account, and by the role's name in the condition: named as principal, it would be lost when made anew.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    partition, account = trusted.split(":")[1], trusted.split(":")[4]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:PrincipalArn": trusted, "sts:ExternalId": external_id}},
    }
    return {"Version": _VERSION, "Statement": [statement]}


def _rights(role: str, bucket: str, prefix: str) -> dict[str, Any]:
    arn = f"arn:{role.split(':')[1]}:s3:::{bucket}"
    listing = {"StringLike": {"s3:prefix": f"{prefix}*"}}
    statements = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{arn}/{prefix}*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn, "Condition": listing},
    ]
    return {"Version": _VERSION, "Statement": statements}


def _reading_events(role: str, region: str, group: str) -> dict[str, Any]:
    _, partition, _, _, account, _ = role.split(":", 5)
    events = f"arn:{partition}:logs:{region}:{account}:log-group:{group}:*"
    return {
        "Version": _VERSION,
        "Statement": [{"Effect": "Allow", "Action": "logs:FilterLogEvents", "Resource": events}],
    }


def _template(role: str, trusting: dict[str, Any], rights: dict[str, Any], region: str) -> dict[str, Any]:
    """Of CloudFormation. A bucket that is encrypted with a key of its own wants that key's ARN."""
    by_storage = {"StringLike": {"kms:ViaService": f"s3.{region}.amazonaws.com*"}}
    decrypt = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": {"Ref": "KeyArn"}, "Condition": by_storage}
    if_key = {"Fn::If": ["HasKey", decrypt, {"Ref": "AWS::NoValue"}]}
    said = {**rights, "Statement": [*rights["Statement"], if_key]}
    parameter = {
        "Type": "String",
        "Default": "",
        "Description": "ARN of the KMS key of the bucket; empty where it has none of its own",
    }
    conditions = {"HasKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "KeyArn"}, ""]}]}}
    return {**_made(role, trusting, said), "Parameters": {"KeyArn": parameter}, "Conditions": conditions}


def _made(role: str, trusting: dict[str, Any], rights: dict[str, Any]) -> dict[str, Any]:
    """A template that makes the role and nothing else."""
    properties = {
        "RoleName": role.rpartition("/")[2],
        "Description": "FlowLens reads flow logs here",
        "AssumeRolePolicyDocument": trusting,
        "Policies": [{"PolicyName": "read-flow-logs", "PolicyDocument": rights}],
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "A role by which one feed of FlowLens reads flow logs in one place",
        "Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}},
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }
