"""All that the manifest names, by name: where an environment value comes from and what a right means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from cdk.manifest import Kind, Ref

ARCHIVE = "archive"

# Exactly what the code calls; CDK's own grants add whole families of actions.
_READ_TABLE = ("dynamodb:Query",)
_WRITE_TABLE = ("dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem")
_READ_STREAM = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)
_WRITE_STREAM = ("kinesis:PutRecords",)
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

    def value(self, value: str | Ref) -> str:
        """An environment value in the account: a literal, or the name of what a Ref asks for."""
        if isinstance(value, str):
            return value
        match value.kind:
            case Kind.STREAM_NAME:
                return self.streams[value.name].stream_name
            case Kind.TABLE_NAME:
                return self.tables[value.name].table_name
            case Kind.QUEUE_URL:
                return self.queues[value.name].queue_url
            case Kind.SECRET_ID:
                return self.secrets[value.name].secret_arn
            case Kind.ARCHIVE_URL:
                return f"s3://{self.archive.bucket_name}/{value.name}"

    def environment(self, wanted: Mapping[str, str | Ref]) -> dict[str, str]:
        return {name: self.value(value) for name, value in wanted.items()}

    def rights(self, *, reads: tuple[str, ...] = (), writes: tuple[str, ...] = ()) -> list[iam.PolicyStatement]:
        """One statement for each name, and the key that all of it is encrypted with."""
        wanted = [self._read(name) for name in reads] + [self._write(name) for name in writes]
        return [*wanted, allow(_USE_KEY, self.key.key_arn)] if wanted else []

    def _read(self, name: str) -> iam.PolicyStatement:
        if name in self.tables:
            return allow(_READ_TABLE, self.tables[name].table_arn)
        if name in self.streams:
            return allow(_READ_STREAM, self.streams[name].stream_arn)
        return allow(("secretsmanager:GetSecretValue",), self.secrets[name].secret_arn)

    def _write(self, name: str) -> iam.PolicyStatement:
        if name == ARCHIVE:
            return allow(("s3:PutObject",), self.archive.arn_for_objects("flows/*"))
        if name in self.tables:
            return allow(_WRITE_TABLE, self.tables[name].table_arn)
        if name in self.streams:
            return allow(_WRITE_STREAM, self.streams[name].stream_arn)
        if name in self.queues:
            return allow(("sqs:SendMessage",), self.queues[name].queue_arn)
        return allow(("secretsmanager:PutSecretValue",), self.secrets[name].secret_arn)
