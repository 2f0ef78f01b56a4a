"""The API on a real Postgres; Secrets Manager and DynamoDB are emulated."""

from __future__ import annotations

import json
from collections.abc import Generator

import boto3
import pytest
from flowlens.aws import secrets
from flowlens.services.operations import establish
from flowlens.store.connection import Connection, connect
from moto import mock_aws
from starlette.testclient import TestClient

from cdk.local.postgres import OWNER
from functions.api.app import build
from functions.api.deps import database
from functions.api.settings import settings
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply, through_gateway
from tests.postgres import APP, OTHER, TENANT, Server


@pytest.fixture(scope="session")
def database_name(postgres: Server) -> str:
    """One database for all these tests: emptying it is much quicker than copying another."""
    return postgres.migrated()


@pytest.fixture
def owner(postgres: Server, database_name: str) -> Generator[Connection]:
    """The owner's connection to a database in which there are two tenants and nothing else."""
    with postgres.admin(database_name) as admin:
        admin.execute("TRUNCATE tenants, conversation_minutes, conversation_hours RESTART IDENTITY CASCADE")
    with connect(postgres.secret(OWNER, database_name)) as conn:
        for tenant, name in ((TENANT, "Default"), (OTHER, "Other")):
            establish(conn, tenant, name)
        yield conn


@pytest.fixture
def estate(owner: Connection) -> Estate:
    return Estate(owner)


@pytest.fixture
def foreign(owner: Connection) -> Estate:
    """Another tenant's estate in the same database."""
    return Estate(owner, OTHER)


@pytest.fixture
def cloud(postgres: Server, owner: Connection, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """What the handler finds in its environment."""
    monkeypatch.setenv("DATABASE_SECRET", "database")
    monkeypatch.setenv("FLOW_SOURCES_TABLE", "flow-sources")
    with mock_aws():
        secrets.client.cache_clear()
        value = json.dumps(postgres.secret(APP, owner.info.dbname))
        boto3.client("secretsmanager").create_secret(Name="database", SecretString=value)
        boto3.client("dynamodb").create_table(
            TableName="flow-sources",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "tenant", "KeyType": "HASH"},
                {"AttributeName": "exporter", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("tenant", "exporter")],
        )
        yield
        database().close()
        for remembered in (database, settings, secrets.client):
            remembered.cache_clear()


@pytest.fixture
def gateway(cloud: None) -> Ask:  # noqa: ARG001 (a fixture for its effect)
    """Anonymous, through the handler."""
    return Ask(transport=through_gateway)


@pytest.fixture
def ask(gateway: Ask, estate: Estate) -> Ask:
    """The administrator, through the handler."""
    return gateway.as_(estate.administrator())


@pytest.fixture
def client(cloud: None) -> Ask:  # noqa: ARG001 (a fixture for its effect)
    """Anonymous, through the ASGI application alone."""
    browser = TestClient(build(), base_url="http://api.test")

    def transport(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Reply:
        answer = browser.request(method, f"{path}?{query}" if query else path, headers=headers, content=body)
        return Reply(answer.status_code, dict(answer.headers), answer.content)

    return Ask(transport=transport)
