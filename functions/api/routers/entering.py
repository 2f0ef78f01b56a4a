"""Signing in at an identity provider."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from flowlens.access.actor import Actor
from flowlens.access.sessions import cookie, way_cookie, way_taken
from flowlens.services import entering as service
from flowlens.services.entering import Wish

from functions.api.deps import Called, Conn, Encrypted, Landing, OnTheWay, may, same_origin, signed_in
from functions.api.routers.session import told
from functions.api.shapes.providers import (
    AgainAtProvider,
    BeginAtProvider,
    Doors,
    EnteredAs,
    Identities,
    Location,
    ProviderAnswer,
)

router = APIRouter(prefix="/session", tags=["Signing in"])
Anyone = Annotated[Actor, may()]
Fresh = Annotated[Actor, may(fresh=True)]
Perhaps = Annotated[Actor | None, Depends(signed_in)]


@router.get("/providers", response_model=Doors)
def list_doors(conn: Conn) -> object:
    """The providers that one can sign in at, as far as their tenants show them."""
    return {"items": service.doors(conn)}


@router.post("/provider", response_model=Location, dependencies=[Depends(same_origin)])
def begin_at_provider(
    begun: BeginAtProvider,
    response: Response,
    conn: Conn,
    caller: Called,
    tls: Encrypted,
    ways: OnTheWay,
    landing: Landing,
) -> object:
    """Where the browser goes to sign in. A cookie binds it to this browser for ten minutes."""
    link = begun.link.get_secret_value() if begun.link else None
    sent = service.enter(conn, ways, caller, Wish(provider=begun.provider_id, redirect=landing, link=link))
    response.headers["set-cookie"] = way_cookie(sent.secret, encrypted=tls)
    return {"location": sent.location}


@router.post("/provider/again", response_model=Location)
def go_to_provider_again(
    again: AgainAtProvider,
    response: Response,
    conn: Conn,
    anyone: Anyone,
    tls: Encrypted,
    ways: OnTheWay,
    landing: Landing,
) -> object:
    """For whoever is signed in: to connect one's account (after a fresh sign-in), or to show once more who one is."""
    wish = Wish(provider=again.provider_id, redirect=landing)
    sent = service.again(conn, ways, anyone, wish, connect=again.connect)
    response.headers["set-cookie"] = way_cookie(sent.secret, encrypted=tls)
    return {"location": sent.location}


@router.post("/provider/answer", response_model=EnteredAs, dependencies=[Depends(same_origin)])
def finish_at_provider(
    said: ProviderAnswer,
    request: Request,
    response: Response,
    conn: Conn,
    caller: Called,
    tls: Encrypted,
    ways: OnTheWay,
    present: Perhaps,
) -> object:
    """What the provider sent back: once, and from the browser that was sent to it."""
    way = way_taken(request.cookies, encrypted=tls)
    entered = service.finish(conn, ways, caller, way, said.answer.get_secret_value(), present)
    response.headers.append("set-cookie", way_cookie("", encrypted=tls))
    if entered.secret is not None:
        response.headers.append("set-cookie", cookie(entered.secret, encrypted=tls))
    return {"purpose": entered.purpose, "me": told(conn, entered.actor)}


@router.get("/identities", response_model=Identities)
def list_identities(conn: Conn, anyone: Anyone) -> object:
    """As whom the tenant's providers know one, and the providers there are."""
    return {"items": service.every(conn, anyone), "providers": service.doors_of(conn, anyone)}


@router.delete("/identities/{identity_id}", status_code=204)
def disconnect_identity(identity_id: Annotated[UUID, Path()], conn: Conn, fresh: Fresh) -> None:
    """From then on that provider lets nobody in as oneself."""
    service.disconnect(conn, fresh, identity_id)
