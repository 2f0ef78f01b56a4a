"""The filter language, while someone types it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import filtering as service

from functions.api.deps import Conn, may
from functions.api.shapes.query import Completions, QueryTyped

router = APIRouter(prefix="/query", tags=["Map"])
Reader = Annotated[Actor, may(Permission.TOPOLOGY_READ, Permission.ASSETS_READ)]


@router.get("/completions", response_model=Completions)
def complete_query(typed: Annotated[QueryTyped, Query()], conn: Conn, reader: Reader) -> object:
    """What could come next in a query, and what is wrong with it so far."""
    at = len(typed.q) if typed.at is None else min(typed.at, len(typed.q))
    return service.completed(conn, reader, typed.q, at)
