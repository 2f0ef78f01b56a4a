"""Makes in the emulation what the manifest declares, and gives every Ref its value on this machine."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdk import manifest
from cdk.local import aws
from cdk.local.lambdas import FunctionSpec
from cdk.local.processes import ROOT
from cdk.local.runtime import ACCOUNT, REGION, arn
from cdk.manifest import Kind, Ref

_SHARDS = 1  # one shard carries far more here than one machine can count; lanes make it parallel
_API_WORKERS = 2
_VISITORS = 2  # one may be on its way while somebody tries a feed
_WARM = frozenset({"stream.aggregate", "api.handler"})  # somebody waits for these
_SERVICES = ("kinesis", "dynamodb", "sqs", "secretsmanager", "iam", "lambda", "stepfunctions", "s3", "events", "kms")
LOG_BUCKET = "flow-logs"
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/local"
_EMPTY_ZIP = b"PK\x05\x06" + bytes(18)  # the code is on this disk; Lambda's control plane wants some all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where the embedded Postgres listens, and how its owner logs in."""

    host: str
    port: int
    dbname: str
    owner: str
    password: str


def deployed(function: str) -> str:
    """The Lambda's name: AWS takes no dots."""
    return function.replace(".", "-")


def workflow_arn(workflow: str) -> str:
    return f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:{workflow}"


