"""Links that work once."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.access.sessions import cookie
from flowlens.services import accepting
from flowlens.services import links as service

from functions.api.deps import Called, Conn, Encrypted, may, same_origin
from functions.api.routers.session import told
from functions.api.settings import settings
from functions.api.shapes.house import Me
from functions.api.shapes.sessions import Link, LinkPurpose, OpenLink, UseLink

router = APIRouter(tags=["Signing in"])
Anyone = Annotated[Actor, may()]
Writer = Annotated[Actor, may(Permission.USERS_WRITE, fresh=True)]
UserId = Annotated[UUID, Path()]


@router.post("/members/{user_id}/link", response_model=Link, status_code=201)
def create_member_link(user_id: UserId, conn: Conn, writer: Writer) -> object:
    """A link to accept a membership and set a password, once within three days. Hand it over by a way you trust."""
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
    """Sets the password and signs in; an invitation is accepted with it. 409 for whom other tenants know."""
    said = service.Chosen(chosen.password.get_secret_value(), chosen.email, chosen.name)
    table = settings().throttles_table
    secret, actor = service.use(conn, table, caller, chosen.link.get_secret_value(), said)
    response.headers["set-cookie"] = cookie(secret, encrypted=tls)
    return told(conn, actor)


@router.post("/links/accept", response_model=Me)
def accept_invitation(opened: OpenLink, response: Response, conn: Conn, anyone: Anyone, tls: Encrypted) -> object:
    """Whoever is signed in and was invited to one more tenant joins it, and turns to it."""
    secret, actor = accepting.accept(conn, anyone, opened.link.get_secret_value())
    response.headers["set-cookie"] = cookie(secret, encrypted=tls)
    return told(conn, actor)
