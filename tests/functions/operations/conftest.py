"""The tasks of the workflow against a database of their own and an emulated DynamoDB and Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import boto3
import pytest
from flowlens.aws import archive, secrets
from flowlens.store.connection import Connection
from moto import mock_aws

from cdk.local.postgres import OWNER
from functions.operations import fold, prepare, publish, retain
from tests.postgres import APP, Server

TABLE = "flow-sources"


@pytest.fixture
def kept(tmp_path: Path) -> archive.Archive:
    return archive.at(tmp_path.as_uri())


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, postgres: Server, app: Connection, kept: archive.Archive) -> Generator[None]:
    """The environment that the manifest gives these functions."""
    environment = {
        "DATABASE_SECRET": "database",
        "DATABASE_OWNER_SECRET": "database-owner",
        "FLOW_SOURCES_TABLE": TABLE,
        "ARCHIVE_URL": kept.url,
        "MINUTES_RETENTION_DAYS": "8",
        "HOURS_RETENTION_DAYS": "400",
        "ARCHIVE_RETENTION_DAYS": "30",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    tasks = (prepare, fold, retain, publish)
    secrets.client.cache_clear()
    for task in tasks:
        task.settings.cache_clear()
        task.database.cache_clear()
    with mock_aws():
        for name, role in (("database", APP), ("database-owner", OWNER)):
            secret = json.dumps(postgres.secret(role, app.info.dbname))
            boto3.client("secretsmanager").create_secret(Name=name, SecretString=secret)
        boto3.client("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[
                {"AttributeName": "tenant", "KeyType": "HASH"},
                {"AttributeName": "exporter", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "tenant", "AttributeType": "S"},
                {"AttributeName": "exporter", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield
    for task in tasks:
        task.database().close()
