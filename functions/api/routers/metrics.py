"""Metrics for Prometheus."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import health as service

from functions.api.deps import Conn, may
from functions.api.version import VERSION

router = APIRouter(prefix="/metrics", tags=["Operations"])
Operator = Annotated[Actor, may(Permission.OPERATIONS_READ)]
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_EXAMPLE = '# TYPE flowlens_dependencies gauge\nflowlens_dependencies 50000\nflowlens_build_info{version="0.1.0"} 1\n'


@router.get(
    "",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": _EXAMPLE}}}},
)
def read_metrics(conn: Conn, operator: Operator) -> PlainTextResponse:
    """Prometheus text, computed from what the collectors reported and the database holds."""
    text = service.metrics(conn, operator, now=datetime.now(UTC), version=VERSION)
    return PlainTextResponse(text, media_type=_TEXT)
