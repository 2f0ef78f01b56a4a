"""A deployment makes the database ready, and may come again."""

from __future__ import annotations

import json
from collections.abc import Generator

import boto3
import psycopg
import pytest
from flowlens.access.roles import ADMINISTRATOR
from flowlens.aws import secrets
from flowlens.model.errors import Invalid
from flowlens.services.access import authenticate
from flowlens.store.connection import connect, tenant_transaction
from moto import mock_aws

from cdk.local.postgres import OWNER
from functions.deploy import migrate
from tests.lambdas import context
from tests.postgres import APP, TENANT, Secret, Server

GENERATED = "m" * 43


@pytest.fixture
def application(postgres: Server) -> Generator[Secret]:
    """The application's secret for an empty database, with a password of its own; the old one is put back after."""
    database = postgres.empty()
    yield {**postgres.secret(APP, database), "password": "another, with 'quotes' and %s"}
    with postgres.admin() as conn:
        conn.execute(f"ALTER ROLE {APP} PASSWORD '{postgres.postgres.password}'".encode())


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, postgres: Server, application: Secret) -> Generator[None]:
    monkeypatch.setenv("DATABASE_SECRET", "database")
    monkeypatch.setenv("DATABASE_OWNER_SECRET", "database-owner")
    monkeypatch.setenv("ADMIN_TOKEN_SECRET", "admin-token")
    migrate.settings.cache_clear()
    secrets.client.cache_clear()
    values = {
        "database": application,
        "database-owner": postgres.secret(OWNER, str(application["dbname"])),
        "admin-token": {"token": GENERATED},
    }
    with mock_aws():
        for name, value in values.items():
            boto3.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(value))
        yield


@pytest.mark.usefixtures("cloud")
def test_an_empty_database_is_ready_after_one_invocation(application: Secret) -> None:
    answer = migrate.handler({}, context())
    assert answer["PhysicalResourceId"] == "flowlens-database"
    with connect(application) as conn, tenant_transaction(conn, TENANT):
        spaces = conn.execute("SELECT name, is_default FROM address_spaces").fetchall()
        assert spaces == [("Default", True)]
        assert conn.execute("SELECT name FROM tenants").fetchall() == [("Default",)]


@pytest.mark.usefixtures("cloud")
def test_the_generated_value_becomes_a_token_of_an_administrator(application: Secret) -> None:
    migrate.handler({}, context())
    token = secrets.fetch("admin-token")["token"]
    assert token == f"fl_{GENERATED}"
    with connect(application) as conn:
        actor = authenticate(conn, f"Bearer {token}", address="192.0.2.7")
    assert actor.tenant == TENANT
    assert actor.permissions == ADMINISTRATOR.permissions


@pytest.mark.usefixtures("cloud")
def test_a_second_invocation_changes_nothing() -> None:
    first = migrate.handler({}, context())["Data"]
    token = secrets.fetch("admin-token")
    assert first != {"migrations": 0, "partitions": 0}
    assert migrate.handler({}, context())["Data"] == {"migrations": 0, "partitions": 0}
    assert secrets.fetch("admin-token") == token


@pytest.mark.usefixtures("cloud")
def test_the_application_gets_in_with_its_password_only(application: Secret) -> None:
    migrate.handler({}, context())
    with pytest.raises(psycopg.OperationalError):
        connect({**application, "password": "guessed"})


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_custom_resource_is_answered_with_its_name(kind: str) -> None:
    assert migrate.handler({"RequestType": kind}, context())["PhysicalResourceId"] == "flowlens-database"


@pytest.mark.usefixtures("cloud")
def test_deleting_the_resource_leaves_the_database_alone(application: Secret) -> None:
    migrate.handler({"RequestType": "Create"}, context())
    event = {"RequestType": "Delete", "PhysicalResourceId": "flowlens-database"}
    assert migrate.handler(event, context()) == {"PhysicalResourceId": "flowlens-database"}
    connect(application).close()


@pytest.mark.usefixtures("cloud")
def test_an_application_of_another_name_is_refused(application: Secret) -> None:
    secrets.put("database", {**application, "username": "postgres"})
    with pytest.raises(Invalid, match="flowlens_app"):
        migrate.handler({}, context())
