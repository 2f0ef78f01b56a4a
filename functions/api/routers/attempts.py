"""What was refused on the network."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import attempts as service
from flowlens.store.attempts import Wanted

from functions.api.deps import Conn, may
from functions.api.shapes.attempts import AttemptFilter, AttemptPage

router = APIRouter(prefix="/attempts", tags=["Attempts"])
Reader = Annotated[Actor, may(Permission.DEPENDENCIES_READ)]


@router.get("", response_model=AttemptPage)
def list_attempts(which: Annotated[AttemptFilter, Query()], conn: Conn, reader: Reader) -> object:
    """Who tried to reach whom and was refused. An attempt is never a dependency and is not on the map."""
    wanted = Wanted(
        space=which.address_space_id,
        client=str(which.client) if which.client else None,
        server=str(which.server) if which.server else None,
        protocol=which.protocol,
        port=which.port,
    )
    return service.page(conn, reader, wanted, limit=which.limit, cursor=which.cursor)
