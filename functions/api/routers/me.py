"""The bearer of the token."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from flowlens.access.actor import Actor
from flowlens.services import access

from functions.api.deps import Conn, may
from functions.api.shapes.house import Me

router = APIRouter(prefix="/me", tags=["Me"])
Anyone = Annotated[Actor, may()]


@router.get("", response_model=Me)
def read_me(conn: Conn, anyone: Anyone) -> object:
    """Whose data this token sees, and what it may do."""
    return {
        "name": anyone.name,
        "tenant": {"id": anyone.tenant, "name": access.tenant_name(conn, anyone)},
        "permissions": sorted(anyone.permissions),
    }
