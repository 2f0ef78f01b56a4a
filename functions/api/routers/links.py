"""Links that work once."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.access.sessions import cookie
from flowlens.services import links as service

from functions.api.deps import Called, Conn, Encrypted, may, same_origin
from functions.api.routers.session import told
from functions.api.settings import settings
from functions.api.shapes.house import Me
from functions.api.shapes.sessions import Link, LinkPurpose, OpenLink, UseLink

router = APIRouter(tags=["Signing in"])
Writer = Annotated[Actor, may(Permission.USERS_WRITE, fresh=True)]
UserId = Annotated[UUID, Path()]


@router.post("/members/{user_id}/link", response_model=Link, status_code=201)
def create_member_link(user_id: UserId, conn: Conn, writer: Writer) -> object:
    """A link with which a member sets a password, within three days and once. Hand it over by a way you trust."""
    return service.for_member(conn, writer, user_id)


@router.post("/links/first", response_model=Link, status_code=201)
def create_first_link(conn: Conn, writer: Writer) -> object:
    """A link that makes the tenant's first administrator, within ten minutes and once; 409 when it has members."""
    return service.for_first(conn, writer)


@router.post("/links/purpose", response_model=LinkPurpose, dependencies=[Depends(same_origin)])
def read_link(opened: OpenLink, conn: Conn, caller: Called) -> object:
    """What a link is for; 404 when it is not known, was used, or has ended."""
    return service.purpose(conn, settings().throttles_table, caller, opened.link.get_secret_value())


@router.post("/links/use", response_model=Me, dependencies=[Depends(same_origin)])
def use_link(chosen: UseLink, response: Response, conn: Conn, caller: Called, tls: Encrypted) -> object:
    """Sets the password and signs in."""
    said = service.Chosen(chosen.password.get_secret_value(), chosen.email, chosen.name)
    table = settings().throttles_table
    secret, actor = service.use(conn, table, caller, chosen.link.get_secret_value(), said)
    response.headers["set-cookie"] = cookie(secret, encrypted=tls)
    return told(conn, actor)
