"""One address serves the pages and the API, with the site's headers, and says plainly what failed."""

from __future__ import annotations

import ast
import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cdk.local import edge
from cdk.local.edge import app
from cdk.local.processes import ROOT
from cdk.local.runtime import Outcome, failure
from cdk.local.uploads import Form, Refused

CONFIG = {"api": "/api/v1", "netflowPort": 2055}


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>FlowLens</title>")
    (tmp_path / "assets" / "index-abc123.js").write_text("1")
    return tmp_path


def _client(
    pages: Path, invoke: Callable[[bytes], Outcome] | None = None, keep: Callable[[Form], None] = print
) -> TestClient:
    status: Callable[[], Mapping[str, object]] = lambda: {"running": ["collector"]}  # noqa: E731
    made = app(invoke=invoke or _reflect, pages=pages, config=CONFIG, status=status, keep=keep)
    return TestClient(made, base_url="http://127.0.0.1:8080")


def _reflect(event: bytes) -> Outcome:
    """A function that answers with the event it was given."""
    return Outcome(json.dumps({"statusCode": 200, "headers": {"x-of": "api"}, "body": event.decode()}).encode())


def _says(**answer: Any) -> Callable[[bytes], Outcome]:
    return lambda _: Outcome(json.dumps(answer).encode())


@pytest.mark.parametrize("path", ["/", "/assets", "/assets/42", "/dependencies?port=443"])
def test_every_path_of_the_app_is_its_page(pages: Path, path: str) -> None:
    answer = _client(pages).get(path)
    assert (answer.status_code, answer.text) == (200, "<title>FlowLens</title>")
    assert answer.headers["cache-control"] == "no-cache"


def test_hashed_files_are_kept_for_ever(pages: Path) -> None:
    assert "immutable" in _client(pages).get("/assets/index-abc123.js").headers["cache-control"]


@pytest.mark.parametrize("path", ["/assets/index-gone.js", "/favicon.ico", "/../edge.py", "/%2e%2e/secret.txt"])
def test_a_file_that_is_not_there_is_not_found(pages: Path, path: str) -> None:
    (pages.parent / "secret.txt").write_text("secret")
    assert _client(pages).get(path).status_code == 404


def test_pages_carry_the_security_headers(pages: Path) -> None:
    headers = _client(pages).get("/").headers
    assert {name: headers[name] for name in edge.HEADERS} == edge.HEADERS


def test_the_content_policy_is_the_one_of_the_site() -> None:
    tree = ast.parse((ROOT / "cdk" / "constructs" / "site.py").read_text())
    calls = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "CONTENT_POLICY"
        and isinstance(node.value, ast.Call)
    ]
    assert "; ".join(ast.literal_eval(calls[0].args[0])) == edge.CONTENT_POLICY


def test_without_built_pages_it_says_how_to_build_them(tmp_path: Path) -> None:
    answer = _client(tmp_path / "absent").get("/")
    assert answer.status_code == 503
    assert "npm run build" in answer.text


def test_the_pages_learn_the_real_ports(pages: Path) -> None:
    assert _client(pages).get("/config.json").json() == CONFIG


def test_the_doctor_learns_what_runs(pages: Path) -> None:
    assert _client(pages).get("/local/status").json() == {"running": ["collector"]}


def test_another_sites_name_for_this_machine_is_refused(pages: Path) -> None:
    assert _client(pages).get("/", headers={"Host": "evil.example"}).status_code == 400


def test_a_request_becomes_an_event_of_version_2(pages: Path) -> None:
    headers = {"Authorization": "Bearer fl_x", "Cookie": "a=1; b=2", "X-Thing": "1"}
    answer = _client(pages).post("/api/v1/se%20arch?q=a%26b&limit=2", content="text", headers=headers)
    event = answer.json()
    assert answer.headers["x-of"] == "api"
    assert (event["version"], event["rawPath"], event["rawQueryString"]) == (
        "2.0",
        "/api/v1/se%20arch",
        "q=a%26b&limit=2",
    )
    assert event["headers"]["authorization"] == "Bearer fl_x"
    assert event["cookies"] == ["a=1", "b=2"]
    assert (event["body"], event["isBase64Encoded"]) == ("text", False)
    assert event["requestContext"]["http"]["method"] == "POST"


def test_a_body_that_is_no_text_travels_as_base64(pages: Path) -> None:
    event = _client(pages).post("/api/v1/x", content=b"\xff\x00").json()
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\xff\x00", True)


def test_a_base64_answer_is_decoded_and_keeps_its_cookies(pages: Path) -> None:
    body = base64.b64encode(b"\x1f\x8b").decode()
    invoke = _says(
        statusCode=201, headers={"content-type": "a/b"}, cookies=["s=1", "t=2"], body=body, isBase64Encoded=True
    )
    answer = _client(pages, invoke).get("/api/v1/x")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (201, b"\x1f\x8b", "a/b")
    assert answer.headers.get_list("set-cookie") == ["s=1", "t=2"]


def test_an_answer_without_a_body_keeps_its_status(pages: Path) -> None:
    answer = _client(pages, _says(statusCode=304, headers={"etag": '"1"'}, body="")).get("/api/v1/x")
    assert (answer.status_code, answer.headers["etag"], answer.content) == (304, '"1"', b"")


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (failure("Sandbox.Timedout", "Task timed out after 29.00 seconds"), 504),
        (failure("TooManyRequestsException", "Rate Exceeded."), 503),
        (failure("Runtime.ExitError", "signal 9"), 502),
        (Outcome(b"no json"), 502),
        (Outcome(b'{"message": "no status"}'), 502),
        (Outcome(b"[]"), 502),
    ],
)
def test_a_function_that_fails_becomes_a_problem_document(pages: Path, outcome: Outcome, status: int) -> None:
    answer = _client(pages, lambda _: outcome).get("/api/v1/x")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status


def test_a_body_that_is_too_large_is_refused_before_the_function(pages: Path) -> None:
    answer = _client(pages).post("/api/v1/x", content=b"x" * (edge.LARGEST_BODY + 1))
    assert (answer.status_code, answer.json()["title"]) == (413, "Content Too Large")


def test_what_is_uploaded_is_kept_or_refused_with_the_code_of_s3(pages: Path) -> None:
    kept: list[tuple[bytes, str]] = []

    def keep(form: Form) -> None:
        kept.append((form.body.read(), form.kind.partition(";")[0]))
        if len(kept) > 1:
            raise Refused(403, "AccessDenied")

    browser = _client(pages, keep=keep)
    answers = [browser.post("/uploads", data={"key": "a"}, files={"file": b"hello"}) for _ in range(2)]
    assert [(one.status_code, "<Code>AccessDenied</Code>" in one.text) for one in answers] == [
        (204, False),
        (403, True),
    ]
    assert b"hello" in kept[0][0]
    assert kept[0][1] == "multipart/form-data"
