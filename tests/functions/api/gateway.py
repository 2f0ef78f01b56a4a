"""Requests as API Gateway sends them to the real handler, and as an HTTP client sends them to the application."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode
from uuid import uuid4

BASE = "/api/v1"
Parameters = Mapping[str, object] | list[tuple[str, object]] | str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, unpacked."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A caller; `transport` takes method, path, query string, headers and body."""

    transport: Callable[[str, str, str, dict[str, str], bytes], Reply]
    token: str | None = None

    def as_(self, token: str | None) -> Ask:
        return Ask(transport=self.transport, token=token)

    def __call__(
        self,
        path: str,
        query: Parameters = "",
        *,
        method: str = "GET",
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        text = query if isinstance(query, str) else urlencode(query, doseq=True)
        sent = {"host": "api.test", **(headers or {})}
        if self.token is not None:
            sent["authorization"] = f"Bearer {self.token}"
        payload = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if payload:
            sent |= {"content-type": "application/json", "content-length": str(len(payload))}
        return self.transport(
            method, path if path.startswith("/api") or path == "/" else BASE + path, text, sent, payload
        )


def event(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """An API Gateway HTTP API event, payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name: value for name, value in headers.items() if name != "cookie"},
        "cookies": [one for one in headers.get("cookie", "").split("; ") if one],
        "requestContext": {
            "http": {"method": method, "path": unquote(path), "protocol": "HTTP/1.1", "sourceIp": "192.0.2.77"},
            "requestId": str(uuid4()),
            "stage": "$default",
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def through_gateway(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Reply:
    from functions.api.handler import handler

    answer = handler(event(method, path, query, headers, body), None)  # type: ignore[arg-type]
    raw = answer.get("body", "")
    content = base64.b64decode(raw) if answer["isBase64Encoded"] else raw.encode()
    found = dict(answer.get("headers") or {})
    if cookies := answer.get("cookies"):
        found["set-cookie"] = ", ".join(cookies)
    if found.get("content-encoding") == "gzip":
        content = gzip.decompress(content)
    return Reply(answer["statusCode"], found, content)
