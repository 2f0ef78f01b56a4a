"""All that the manifest names, by name: where an environment value comes from and what a right means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from cdk.constructs.seal import ALGORITHM
from cdk.manifest import (
    FETCHED,
    GEOGRAPHY,
    GROUPS,
    HEADS,
    LISTS,
    LOGS,
    READ_UPLOADS,
    READERS,
    ROLES,
    TABLES,
    UPLOADS,
    VPCS,
    Kind,
    Ref,
)

ARCHIVE = "archive"
_KEPT_IN_ARCHIVE = {ARCHIVE: "flows/dead/*", GEOGRAPHY: f"{GEOGRAPHY}/*"}  # what of it is read
KEPT = "log-events/"  # where in our bucket of logs deliveries lie that could not be read at once

# Exactly what the code calls; CDK's own grants add whole families of actions.
_READ_TABLE = ("dynamodb:Query",)
_WRITE_TABLE = ("dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem")
_COUNT = ("dynamodb:UpdateItem",)
_COUNTERS = frozenset(table.name for table in TABLES if table.counts)
_READ_STREAM = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)
_READ_QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_READ_OBJECTS = ("s3:GetObject", "s3:GetObjectVersion")
_PUT_IN_LOGS = {LOGS: f"{KEPT}*", FETCHED: f"{FETCHED}/*"}
_ON_UPLOADS = {UPLOADS: ("s3:PutObject",), READ_UPLOADS: ("s3:DeleteObject", "s3:DeleteObjectVersion")}
_WRITE_STREAM = ("kinesis:PutRecords",)
_ENCRYPTING = ("dynamodb", "kinesis", "s3", "secretsmanager", "sqs")
_USE_KEY = ("kms:Decrypt", "kms:GenerateDataKey")


def allow(actions: tuple[str, ...], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources))


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The data stack's inventory, handed to whoever runs code."""

    key: kms.IKey
    streams: Mapping[str, kinesis.IStream]
    tables: Mapping[str, dynamodb.ITable]
    queues: Mapping[str, sqs.IQueue]
    secrets: Mapping[str, secretsmanager.ISecret]
    archive: s3.IBucket
    heads: s3.IBucket  # signed ones of audit trails
    signing: Mapping[str, kms.IKey]
    logs: Sequence[s3.IBucket]  # with flow logs: ours first
    chosen_vpcs: Sequence[str]  # all, or tag:key=value
    deployment: str
    choices: Mapping[str, str]  # of whoever deploys
    log_groups: Mapping[str, str]  # ARNs of existing log groups with flow logs, by name

    def value(self, value: str | Ref) -> str:
        """An environment value in the account: a literal, or the name of what a Ref asks for."""
        if isinstance(value, str):
            return value
        said = {
            Kind.LOG_BUCKETS: ",".join(bucket.bucket_name for bucket in self.logs),
            Kind.CHOSEN_VPCS: ",".join(self.chosen_vpcs),
            Kind.DEPLOYMENT: self.deployment,
            Kind.OUTBOUND: "",  # a function outside the network reaches what is public, and nothing else
            Kind.HEADS_URL: f"s3://{self.heads.bucket_name}",
            Kind.ARCHIVE_URL: f"s3://{self.archive.bucket_name}/{value.name}",
        }
        if value.kind is Kind.CHOICE:
            return self.choices[value.name]
        if value.kind is Kind.ROLE_ARN:
            return f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/{self.role_name(value.name)}"
        return said[value.kind] if value.kind in said else self._named(value)

    def _named(self, ref: Ref) -> str:
        if ref.kind is Kind.STREAM_NAME:
            return self.streams[ref.name].stream_name
        if ref.kind is Kind.TABLE_NAME:
            return self.tables[ref.name].table_name
        if ref.kind is Kind.KEY_ID:
            return self.signing[ref.name].key_arn
        if ref.kind is Kind.QUEUE_URL:
            return self.queues[ref.name].queue_url
        return self.secrets[ref.name].secret_arn

    def role_name(self, function: str) -> str:
        """That lasts, whatever stacks do: policies of other accounts hold it."""
        return f"{self.deployment}-{function.replace('.', '-')}-{Aws.REGION}"

    def environment(self, wanted: Mapping[str, str | Ref]) -> dict[str, str]:
        return {name: self.value(value) for name, value in wanted.items()}

    def rights(self, *, reads: tuple[str, ...] = (), writes: tuple[str, ...] = ()) -> list[iam.PolicyStatement]:
        """One statement for each name, and the key that all of it is encrypted with."""
        reads = tuple(name for name in reads if name != GROUPS or self.log_groups)
        wanted = [self._read(name) for name in reads] + [self._write(name) for name in writes if name != VPCS]
        if GEOGRAPHY in reads:
            wanted.append(self._list_databases())
        if HEADS in reads:
            wanted.append(allow(("s3:ListBucket",), self.heads.bucket_arn))
        if VPCS in writes:
            return self._subscribe() if self.chosen_vpcs else []
        return [*wanted, self._use_key()] if wanted else []

    def _use_key(self) -> iam.PolicyStatement:
        """By the services that keep things with it alone: nobody decrypts a text of their own with it."""
        by = [f"{service}.{Aws.REGION}.amazonaws.com" for service in _ENCRYPTING]
        only = {"StringEquals": {"kms:ViaService": by}}
        return iam.PolicyStatement(actions=list(_USE_KEY), resources=[self.key.key_arn], conditions=only)

    def _read(self, name: str) -> iam.PolicyStatement:
        if name == ROLES:
            return self._take_on()
        if name in (LOGS, LISTS, GROUPS):
            return self._read_logs(name)
        if name in (HEADS, *self.signing):
            return self._unseal(name)
        if name in _KEPT_IN_ARCHIVE:
            return allow(("s3:GetObject",), self.archive.arn_for_objects(_KEPT_IN_ARCHIVE[name]))
        if name in self.queues:
            return allow(_READ_QUEUE, self.queues[name].queue_arn)
        if name in self.tables:
            return allow(_READ_TABLE, self.tables[name].table_arn)
        if name in self.streams:
            return allow(_READ_STREAM, self.streams[name].stream_arn)
        return allow(("secretsmanager:GetSecretValue",), self.secrets[name].secret_arn)

    def _read_logs(self, name: str) -> iam.PolicyStatement:
        if name == GROUPS:
            return allow(("logs:FilterLogEvents",), *self.log_groups.values())
        if name == LISTS:
            return allow(("s3:ListBucket",), *(bucket.bucket_arn for bucket in self.logs))
        return allow(_READ_OBJECTS, *(bucket.arn_for_objects("*") for bucket in self.logs))

    def _take_on(self) -> iam.PolicyStatement:
        """Never without an external id, so that no role is taken on that trusts us and asks for none."""
        said = {"Null": {"sts:ExternalId": "false"}}
        roles = f"arn:{Aws.PARTITION}:iam::*:role/{READERS}*"
        return iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[roles], conditions=said)

    def _list_databases(self) -> iam.PolicyStatement:
        """Of the archive's keys no others."""
        only = {"StringLike": {"s3:prefix": f"{GEOGRAPHY}/*"}}
        return iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.archive.bucket_arn], conditions=only)

    def _subscribe(self) -> list[iam.PolicyStatement]:
        """https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html; to end only what is ours."""
        vpcs, made = (f"arn:{Aws.PARTITION}:ec2:*:{Aws.ACCOUNT_ID}:{kind}/*" for kind in ("vpc", "vpc-flow-log"))
        tagged = {"StringEquals": {"aws:RequestTag/flowlens": self.deployment}}
        ours = {"StringEquals": {"aws:ResourceTag/flowlens": self.deployment}}
        making = {"StringEquals": {"ec2:CreateAction": "CreateFlowLogs"}}
        return [
            allow(("ec2:DescribeVpcs", "ec2:DescribeFlowLogs"), "*"),
            allow(("ec2:CreateFlowLogs",), vpcs),
            iam.PolicyStatement(actions=["ec2:CreateFlowLogs"], resources=[made], conditions=tagged),
            iam.PolicyStatement(actions=["ec2:CreateTags"], resources=[made], conditions=making),
            iam.PolicyStatement(actions=["ec2:DeleteFlowLogs"], resources=[made], conditions=ours),
            allow(("logs:CreateLogDelivery", "logs:DeleteLogDelivery"), "*"),
            allow(("s3:GetBucketPolicy",), self.logs[0].bucket_arn),
        ]

    def _write(self, name: str) -> iam.PolicyStatement:
        if name == ARCHIVE:
            return allow(("s3:PutObject",), self.archive.arn_for_objects("flows/*"))
        if name in (HEADS, *self.signing):
            return self._seal(name)
        if name in _PUT_IN_LOGS:
            return allow(("s3:PutObject",), self.logs[0].arn_for_objects(_PUT_IN_LOGS[name]))
        if name in _ON_UPLOADS:
            return allow(_ON_UPLOADS[name], self.logs[0].arn_for_objects("uploads/*"))
        if name in self.tables:
            return allow(_COUNT if name in _COUNTERS else _WRITE_TABLE, self.tables[name].table_arn)
        if name in self.streams:
            return allow(_WRITE_STREAM, self.streams[name].stream_arn)
        if name in self.queues:
            return allow(("sqs:SendMessage",), self.queues[name].queue_arn)
        return allow(("secretsmanager:PutSecretValue",), self.secrets[name].secret_arn)

    def _unseal(self, name: str) -> iam.PolicyStatement:
        if name == HEADS:
            return allow(("s3:GetObject",), self.heads.arn_for_objects("*"))
        return allow(("kms:GetPublicKey",), self.signing[name].key_arn)

    def _seal(self, name: str) -> iam.PolicyStatement:
        """With the key a whole head is signed, in the one way that the verifier reads."""
        if name == HEADS:
            return allow(("s3:PutObject",), self.heads.arn_for_objects("*"))
        only = {"StringEquals": {"kms:SigningAlgorithm": ALGORITHM, "kms:MessageType": "RAW"}}
        return iam.PolicyStatement(actions=["kms:Sign"], resources=[self.signing[name].key_arn], conditions=only)
