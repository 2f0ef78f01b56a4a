"""The API's own description: `python -m functions.api.openapi > functions/api/openapi.json`."""

from __future__ import annotations

import json
import sys
from typing import Any

from fastapi import FastAPI

from functions.api.problems import MEDIA_TYPE
from functions.api.shapes.problem import Problem

_PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_ALWAYS = {
    "429": "Too many requests; Retry-After says when to try again",
    "503": "The database cannot be reached, or the answer took too long",
}
_WHEN = {
    "Retry-After": ("how many seconds to wait", "integer"),
    "RateLimit": ('what is left of each quota: `"person";r=2990;t=42`', "string"),
    "RateLimit-Policy": ('the quotas themselves: `"person";q=3000;w=60`', "string"),
}
_PACED = {"headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _WHEN}}
_GUARDED = {"401": "No valid token", "403": "The token lacks a permission"}
_GIVEN = {"422": "A value cannot be used"}
_SENT = {"400": "The body cannot be read", "413": "The body is too large"}
_NAMED = {"404": "No such thing, or not yours"}
_CONDITIONAL = {"412": "It changed since you read it", "428": "If-Match is missing"}
_CHANGING = {"401": "Not who you say", "403": "From another site's page", "409": "It conflicts with what exists"}
_FASTAPI_OWN = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 in which every error is a problem document, which FastAPI by itself would not say."""
    document = app.openapi()
    schemas = document["components"]["schemas"]
    for name in _FASTAPI_OWN:
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schemas["Problem"].pop("$defs", {})
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _errors(path, method, operation)
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["headers"] = {
        name: {"description": said, "schema": {"type": kind}} for name, (said, kind) in _WHEN.items()
    }
    return document


def _errors(path: str, method: str, operation: dict[str, Any]) -> None:
    """What is said follows from the operation, and a generated test holds each answer against it."""
    said = dict(_ALWAYS)
    sends = "requestBody" in operation
    if method != "get":
        said |= _CHANGING
    if operation.get("security"):
        said |= _GUARDED
    if operation.get("parameters") or sends:
        said |= _GIVEN
    if sends:
        said |= _SENT
    if "{" in path or sends:
        said |= _NAMED
    if any(parameter["name"].lower() == "if-match" for parameter in operation.get("parameters", ())):
        said |= _CONDITIONAL
    responses = operation["responses"]
    if method == "get":
        responses["304"] = {"description": "If-None-Match named what would be answered"}
    responses |= {status: {"description": text, **_PROBLEM} for status, text in said.items()}
    responses["429"] |= _PACED
    operation["responses"] = dict(sorted(responses.items()))


def main() -> None:
    from functions.api.app import build  # here, because the app itself answers with this module's description

    json.dump(describe(build()), sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