@dataclass(slots=True, kw_only=True)
class Resources:
    """Made again whenever the emulation starts; the secrets are made once and stay the same until the stack stops."""

    endpoint: str
    database: Database
    archive: Path
    admin_token: str | None = None  # that of the last start
    sealing_key: str | None = None  # the same
    outbound: Mapping[str, str] = field(default_factory=dict)  # what may be asked besides the public
    choices: Mapping[str, str] = field(default_factory=dict)  # of whoever started the stack
    factor_key: str | None = None
    _secrets: dict[str, dict[str, str | int]] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)

    def create(self) -> None:
        """In an empty emulation."""
        self._clients = {name: aws.client(name, self.endpoint) for name in _SERVICES}
        for stream in manifest.STREAMS:
            self._clients["kinesis"].create_stream(StreamName=stream.name, ShardCount=_SHARDS)
        for table in manifest.TABLES:
            self._create_table(table)
        for queue in sorted(manifest.QUEUES, key=lambda one: one.failed is not None):  # those that others name first
            self._create_queue(queue)
        self._create_log_bucket()
        for key in manifest.KEYS:
            made = self._clients["kms"].create_key(KeySpec="RSA_3072", KeyUsage="SIGN_VERIFY", Description=key.name)
            self._clients["kms"].create_alias(AliasName=f"alias/{key.name}", TargetKeyId=made["KeyMetadata"]["KeyId"])
        for secret in manifest.SECRETS:
            value = json.dumps(self._secret(secret))
            self._clients["secretsmanager"].create_secret(Name=secret.name, SecretString=value)
        self._create_functions()
        for workflow in manifest.WORKFLOWS:
            self._clients["stepfunctions"].create_state_machine(
                name=workflow.name, roleArn=_ROLE, definition=definition(workflow)
            )

    def read_admin_token(self) -> str:
        """After the migration, which may have made it."""
        value = self._clients["secretsmanager"].get_secret_value(SecretId="admin-token")["SecretString"]
        self.admin_token = str(json.loads(value)["token"])
        self._secrets["admin-token"] = {"token": self.admin_token}
        return self.admin_token

    def read_sealing_key(self) -> str:
        """Once it was made."""
        return str(self._secrets["sealing"]["key"])

    def functions(self) -> list[FunctionSpec]:
        lanes = {mapping.function: mapping.parallel * _SHARDS for mapping in manifest.MAPPINGS}
        lanes["api.handler"] = _API_WORKERS
        lanes["outbound.visit"] = _VISITORS
        return [
            FunctionSpec(
                name=deployed(function.name),
                handler=function.handler,
                timeout=function.timeout,
                memory=function.memory,
                environment=self.environment(function.environment),
                concurrency=lanes.get(function.name, 1),
                warm=function.name in _WARM,
            )
            for function in manifest.FUNCTIONS
        ]

    def environment(self, declared: Mapping[str, str | Ref]) -> dict[str, str]:
        """A child's whole environment."""
        names = {"POWERTOOLS_SERVICE_NAME": manifest.SERVICE, "POWERTOOLS_METRICS_NAMESPACE": manifest.METRICS}
        return aws.environment(
            self.endpoint, {**names, **{name: self.resolve(value) for name, value in declared.items()}}
        )

    def resolve(self, value: str | Ref) -> str:
        if isinstance(value, str):
            return value
        makers: dict[Kind, Callable[[str], str]] = {
            Kind.LOG_BUCKETS: lambda _: LOG_BUCKET,
            Kind.CHOSEN_VPCS: lambda _: "",  # there are none here
            Kind.QUEUE_URL: lambda name: f"{self.endpoint}/{ACCOUNT}/{name}",
            Kind.FUNCTION_NAME: deployed,
            Kind.ROLE_ARN: lambda _: _ROLE,
            Kind.OUTBOUND: lambda name: self.outbound.get(name, ""),
            Kind.CHOICE: lambda name: self.choices.get(name, ""),
            Kind.KEY_ID: lambda name: f"alias/{name}",
            Kind.ARCHIVE_URL: lambda name: (self.archive / name).as_uri(),
            Kind.HEADS_URL: lambda name: (self.archive / name).as_uri(),
        }
        # Streams, tables and secrets answer to their names.
        return makers[value.kind](value.name) if value.kind in makers else value.name

    def _secret(self, secret: manifest.Secret) -> dict[str, str | int]:
        if secret.name not in self._secrets:
            self._secrets[secret.name] = self._new_secret(secret)
        return self._secrets[secret.name]

    def _new_secret(self, secret: manifest.Secret) -> dict[str, str | int]:
        fields: dict[str, str | int] = {**secret.template, secret.generate: secrets.token_urlsafe(32)}
        if secret.name == "admin-token" and self.admin_token:
            fields["token"] = self.admin_token
        if secret.name == "sealing" and self.sealing_key:
            fields["key"] = self.sealing_key
        if secret.name == "factors" and self.factor_key:
            fields["key"] = self.factor_key
        if "username" in secret.template:
            where = self.database
            fields |= {"host": where.host, "port": where.port, "dbname": where.dbname}
            if fields["username"] == where.owner:
                fields[secret.generate] = where.password
        return fields

    def _create_table(self, table: manifest.Table) -> None:
        keys = [(table.partition_key, "HASH")] + ([(table.sort_key, "RANGE")] if table.sort_key else [])
        self._clients["dynamodb"].create_table(
            TableName=table.name,
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        if table.expires:
            expiry = {"Enabled": True, "AttributeName": table.expires}
            self._clients["dynamodb"].update_time_to_live(TableName=table.name, TimeToLiveSpecification=expiry)

    def _create_queue(self, queue: manifest.Queue) -> None:
        attributes = {
            "MessageRetentionPeriod": str(queue.retention_days * 86_400),
            "VisibilityTimeout": str(queue.visibility_seconds),
        }
        if queue.failed:
            aside = {"deadLetterTargetArn": _queue_arn(queue.failed), "maxReceiveCount": str(queue.tries)}
            attributes["RedrivePolicy"] = json.dumps(aside)
        self._clients["sqs"].create_queue(QueueName=queue.name, Attributes=attributes)

    def _create_log_bucket(self) -> None:
        """Whatever is put into it is told to the queue, as in AWS."""
        buckets, events = self._clients["s3"], self._clients["events"]
        buckets.create_bucket(Bucket=LOG_BUCKET)
        buckets.put_bucket_versioning(Bucket=LOG_BUCKET, VersioningConfiguration={"Status": "Enabled"})
        told: dict[str, Any] = {"EventBridgeConfiguration": {}}
        buckets.put_bucket_notification_configuration(Bucket=LOG_BUCKET, NotificationConfiguration=told)
        wanted = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": [LOG_BUCKET]}}}
        events.put_rule(Name=LOG_BUCKET, EventPattern=json.dumps(wanted))
        events.put_targets(Rule=LOG_BUCKET, Targets=[{"Id": "queue", "Arn": _queue_arn("flow-logs")}])

    def _create_functions(self) -> None:
        """Their control plane; what runs them is the local Lambda service."""
        self._clients["iam"].create_role(RoleName="local", AssumeRolePolicyDocument="{}")
        for function in manifest.FUNCTIONS:
            settings: dict[str, Any] = {
                "FunctionName": deployed(function.name),
                "Runtime": "python3.13",
                "Handler": function.handler,
                "Role": _ROLE,
                "Code": {"ZipFile": _EMPTY_ZIP},
                "Timeout": function.timeout,
            }
            self._clients["lambda"].create_function(**settings)


def _queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def definition(workflow: manifest.Workflow) -> str:
    """The workflow's ASL with the ARNs of its tasks in place."""
    text = (ROOT / "functions" / workflow.name / "workflow.asl.json").read_text()
    for task in workflow.tasks:
        text = text.replace(f"${{{task}}}", arn(deployed(f"{workflow.name}.{task}")))
    return text
