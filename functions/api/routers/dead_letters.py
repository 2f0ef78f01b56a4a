"""What could not be counted or read."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import dead_letters as service

from functions.api.answers import expected, strong
from functions.api.deps import Conn, may
from functions.api.settings import settings
from functions.api.shapes.dead_letters import (
    DeadLetter,
    DeadLetterFilter,
    DeadLetterGroups,
    DeadLetterPage,
    DeadLetterSelection,
    DecidedLetters,
)
from functions.api.shapes.fields import BigId

router = APIRouter(prefix="/dead-letters", tags=["Dead letters"])
Reader = Annotated[Actor, may(Permission.SOURCES_READ)]
Writer = Annotated[Actor, may(Permission.SOURCES_WRITE)]
LetterId = Annotated[BigId, Path()]
IfMatch = Annotated[str | None, Header(max_length=200, description="the ETag that the decision is based on: required")]


def teller() -> service.Tell:
    """Puts a message on the queue of the reader."""
    from flowlens.aws import queue  # here, because only a retry needs SQS's client

    return partial(queue.send, settings().flow_logs_queue, reason="retry")


@router.get("", response_model=DeadLetterPage)
def list_dead_letters(which: Annotated[DeadLetterFilter, Query()], conn: Conn, reader: Reader) -> object:
    """Records and objects that failed, each with the reason."""
    return service.page(conn, reader, which.state, limit=which.limit, cursor=which.cursor)


@router.get("/reasons", response_model=DeadLetterGroups)
def count_dead_letters(conn: Conn, reader: Reader) -> object:
    """How many there are by kind, reason and state."""
    return {"items": service.groups(conn, reader)}


@router.post("/retry", response_model=DecidedLetters)
def retry_dead_letters(which: DeadLetterSelection, conn: Conn, writer: Writer) -> object:
    """Has records of the stream tried again, all at once: within five minutes each counts, once, or is open again."""
    return {"changed": service.retry_all(conn, writer, which.kind, which.reason)}


@router.post("/ignore", response_model=DecidedLetters)
def ignore_dead_letters(which: DeadLetterSelection, conn: Conn, writer: Writer) -> object:
    """Marks them as nothing to do about, all at once."""
    return {"changed": service.ignore_all(conn, writer, which.kind, which.reason)}


@router.post("/{letter_id}/retry", response_model=DeadLetter)
def retry_dead_letter(
    letter_id: LetterId,
    response: Response,
    conn: Conn,
    writer: Writer,
    tell: Annotated[service.Tell, Depends(teller)],
    if_match: IfMatch = None,
) -> object:
    """Has it tried again. When that works it leaves the list, otherwise it is open again with the new reason.

    A record of the stream is tried within five minutes.
    """
    changed = service.retry(conn, writer, tell, service.Based(letter_id, expected(if_match)))
    response.headers["etag"] = strong(changed.version)
    return changed


@router.post("/{letter_id}/ignore", response_model=DeadLetter)
def ignore_dead_letter(
    letter_id: LetterId, response: Response, conn: Conn, writer: Writer, if_match: IfMatch = None
) -> object:
    """Marks it as nothing to do about; its bytes stay where they are."""
    changed = service.ignore(conn, writer, service.Based(letter_id, expected(if_match)))
    response.headers["etag"] = strong(changed.version)
    return changed
