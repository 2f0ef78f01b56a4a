"""The map."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import topology as service

from functions.api.answers import columns
from functions.api.deps import Conn, may
from functions.api.shapes.topology import Topology, TopologyView

router = APIRouter(prefix="/topology", tags=["Map"])
Reader = Annotated[Actor, may(Permission.TOPOLOGY_READ)]


@router.get("", response_model=Topology)
def read_topology(view: Annotated[TopologyView, Query()], conn: Conn, reader: Reader) -> Response:
    """Who talks to whom: now, at an instant or over a window; grouped by network or host by host."""
    asked = service.View(
        now=datetime.now(UTC),
        at=view.at,
        start=view.from_,
        end=view.to,
        grouped=view.group == "network",
        expand=tuple(view.expand),
        space=view.space,
        limit=view.limit,
    )
    answer = service.read(conn, reader, asked)
    return columns(answer.document(), change=answer.change)
