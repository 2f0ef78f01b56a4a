"""What every answer gets last: a request id, security headers, an ETag, gzip, bounds, and never a bare 500."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass, field
from uuid import uuid4

from aws_lambda_powertools import Logger
from flowlens.kit.lines import line
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.problems import ANSWER_TOO_LARGE, INTERNAL, TOO_LARGE, answer

# Lambda answers at most 6 MB, and a compressed body travels as base64, which makes 4 octets of 3.
MAX_ANSWER = 4_400_000
MAX_BODY = 65_536
# A part of a file travels as base64 in an event of at most 6 MB.
MAX_PART = 3 << 20
# A provider's page posts what it knows of somebody, their groups too; metadata name every key and service.
MAX_SAML = 262_144
# An entry of a log, in base64 and an envelope.
MAX_PUSH = 131_072
_PUSH = re.compile(r".*/pushes/[0-9a-f-]{36}/[a-z]+")
_SAML = re.compile(r".*/(session/saml|identity-providers/metadata)")
_PART = re.compile(r".*/imports/\d+/parts/\d+")
_WORTH_COMPRESSING = 1_000
_SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "private, no-cache",
    "vary": "Authorization, Cookie, Accept-Encoding",
}

logger = Logger(service="api", json_serializer=line)


@dataclass(slots=True)
class _Answer:
    """A whole answer, gathered before it leaves."""

    status: int = 500
    headers: MutableHeaders = field(default_factory=MutableHeaders)
    body: bytes = b""

    async def gather(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = MutableHeaders(raw=list(message["headers"]))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def leave(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers.raw})
        await send({"type": "http.response.body", "body": self.body})


class Finish:
    """The outermost middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["flowlens.request_id"] = _request_id(scope)
        scope["flowlens.headers"] = {}
        request = Request(scope, receive)
        result = await self._answer(request, receive)
        _finish(result, request)
        if len(result.body) > MAX_ANSWER:
            result = _Answer()
            detail = f"ask for less: it must stay below {MAX_ANSWER:,} octets when compressed"
            await answer(request, ANSWER_TOO_LARGE, detail)(scope, receive, result.gather)
            _finish(result, request)
        await result.leave(send)

    async def _answer(self, request: Request, receive: Receive) -> _Answer:
        result = _Answer()
        most = _most(request.url.path)
        if _too_large(request.headers, most):
            too_large = answer(request, TOO_LARGE, f"send at most {most:,} octets, with their Content-Length")
            await too_large(request.scope, receive, result.gather)
            return result
        try:
            await self.app(request.scope, receive, result.gather)
        except Exception:  # the one place that stands between a bug and the caller
            logger.exception("unhandled", path=request.url.path, request_id=request.scope["flowlens.request_id"])
            result = _Answer()
            sorry = answer(request, INTERNAL, "it was recorded under the request's id")
            await sorry(request.scope, receive, result.gather)
        return result


def _most(path: str) -> int:
    if _PART.fullmatch(path):
        return MAX_PART
    if _PUSH.fullmatch(path):
        return MAX_PUSH
    return MAX_SAML if _SAML.fullmatch(path) else MAX_BODY


def _request_id(scope: Scope) -> str:
    context = scope.get("aws.event", {}).get("requestContext", {})
    return str(context.get("requestId") or uuid4())


def _too_large(headers: Headers, most: int) -> bool:
    length = headers.get("content-length", "0")
    chunked = "transfer-encoding" in headers
    return chunked or not length.isascii() or not length.isdigit() or int(length[:12]) > most


def _finish(result: _Answer, request: Request) -> None:
    headers = result.headers
    headers["x-request-id"] = request.scope["flowlens.request_id"]
    headers.update(request.scope["flowlens.headers"])
    for name, value in _SECURITY.items():
        headers.setdefault(name, value)
    if request.method in ("GET", "HEAD") and result.status == 200:
        _tag(result, request.headers.get("if-none-match", ""))
    if len(result.body) >= _WORTH_COMPRESSING and "gzip" in request.headers.get("accept-encoding", ""):
        result.body = gzip.compress(result.body, 5, mtime=0)
        headers["content-encoding"] = "gzip"
    if result.status not in (204, 304):
        headers["content-length"] = str(len(result.body))


def _tag(result: _Answer, known: str) -> None:
    """A weak ETag of the body where the route gave none, and 304 to a caller who knows it."""
    made = f'W/"{hashlib.blake2b(result.body, digest_size=8).hexdigest()}"'
    tag = result.headers.setdefault("etag", made).removeprefix("W/")
    if any(candidate.strip().removeprefix("W/") in (tag, "*") for candidate in known.split(",")):
        result.status, result.body = 304, b""
        for name in ("content-length", "content-type"):
            if name in result.headers:
                del result.headers[name]
