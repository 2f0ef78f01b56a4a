"""Collectors: the processes that hear exporters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import health as service

from functions.api.deps import Conn, may
from functions.api.shapes.collectors import CollectorList

router = APIRouter(prefix="/collectors", tags=["Operations"])
Reader = Annotated[Actor, may(Permission.SOURCES_READ)]


@router.get("", response_model=CollectorList)
def list_collectors(conn: Conn, reader: Reader) -> object:
    """Every collector process that ever reported, with what was lost before it could tell whose it was."""
    return {"items": service.collectors(conn, reader, now=datetime.now(UTC))}
