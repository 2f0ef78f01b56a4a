"""The API on a real Postgres; Secrets Manager and DynamoDB are emulated."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from flowlens.store.connection import Connection, connect
from starlette.testclient import TestClient

from cdk.local.postgres import OWNER
from functions.api.app import build
from tests.functions.api.deployed import deployed, emptied
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply, through_gateway
from tests.postgres import OTHER, Server


@pytest.fixture(scope="session")
def database_name(postgres: Server) -> str:
    """One database for all these tests: emptying it is much quicker than copying another."""
    return postgres.migrated()


@pytest.fixture
def owner(postgres: Server, database_name: str) -> Generator[Connection]:
    """The owner's connection to a database in which there are two tenants and nothing else."""
    emptied(postgres, database_name)
    with connect(postgres.secret(OWNER, database_name)) as conn:
        yield conn


@pytest.fixture
def estate(owner: Connection) -> Estate:
    return Estate(owner)


@pytest.fixture
def foreign(owner: Connection) -> Estate:
    """Another tenant's estate in the same database."""
    return Estate(owner, OTHER)


@pytest.fixture
def cloud(postgres: Server, owner: Connection, tmp_path: Path) -> Generator[None]:
    """What the handler finds in its environment."""
    with deployed(postgres, owner.info.dbname, tmp_path):
        yield


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
