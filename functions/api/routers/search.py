"""Search."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import searching

from functions.api.deps import Conn, may
from functions.api.shapes.house import Found, SearchFor

router = APIRouter(prefix="/search", tags=["Search"])
Reader = Annotated[Actor, may(Permission.ASSETS_READ, Permission.DEPENDENCIES_READ)]
_EACH = 10


@router.get("", response_model=Found)
def search(what: Annotated[SearchFor, Query()], conn: Conn, reader: Reader) -> object:
    """The first assets and dependencies that match."""
    return searching.search(conn, reader, what.q, each=_EACH)
