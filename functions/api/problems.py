"""Every error as one RFC 9457 document, translated here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from flowlens.model.errors import (
    Conflict,
    FlowLensError,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    OverQuota,
    Stale,
    Throttled,
    Unauthenticated,
    Unproven,
    Unready,
)
from flowlens.topology.query.faults import Misread
from psycopg import errors as pg
from starlette.exceptions import HTTPException

from functions.api.shapes.problem import FieldError, Problem

MEDIA_TYPE = "application/problem+json"
_BEARER = {"www-authenticate": 'Bearer realm="FlowLens"'}
_SOON = {"retry-after": "2"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: `name` ends its type's path and never changes."""

    status: int
    name: str
    title: str


INVALID = Kind(422, "invalid", "The request cannot be used")
TOO_LARGE = Kind(413, "body-too-large", "The request's body is too large")
ANSWER_TOO_LARGE = Kind(422, "answer-too-large", "The answer would be too large")
PRECONDITION_REQUIRED = Kind(428, "precondition-required", "Say which version you change")
STALE = Kind(412, "stale-version", "It changed since you read it")
UNAVAILABLE = Kind(503, "database-unreachable", "The database cannot be reached")
TOO_SLOW = Kind(503, "too-slow", "The answer took too long to compute")
INTERNAL = Kind(500, "internal", "Something went wrong on our side")
_OURS: Mapping[type[FlowLensError], Kind] = {
    NotFound: Kind(404, "not-found", "There is no such thing"),
    Stale: STALE,
    Conflict: Kind(409, "conflict", "It conflicts with what exists"),
    Unproven: Kind(403, "fresh-sign-in", "Show once more who you are"),
    Forbidden: Kind(403, "forbidden", "You may not do that"),
    Unauthenticated: Kind(401, "unauthenticated", "Sign in, or send a valid token"),
    OverQuota: Kind(429, "over-quota", "That was more than your share of this minute"),
    Throttled: Kind(429, "too-many-tries", "That was tried too often"),
    Invalid: INVALID,
    Malformed: Kind(400, "malformed", "It is not what it claims to be"),
    Unready: Kind(503, "not-now", "It cannot be done now: ask again"),
}
_HTTP: Mapping[int, Kind] = {
    400: Kind(400, "unreadable", "The request cannot be read"),
    404: Kind(404, "no-such-route", "There is no such route"),
    405: Kind(405, "method-not-allowed", "This route does not know the method"),
    413: TOO_LARGE,
}


class Refused(Exception):
    """A request that HTTP's own rules refuse."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


def answer(
    request: Request,
    kind: Kind,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The document for one problem of one request."""
    document = Problem(
        type=f"/problems/{kind.name}",
        title=kind.title,
        status=kind.status,
        detail=detail,
        instance=request.url.path,
        request_id=request_id(request),
        errors=list(errors),
    )
    return Response(document.model_dump_json(), kind.status, dict(headers or {}), MEDIA_TYPE)


def request_id(request: Request) -> str:
    """What the gateway called this request; the outermost middleware has put it there."""
    return str(request.scope["flowlens.request_id"])


def _ours(request: Request, error: Exception) -> Response:
    kind = next(k for base, k in _OURS.items() if isinstance(error, base))
    headers = _BEARER if kind.status == 401 else {}
    if kind.status == 403 and hasattr(request.state, "denied"):
        request.state.denied(str(error))
    if kind.status == 404 and hasattr(request.state, "missed"):
        request.state.missed()
    if isinstance(error, Unready):
        headers = _SOON
    if isinstance(error, Throttled):
        headers = {"retry-after": str(error.seconds)}
    if isinstance(error, Stale):
        headers = {"etag": f'"{error.version}"'}
    return answer(request, kind, str(error), headers=headers)


def _misread(request: Request, error: Exception) -> Response:
    if not isinstance(error, Misread):
        raise error
    where = FieldError(pointer="/query/q", detail=str(error), at=error.at, end=error.end)
    return answer(request, INVALID, f"the query, character {error.at + 1}: {error}", errors=[where])


def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    return answer(request, error.kind, str(error))


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    kind = _HTTP.get(error.status_code, Kind(error.status_code, "http", str(error.detail)))
    return answer(request, kind, f"{request.method} {request.url.path}: {error.detail}", headers=error.headers)


def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    found = [FieldError(pointer=_pointer(e["loc"]), detail=str(e["msg"])) for e in error.errors()[:100]]
    detail = "; ".join(f"{f.pointer}: {f.detail}" for f in found[:3])
    return answer(request, INVALID, detail, errors=found)


def _pointer(location: Sequence[int | str]) -> str:
    """RFC 6901."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _database(request: Request, error: Exception) -> Response:
    if isinstance(error, pg.QueryCanceled):
        return answer(request, TOO_SLOW, "ask for a shorter window or fewer items", headers=_SOON)
    return answer(request, UNAVAILABLE, "try again in a moment", headers=_SOON)


def _beyond(request: Request, _error: Exception) -> Response:
    """Row security refused a row: of another tenant, or beyond the limits of the actor's grants."""
    return _ours(request, Forbidden("that lies beyond what your grants let you change"))


def install(app: FastAPI) -> None:
    """Makes the app answer each error with its document."""
    app.add_exception_handler(FlowLensError, _ours)
    app.add_exception_handler(Misread, _misread)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(psycopg.OperationalError, _database)
    app.add_exception_handler(pg.InsufficientPrivilege, _beyond)
