"""The database of a deployment may be reachable only minutes after it was made."""

from __future__ import annotations

import json
import socket
import threading

import boto3
import psycopg
import pytest
from flowlens.aws import secrets
from moto import mock_aws

from cdk.local.postgres import OWNER
from functions.deploy import migrate
from tests.lambdas import context
from tests.postgres import APP, Secret, Server


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch, postgres: Server) -> Secret:
    """The owner's secret of an empty database; the secrets' names are in the environment."""
    for name in ("DATABASE_SECRET", "DATABASE_OWNER_SECRET", "ADMIN_TOKEN_SECRET"):
        monkeypatch.setenv(name, name)
    migrate.settings.cache_clear()
    secrets.client.cache_clear()
    return postgres.secret(OWNER, postgres.empty())


def unreachable(secret: Secret) -> Secret:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return {**secret, "port": free.getsockname()[1]}


def store(owner: Secret, application: Secret) -> None:
    values = {"DATABASE_SECRET": application, "DATABASE_OWNER_SECRET": owner, "ADMIN_TOKEN_SECRET": {"token": "m" * 43}}
    for name, value in values.items():
        boto3.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(value))


def test_a_migration_waits_until_the_database_can_be_reached(owner: Secret, postgres: Server) -> None:
    with mock_aws():
        store(unreachable(owner), postgres.secret(APP, str(owner["dbname"])))
        later = threading.Timer(1, secrets.put, ("DATABASE_OWNER_SECRET", owner))
        later.start()
        answer = migrate.handler({}, context())
        later.join()
    assert answer["PhysicalResourceId"] == "flowlens-database"


def test_a_migration_gives_up_while_it_can_still_say_so(owner: Secret, postgres: Server) -> None:
    with mock_aws():
        store(unreachable(owner), postgres.secret(APP, str(owner["dbname"])))
        with pytest.raises(psycopg.OperationalError, match="refused"):
            migrate.handler({}, context(left_ms=119_000))
