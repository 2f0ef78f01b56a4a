"""The published description is true, complete, and readable without a script."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from functions.api.app import BASE, ROUTERS, build
from functions.api.openapi import describe
from tests.functions.api.gateway import Ask

_COMMITTED = Path(__file__).resolve().parents[3] / "functions/api/openapi.json"
DOCUMENT: dict[str, Any] = describe(build())
OPERATIONS = [
    (method, path, operation) for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
]


def test_the_committed_description_is_what_the_api_is() -> None:
    assert json.loads(_COMMITTED.read_text()) == DOCUMENT, "run `make openapi`"


def test_every_route_is_described_under_its_functions_name() -> None:
    names = {route.name for module in ROUTERS for route in module.router.routes}
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert (set(ids), len(ids)) == (names, len(names))
    assert all(path.startswith(BASE + "/") for _, path, _ in OPERATIONS)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=lambda value: str(value)[:40])
def test_an_operation_says_its_errors_as_problems_and_shows_an_example(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation["tags"]
    assert operation["description"], (method, path)
    for status, response in operation["responses"].items():
        if status >= "400":
            assert response["content"] == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }
    for response in (r for s, r in operation["responses"].items() if s in ("200", "201")):
        for content in response["content"].values():
            assert content.get("example") or resolved(content["schema"])["examples"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        assert content.get("example") or resolved(content["schema"])["examples"]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema["$ref"].rpartition("/")[2]
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    return found


def test_the_examples_have_the_shapes_that_they_illustrate() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for example in schema.get("examples", []) if schema.get("type") == "object" else []:
            jsonschema.validate(example, {**schema, "components": DOCUMENT["components"]}), name


def _checker(schema: dict[str, Any]) -> Any:
    return jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def test_nothing_of_frameworks_own_errors_is_left() -> None:
    assert "ValidationError" not in json.dumps(DOCUMENT)
    references = set(re.findall(r"#/components/schemas/([\w.-]+)", json.dumps(DOCUMENT)))
    assert references <= set(DOCUMENT["components"]["schemas"])


def test_the_description_and_its_page_need_no_token(gateway: Ask) -> None:
    assert gateway("/openapi.json").json() == DOCUMENT
    page = gateway("/docs")
    assert page.headers["content-type"].startswith("text/html")
    text = page.body.decode()
    assert all(operation["operationId"] in text for _, _, operation in OPERATIONS)
    assert "<script" not in text
    shown = re.sub(r"https?</code>|&quot;https|`https?://", "", text)  # in examples and words
    assert "http" not in shown
