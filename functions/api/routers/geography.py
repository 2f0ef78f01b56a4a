"""Geography: the databases that tell countries and organisations of the Internet's addresses."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import geography as service

from functions.api.deps import may
from functions.api.shapes.geography import Geography

router = APIRouter(prefix="/geography", tags=["Operations"])
Reader = Annotated[Actor, may(Permission.ASSETS_READ)]


@router.get("", response_model=Geography)
def read_geography(_reader: Reader) -> object:
    """The databases of addresses that were found, what each tells of, and why one is not used."""
    databases, problem = service.states()
    return {"databases": databases, "problem": problem}
