"""Signing in at an identity provider."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from flowlens.access.actor import Actor
from flowlens.access.sessions import cookie, way_cookie, way_taken
from flowlens.services import entering as service
from flowlens.services import providers, receiving
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
_XML = "application/samlmetadata+xml"
_SENT_ON: dict[int | str, dict[str, Any]] = {
    303: {"description": "To the page that fetches the answer", "headers": {"location": {"schema": {"type": "string"}}}}
}
_METADATA: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "SAML metadata",
        "content": {_XML: {"schema": {"type": "string"}, "example": "<EntityDescriptor/>"}},
    }
}
_FORM = {
    "requestBody": {
        "required": True,
        "description": "SAMLResponse and RelayState, at most 256 KB; anything else leads to a page that says so",
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {"type": "object"},
                "example": {"SAMLResponse": "PHNhbWxwOlJlc3BvbnNl", "RelayState": "af0ifjsldkj"},
            }
        },
    }
}


async def _posted(request: Request) -> bytes:
    return await request.body()


Posted = Annotated[bytes, Depends(_posted)]
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


@router.post("/saml", status_code=303, response_class=Response, responses=_SENT_ON, openapi_extra=_FORM)
def receive_saml_answer(form: Posted, conn: Conn, caller: Called, ways: OnTheWay) -> Response:
    """Where a SAML provider's page posts its answer, from another site and so without a cookie.

    Nobody is signed in by it: the browser goes on to a page that fetches the answer, once, and shows its cookie.
    """
    query = receiving.receive(conn, ways, caller, form)
    return Response(status_code=303, headers={"location": f"/signed-in?{query}" if query else "/signed-in"})


@router.get("/saml/{provider_id}/metadata", response_class=Response, responses=_METADATA)
def read_saml_metadata(provider_id: Annotated[UUID, Path()], conn: Conn) -> Response:
    """What a SAML provider wants to know of FlowLens: its entity id, and where answers go."""
    return Response(providers.ours(conn, provider_id), media_type=_XML)


@router.get("/identities", response_model=Identities)
def list_identities(conn: Conn, anyone: Anyone) -> object:
    """As whom the tenant's providers know one, and the providers there are."""
    return {"items": service.every(conn, anyone), "providers": service.doors_of(conn, anyone)}


@router.delete("/identities/{identity_id}", status_code=204)
def disconnect_identity(identity_id: Annotated[UUID, Path()], conn: Conn, fresh: Fresh) -> None:
    """From then on that provider lets nobody in as oneself."""
    service.disconnect(conn, fresh, identity_id)
