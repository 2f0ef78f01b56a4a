"""Flow logs that clouds push: each feed has a gate of its own, which nobody enters without what it opens to."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import pubsub
from flowlens.services import pushes as service
from flowlens.services.feeds import Based
from flowlens.services.pubsub import Desk
from flowlens.services.pushes import Gate

from functions.api import pace
from functions.api.answers import expected
from functions.api.deps import Conn, may, ring, waiting_room
from functions.api.routers.feeds import FeedId, IfMatch
from functions.api.settings import settings
from functions.api.shapes.pushes import Gates, Push

router = APIRouter(tags=["Feeds"])
Writer = Annotated[Actor, may(Permission.SOURCES_WRITE)]
GateId = Annotated[UUID, Path()]
Authorization = Annotated[str | None, Header(include_in_schema=False)]
_MESSAGE = {
    "requestBody": {
        "required": True,
        "description": "A message of Pub/Sub in its envelope: one entry of a log, at most 128 KB in all",
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "example": {
                    "message": {"data": "eyJqc29uUGF5bG9hZCI6e319", "messageId": "136969346945"},
                    "subscription": "projects/shop/subscriptions/flowlens",
                },
            }
        },
    }
}


def _desk() -> Desk:
    return Desk(ring(), settings().throttles_table)


At = Annotated[Desk, Depends(_desk)]


def _admitted(gate_id: GateId, request: Request, conn: Conn, desk: At, authorization: Authorization = None) -> Gate:
    """Whoever shows a token that this gate opens to; counted against the tenant's quota of pushes."""
    gate = pubsub.admit(conn, desk, gate_id, authorization)
    pace.hold(request, gate.actor)
    return gate


Admitted = Annotated[Gate, Depends(_admitted)]


async def _posted(request: Request) -> bytes:
    return await request.body()


Posted = Annotated[bytes, Depends(_posted)]


@router.post("/pushes/{gate_id}/pubsub", status_code=204, openapi_extra=_MESSAGE)
def receive_pubsub(body: Posted, conn: Conn, desk: At, gate: Admitted) -> None:
    """Where a subscription of Pub/Sub pushes, with a token that Google signs for the feed's service account.

    204 when the message waits where it is not lost: it is read within seconds. After any other answer it comes again.
    """
    pubsub.deliver(conn, desk, waiting_room(), gate, body)


@router.get("/feeds/{feed_id}/push", response_model=Gates)
def read_feed_push(feed_id: FeedId, conn: Conn, writer: Writer) -> object:
    """What whoever sets up the other side must know: the address, and whom its tokens must be meant for."""
    return {"gate": service.of(conn, writer, feed_id)}


@router.post("/feeds/{feed_id}/push", response_model=Push)
def renew_feed_push(feed_id: FeedId, conn: Conn, writer: Writer, if_match: IfMatch = None) -> object:
    """Another address than before, and another audience; what is pushed to the old one is refused from now on."""
    return service.renew(conn, writer, Based(feed_id, expected(if_match)))
