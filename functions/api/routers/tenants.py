"""Tenants, for those who run the installation."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from flowlens.access import roles
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import tenants as service

from functions.api.deps import Conn, may
from functions.api.shapes.members import Entered, Entry, MadeTenant, NewTenant, Tenants

router = APIRouter(prefix="/tenants", tags=["Tenants"])
Reader = Annotated[Actor, may(Permission.TENANTS_READ)]
Writer = Annotated[Actor, may(Permission.TENANTS_READ, Permission.TENANTS_WRITE, fresh=True)]
Enterer = Annotated[Actor, may(Permission.TENANTS_READ, Permission.TENANTS_ENTER, fresh=True)]


@router.get("", response_model=Tenants)
def list_tenants(conn: Conn, reader: Reader) -> object:
    """The names of all tenants, and nothing of what they hold."""
    return {"items": service.every(conn, reader)}


@router.post("", response_model=MadeTenant, status_code=201)
def create_tenant(new: NewTenant, conn: Conn, writer: Writer) -> object:
    """A tenant with its first administrator, and the link with which they accept that."""
    made, link = service.create(conn, writer, name=new.name, administrator=new.administrator)
    return {"id": made.id, "name": made.name, "created_at": made.created_at, "link": link}


@router.post("/{tenant_id}/entry", response_model=Entered, status_code=201)
def enter_tenant(tenant_id: Annotated[UUID, Path()], entry: Entry, conn: Conn, enterer: Enterer) -> object:
    """Breaks the glass: makes you a member for a time, in both audit trails and in sight of the tenant."""
    role = next(one for one in roles.OF_TENANTS if one.key == entry.role)
    until = service.enter(conn, enterer, tenant_id, role=role, reason=entry.reason, minutes=entry.minutes)
    return {"until": until}
