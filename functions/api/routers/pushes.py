"""Flow logs that clouds push: each feed has a gate of its own, which nobody enters without what it opens to."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.aws import queue
from flowlens.services import eventgrid, pubsub
from flowlens.services import pushes as service
from flowlens.services.feeds import Based
from flowlens.services.pubsub import Desk
from flowlens.services.pushes import Gate

from functions.api import pace
from functions.api.answers import expected
from functions.api.deps import Conn, may, ring, waiting_room
from functions.api.routers.feeds import FeedId, IfMatch
from functions.api.settings import settings
from functions.api.shapes.pushes import Allowed, Gates, Push, Welcome

router = APIRouter(tags=["Feeds"])
Writer = Annotated[Actor, may(Permission.SOURCES_WRITE)]
GateId = Annotated[UUID, Path()]
Authorization = Annotated[str | None, Header(include_in_schema=False)]
Origin = Annotated[str | None, Header(max_length=200, description="who would send")]
_SOON = 15  # seconds, in which all blobs of a minute are written
_RATE = 120  # calls a minute
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


_EVENTS = {
    "requestBody": {
        "required": True,
        "description": "Events of Event Grid, in its own schema or as CloudEvents 1.0, at most 128 KB in all",
        "content": {
            kind: {
                "schema": {},
                "example": [{"eventType": "Microsoft.Storage.BlobCreated", "topic": "", "subject": ""}],
            }
            for kind in ("application/json", "application/cloudevents+json", "application/cloudevents-batch+json")
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


def _told(
    gate_id: GateId,
    request: Request,
    conn: Conn,
    secret: Annotated[str | None, Query(max_length=200, description="the gate's")] = None,
    x_flowlens_secret: Annotated[str | None, Header(max_length=200, description="the same")] = None,
) -> Gate:
    """Whoever bears a secret that is good at this gate; counted against the tenant's quota of pushes."""
    gate = eventgrid.admit(conn, settings().throttles_table, gate_id, x_flowlens_secret or secret)
    pace.hold(request, gate.actor)
    return gate


Trusted = Annotated[Gate, Depends(_told)]


async def _posted(request: Request) -> bytes:
    return await request.body()


Posted = Annotated[bytes, Depends(_posted)]


@router.post("/pushes/{gate_id}/pubsub", status_code=204, openapi_extra=_MESSAGE)
def receive_pubsub(body: Posted, conn: Conn, desk: At, gate: Admitted) -> None:
    """Where a subscription of Pub/Sub pushes, with a token that Google signs for the feed's service account.

    204 when the message waits where it is not lost: it is read within seconds. After any other answer it comes again.
    """
    pubsub.deliver(conn, desk, waiting_room(), gate, body)


@router.post("/pushes/{gate_id}/eventgrid", response_model=Allowed, openapi_extra=_EVENTS)
def receive_events(body: Posted, conn: Conn, gate: Trusted) -> object:
    """Where Event Grid says that blobs were written: the feed's container is visited within a minute.

    Where it asks whether events are wanted here, its code is the answer. Nothing that an event names is asked or read.
    """
    tell = partial(queue.send, settings().visits_queue, reason="event", delay=_SOON)
    return {"validationResponse": eventgrid.hear(conn, settings().throttles_table, gate, tell, body)}


@router.options("/pushes/{gate_id}/eventgrid", response_model=Welcome)
def allow_events(response: Response, conn: Conn, gate: Trusted, webhook_request_origin: Origin = None) -> object:
    """Where Event Grid asks, as CloudEvents' webhooks do, whether events are wanted here: the headers say so."""
    origin = eventgrid.allow(conn, settings().throttles_table, gate, webhook_request_origin)
    response.headers["webhook-allowed-origin"], response.headers["webhook-allowed-rate"] = origin, str(_RATE)
    return {"origin": origin, "rate": _RATE}


@router.get("/feeds/{feed_id}/push", response_model=Gates)
def read_feed_push(feed_id: FeedId, conn: Conn, writer: Writer) -> object:
    """What whoever sets up the other side must know: the address, and whom its tokens must be meant for."""
    return {"gate": service.of(conn, writer, feed_id)}


@router.post("/feeds/{feed_id}/push", response_model=Push)
def renew_feed_push(feed_id: FeedId, conn: Conn, writer: Writer, if_match: IfMatch = None) -> object:
    """Pub/Sub: another address and audience than before; what is pushed to the old address is refused from now on.

    Event Grid: an address where there is none yet, and another secret, told once; the one before is good for a day.
    """
    return service.renew(conn, writer, Based(feed_id, expected(if_match)))


@router.delete("/feeds/{feed_id}/push", status_code=204)
def shut_feed_push(feed_id: FeedId, conn: Conn, writer: Writer, if_match: IfMatch = None) -> None:
    """Event Grid is not let in any longer; the feed is visited as often as before."""
    service.shut(conn, writer, Based(feed_id, expected(if_match)))
