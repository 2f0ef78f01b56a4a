"""The bearer of the token."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from flowlens.access.actor import Actor

from functions.api.deps import Conn, may
from functions.api.routers.session import told
from functions.api.shapes.house import Me

router = APIRouter(prefix="/me", tags=["Me"])
Half = Annotated[Actor, may(before_factor=True)]


@router.get("", response_model=Me)
def read_me(conn: Conn, half: Half) -> object:
    """Whose data is seen, and what may be done."""
    return told(conn, half)
