"""Every error is a problem document that says what to change."""

from __future__ import annotations

import json

import boto3
import pytest
from fastapi import FastAPI
from flowlens.aws import secrets
from flowlens.store.connection import Connection, tenant_transaction
from starlette.testclient import TestClient

from functions.api.app import build
from functions.api.deps import database
from functions.api.shapes.problem import Problem
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply
from tests.postgres import Server


def problem(reply: Reply) -> Problem:
    """The document, checked for its form."""
    assert reply.headers["content-type"] == "application/problem+json"
    found = Problem.model_validate(reply.json(), extra="forbid")
    assert found.status == reply.status
    assert found.request_id == reply.headers["x-request-id"]
    assert found.type.startswith("/problems/")
    return found


def test_an_unknown_route_is_a_problem(ask: Ask) -> None:
    for path in ("/", "/api", "/api/v1", "/api/v1/nope", "/api/v2/assets", "/api/v1/assets/", "/api/v1/../me"):
        assert problem(ask(path)).type == "/problems/no-such-route"


def test_an_unknown_method_is_a_problem_that_names_the_known_ones(ask: Ask) -> None:
    reply = ask("/assets", method="DELETE")
    assert (problem(reply).type, reply.headers["allow"]) == ("/problems/method-not-allowed", "GET")


def test_each_value_that_cannot_be_used_is_pointed_at(ask: Ask) -> None:
    reply = ask("/dependencies", {"limit": 0, "port": 70000, "client": "nobody"})
    found = problem(reply)
    assert (reply.status, found.type) == (422, "/problems/invalid")
    assert {error.pointer for error in found.errors} == {"/query/limit", "/query/port", "/query/client"}


def test_an_unknown_parameter_is_an_error_not_a_wish_ignored(ask: Ask) -> None:
    assert [e.pointer for e in problem(ask("/assets", {"sort": "name"})).errors] == ["/query/sort"]


def test_a_form_can_mark_the_fields_of_a_body(ask: Ask) -> None:
    reply = ask("/sources", method="POST", body={"exporter": "router", "name": "a\nb", "state": "maybe", "admin": True})
    pointers = {error.pointer for error in problem(reply).errors}
    assert pointers == {"/body/exporter", "/body/name", "/body/state", "/body/admin"}


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 60_000, b"null", b"[]", b'"text"', b'{"name": "\\ud800"}'])
def test_a_body_that_cannot_be_read_is_the_callers_problem(ask: Ask, body: bytes) -> None:
    reply = ask("/address-spaces", method="POST", body=body)
    assert reply.status in (400, 422)
    problem(reply)


def test_a_body_that_is_too_large_is_not_read(ask: Ask) -> None:
    reply = ask("/address-spaces", method="POST", body=b" " * 70_000 + b"{}")
    assert (reply.status, problem(reply).type) == (413, "/problems/body-too-large")


def test_a_bug_is_a_problem_without_its_inner_life() -> None:
    app: FastAPI = build()

    @app.get("/api/v1/broken")
    def broken() -> None:
        raise RuntimeError("the password is hunter2")

    answer = TestClient(app, raise_server_exceptions=False).get("/api/v1/broken")
    found = problem(Reply(answer.status_code, dict(answer.headers), answer.content))
    assert (found.status, found.type) == (500, "/problems/internal")
    assert "hunter2" not in answer.text


def test_an_unreachable_database_is_a_problem_that_asks_for_patience(ask: Ask) -> None:
    database().close()
    nowhere = {"host": "127.0.0.1", "port": 1, "username": "x", "password": "hunter2", "dbname": "x"}
    boto3.client("secretsmanager").put_secret_value(SecretId="database", SecretString=json.dumps(nowhere))
    for path in ("/me", "/health"):
        reply = ask(path)
        assert (reply.status, problem(reply).type) == (503, "/problems/database-unreachable")
        assert reply.headers["retry-after"]
        assert b"hunter2" not in reply.body
    assert secrets.fetch("database")["port"] == 1


def test_an_answer_that_takes_too_long_is_a_problem_that_says_what_to_ask_for(
    ask: Ask, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowlens.services.seeing._MAX_MILLISECONDS", 100)
    with owner.transaction():
        owner.execute("LOCK TABLE dependencies IN ACCESS EXCLUSIVE MODE")
        reply = ask("/topology")
    assert (reply.status, problem(reply).type) == (503, "/problems/too-slow")
    assert ask("/assets").status == 200


def test_a_connection_that_died_while_the_environment_slept_is_replaced(
    ask: Ask, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("/me").status == 200
    with postgres.admin() as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", (database()().info.backend_pid,))
    monkeypatch.setattr("flowlens.services.database._IDLE_SECONDS", 0)  # as after a long sleep
    assert ask("/me").status == 200


def test_an_answer_that_would_not_fit_is_refused_before_lambda_does(ask: Ask, estate: Estate) -> None:
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        conn.execute(
            "INSERT INTO flow_sources (tenant_id, exporter, address_space_id, note)"
            " SELECT %s, '10.0.0.0'::inet + n, %s,"
            " (SELECT string_agg(md5(random()::text || n || i), '') FROM generate_series(1, 150) i)"
            " FROM generate_series(1, 1000) n",
            (estate.tenant, estate.default_space()),
        )
    reply = ask("/sources", {"limit": 1000})
    assert (reply.status, problem(reply).type) == (422, "/problems/answer-too-large")
    assert ask("/sources", {"limit": 100}).status == 200


def test_every_answer_forbids_what_a_browser_might_try(gateway: Ask) -> None:
    for path in ("/health", "/me", "/nope", "/docs"):
        headers = gateway(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["strict-transport-security"]
