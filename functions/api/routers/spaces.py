"""Address spaces."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import sources as service

from functions.api.deps import Conn, may
from functions.api.shapes.sources import AddressSpace, AddressSpaces, NewAddressSpace

router = APIRouter(prefix="/address-spaces", tags=["Flow sources"])
Reader = Annotated[Actor, may(Permission.SOURCES_READ)]
Writer = Annotated[Actor, may(Permission.SOURCES_WRITE)]


@router.get("", response_model=AddressSpaces)
def list_address_spaces(conn: Conn, reader: Reader) -> object:
    """The realms in which an address is one thing."""
    return {"items": service.spaces(conn, reader)}


@router.post("", response_model=AddressSpace, status_code=201)
def create_address_space(new: NewAddressSpace, conn: Conn, writer: Writer) -> object:
    """A realm for a network whose addresses are used elsewhere too."""
    return service.create_space(conn, writer, new.name)
