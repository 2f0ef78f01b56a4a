"""Answers that are made as columns, or that carry a version."""

from __future__ import annotations

import re
from collections.abc import Mapping

import orjson
from fastapi import Response

from functions.api.problems import PRECONDITION_REQUIRED, Refused

_VERSION = re.compile(r'"(\d{1,9})"')
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


def columns(document: Mapping[str, object], *, change: str) -> Response:
    """The document as JSON. Its weak ETag is `change`: it says when it was read, so its text is always another."""
    body = orjson.dumps(document, option=_OPTIONS)
    return Response(body, media_type="application/json", headers={"etag": f'W/"{change}"'})


def knows(if_none_match: str | None, change: str) -> bool:
    """Does the caller say that they have the answer with this weak ETag?"""
    tags = (tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(","))
    return any(tag in ("*", f'"{change}"') for tag in tags)


def unchanged(change: str) -> Response:
    """What the caller has already, which was not even made again."""
    return Response(status_code=304, headers={"etag": f'W/"{change}"'})


def strong(version: int) -> str:
    """The ETag of a thing that has a version."""
    return f'"{version}"'


def expected(if_match: str | None) -> int | None:
    """The version that an If-Match header names; None for `*`, which takes any."""
    if if_match is None:
        raise Refused(PRECONDITION_REQUIRED, "send If-Match with the ETag of what you read")
    if if_match.strip() == "*":
        return None
    match = _VERSION.fullmatch(if_match.strip())
    if match is None:
        raise Refused(PRECONDITION_REQUIRED, 'If-Match must be the ETag of what you read, such as "3"')
    return int(match[1])
