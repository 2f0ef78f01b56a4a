"""API Gateway's part: an HTTP request becomes a version 2 event, the function's answer becomes a response."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cdk.local.runtime import ACCOUNT, Outcome

_STATUS = {"Sandbox.Timedout": 504, "TooManyRequestsException": 503}
_TITLES = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    method: str
    path: str  # as it came, still encoded
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def event(request: HttpRequest) -> bytes:
    """Payload format 2.0: headers in lower case and joined by commas, cookies apart."""
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in request.headers:
        if name.lower() == "cookie":
            cookies += value.split("; ")
        else:
            headers[name.lower()] = f"{headers[name.lower()]},{value}" if name.lower() in headers else value
    text = _text(request.body)
    now = time.time()
    return json.dumps(
        {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": request.path,
            "rawQueryString": request.query,
            "cookies": cookies,
            "headers": headers,
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": "local",
                "domainName": headers.get("host", "localhost"),
                "domainPrefix": "local",
                "http": {
                    "method": request.method,
                    "path": request.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": request.source_ip,
                    "userAgent": headers.get("user-agent", ""),
                },
                "requestId": str(uuid.uuid4()),
                "routeKey": "$default",
                "stage": "$default",
                "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
                "timeEpoch": int(now * 1000),
            },
            "body": base64.b64encode(request.body).decode() if text is None else text,
            "isBase64Encoded": text is None,
        }
    ).encode()


def answer(request: HttpRequest, outcome: Outcome) -> HttpAnswer:
    """What the function said, or a problem document when it failed."""
    try:
        said = json.loads(outcome.payload)
        if outcome.failed:
            return _failed(request, str(said.get("errorType", "")))
        return _said(said)
    except (ValueError, TypeError, AttributeError, KeyError):
        return problem(request, 502, "The API gave an answer that is no HTTP response.")


def problem(request: HttpRequest, status: int, detail: str, *, title: str | None = None) -> HttpAnswer:
    document = {
        "type": "about:blank",
        "title": title or _TITLES[status],
        "status": status,
        "detail": detail,
        "instance": request.path,
    }
    headers = [("content-type", "application/problem+json"), ("cache-control", "no-store")]
    return HttpAnswer(status=status, headers=headers, body=json.dumps(document).encode())


def _failed(request: HttpRequest, kind: str) -> HttpAnswer:
    status = _STATUS.get(kind, 502)
    reasons = {
        504: "The API took too long to answer.",
        503: "The API is busy; try again in a moment.",
        502: f"The API failed ({kind or 'unknown'}); logs/api-handler.log in FLOWLENS_HOME says why.",
    }
    return problem(request, status, reasons[status])


def _said(said: dict[str, Any]) -> HttpAnswer:
    body = said.get("body") or ""
    octets = base64.b64decode(body) if said.get("isBase64Encoded") else str(body).encode()
    headers = [(str(name), str(value)) for name, value in (said.get("headers") or {}).items()]
    headers += [("set-cookie", str(cookie)) for cookie in said.get("cookies") or ()]
    return HttpAnswer(status=int(said["statusCode"]), headers=headers, body=octets)


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
