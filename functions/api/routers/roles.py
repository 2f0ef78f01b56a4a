"""Roles."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Response
from flowlens.access import roles as house
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import roles as service
from flowlens.store.grants import RoleText as Text

from functions.api.answers import expected, strong
from functions.api.deps import Conn, may
from functions.api.shapes.fields import SmallId
from functions.api.shapes.members import Role, Roles, RoleText

router = APIRouter(prefix="/roles", tags=["Members"])
Reader = Annotated[Actor, may(Permission.USERS_READ)]
Writer = Annotated[Actor, may(Permission.USERS_READ, Permission.ROLES_WRITE, fresh=True)]
RoleId = Annotated[SmallId, Path()]
IfMatch = Annotated[str | None, Header(max_length=200, description="the ETag that the change is based on: required")]


def _text(said: RoleText) -> Text:
    return Text(said.name, said.note, [str(one) for one in said.permissions])


@router.get("", response_model=Roles)
def list_roles(conn: Conn, reader: Reader) -> object:
    """The roles of the house and this tenant's own, and what a role here can permit."""
    return {"items": service.every(conn, reader), "possible": house.possible(reader.tenant)}


@router.post("", response_model=Role, status_code=201)
def create_role(said: RoleText, response: Response, conn: Conn, writer: Writer) -> object:
    """A role of this tenant's own. Nobody puts into it what they lack."""
    made = service.create(conn, writer, _text(said))
    response.headers["location"] = f"/api/v1/roles/{made.id}"
    response.headers["etag"] = strong(made.version)
    return made


@router.get("/{role_id}", response_model=Role)
def read_role(role_id: RoleId, response: Response, conn: Conn, reader: Reader) -> object:
    """One role."""
    found = service.read(conn, reader, role_id)
    response.headers["etag"] = strong(found.version)
    return found


@router.patch("/{role_id}", response_model=Role)
def update_role(
    role_id: RoleId, said: RoleText, response: Response, conn: Conn, writer: Writer, if_match: IfMatch = None
) -> object:
    """Says anew what a role of this tenant's own permits."""
    made = service.update(conn, writer, role_id, expected(if_match), _text(said))
    response.headers["etag"] = strong(made.version)
    return made


@router.delete("/{role_id}", status_code=204)
def delete_role(role_id: RoleId, conn: Conn, writer: Writer, if_match: IfMatch = None) -> None:
    """A role that nobody holds."""
    service.delete(conn, writer, role_id, expected(if_match))
