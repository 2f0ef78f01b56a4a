"""What the API's handler finds around it: its environment, Secrets Manager, a queue and tables, all emulated."""

from __future__ import annotations

import functools
import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from flowlens.aws import queue, secrets, signing
from flowlens.services.operations import establish
from flowlens.store.connection import connect
from moto import mock_aws
from moto.kms import models

from cdk.local.postgres import OWNER
from functions.api.deps import database, factor_key, ring, waiting_room
from functions.api.settings import settings
from tests import tables
from tests.postgres import APP, OTHER, TENANT, Server


def emptied(postgres: Server, name: str) -> None:
    """There are two tenants in the database then, and nothing else."""
    with postgres.admin(name) as admin:
        admin.execute("TRUNCATE tenants, users, conversation_minutes, conversation_hours RESTART IDENTITY CASCADE")
    with connect(postgres.secret(OWNER, name)) as conn:
        for tenant, called in ((TENANT, "Default"), (OTHER, "Other")):
            establish(conn, tenant, called)


@contextmanager
def deployed(postgres: Server, name: str, files: Path) -> Generator[None]:
    """The handler can be called, on this database; what is a bucket in AWS is in this directory."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("DATABASE_SECRET", "database")
        patch.setenv("FLOW_SOURCES_TABLE", "flow-sources")
        patch.setenv("THROTTLES_TABLE", "throttles")
        patch.setenv("QUOTAS", "off")  # tests ask more than anybody; test_quotas.py turns them on
        patch.setenv("SEALING_SECRET", "sealing")
        patch.setenv("ORIGIN_SECRET", "origin")
        patch.setenv("FACTORS_SECRET", "factors")
        patch.setenv("OUTBOUND_FUNCTION", "outbound-ask")
        patch.setenv("VISIT_FUNCTION", "outbound-visit")
        patch.setenv("VISIT_ROLE", "arn:aws:iam::123456789012:role/local")
        patch.setenv("VISITS_TABLE", "visit-marks")
        patch.setenv("LOG_EVENTS_STREAM", "log-events")
        patch.setenv("LOG_BUCKETS", "flow-logs,another")
        patch.setenv("LOG_TENANT", str(TENANT))
        patch.setenv("GEOGRAPHY_URL", (files / "geography").as_uri())
        patch.setenv("HEADS_URL", (files / "heads").as_uri())
        patch.setenv("SIGNING_KEY", "alias/audit-signing")
        patch.setattr(models, "generate_private_key", _signing_key)
        key = boto3.client("kms").create_key(KeySpec="RSA_3072", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        boto3.client("kms").create_alias(AliasName="alias/audit-signing", TargetKeyId=key)
        queue.client.cache_clear()
        patch.setenv("VISITS_QUEUE", boto3.client("sqs").create_queue(QueueName="visits")["QueueUrl"])
        patch.setenv("FLOW_LOGS_QUEUE", boto3.client("sqs").create_queue(QueueName="flow-logs")["QueueUrl"])
        secrets.client.cache_clear()
        value = json.dumps(postgres.secret(APP, name))
        boto3.client("secretsmanager").create_secret(Name="database", SecretString=value)
        boto3.client("secretsmanager").create_secret(Name="sealing", SecretString=json.dumps({"key": "s" * 43}))
        for other, key in (("origin", "cloudfront"), ("factors", "of tests")):
            boto3.client("secretsmanager").create_secret(Name=other, SecretString=json.dumps({"key": key}))
        tables.create("flow-sources", "throttles", "visit-marks")
        boto3.client("kinesis").create_stream(StreamName="log-events", ShardCount=1)
        yield
        database().close()
        for remembered in (
            database,
            settings,
            factor_key,
            ring,
            waiting_room,
            secrets.client,
            signing.client,
            signing.public_key,
        ):
            remembered.cache_clear()


_signing_key: Any = functools.cache(getattr(models, "generate_private_key"))  # noqa: B009 (it takes a second each)
